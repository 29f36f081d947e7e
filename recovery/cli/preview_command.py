"""`preview`: a message as it would be read, from the files as they are now; nothing is sent or kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.codes import OK, PROBLEMS
from recovery.cli.options import Database, Json, find_case, project
from recovery.cli.output import as_json, notice, say

if TYPE_CHECKING:
    from recovery.delivery.render import Rendered
    from recovery.project import Project
    from recovery.workflow.bundle import Bundle


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery preview apology --language zh --html apology.html")(preview)


def preview(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A template, such as apology.")],
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="CASE", help="Fill it with this case (default: an example)."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="The reader's, such as zh (default: the case's, or en).")
    ] = None,
    workflow: Annotated[
        str | None,
        typer.Option("--workflow", help="Whose template it is (default: the case's, or the project's)."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the HTML page to this file.")
    ] = None,
    database: Database = None,
    json: Json = False,
) -> int:
    """Show a message as it would be read, from the files as they are now. Nothing is sent."""
    from recovery.workflow.bundle import collect, load
    from recovery.workflow.findings import errors

    here = project(database)
    known = _case(here, case, language) if case is not None else None
    called = workflow or (known["workflow"] if known else here.workflow)
    bundle, findings = collect(here.root, here.root / "workflows" / f"{called}.yaml")
    if bundle is None:
        wrong = errors(findings)
        if json:
            as_json({"findings": [finding.as_dict() for finding in wrong]})
        else:
            say(*map(str, wrong))
        return PROBLEMS
    if known is None:
        from recovery.demo.example import example

        context, asked = example(load(bundle), language or "en"), language or "en"
    else:
        context, asked = known["context"], language or known["language"]
    letter = _letter(bundle, template, asked, context)
    if html is not None:
        html.write_text(letter.html, encoding="utf-8", newline="\n")
    if json:
        as_json(
            {"language": letter.language, "subject": letter.subject, "text": letter.text, "html": letter.html}
        )
        return OK
    say(f"Subject: {letter.subject}", "", letter.text.rstrip("\n"))
    if html is not None:
        notice(f"The page is in {html}.")
    return OK


def _case(here: Project, name: str, language: str | None) -> dict[str, Any]:
    """What a message to a case of the project is made from."""
    from recovery.bootstrap import reading
    from recovery.core.brief import BRIEF
    from recovery.core.draft import context
    from recovery.demo.example import COUPON, PAYMENT

    with reading(here) as engine:
        case = engine.case(find_case(engine, name))
        return {
            "workflow": case.workflow,
            "language": case.language,
            "context": {
                **context(case),
                "coupon": COUPON,
                "payment": PAYMENT,
                BRIEF: engine.brief(case, language or case.language).as_text(),
            },
        }


def _letter(bundle: Bundle, name: str, language: str, context: dict[str, Any]) -> Rendered:
    from recovery.core.errors import NotFound, RecoveryError, closest, sentence
    from recovery.delivery.render import RenderFailed, render

    names = sorted({Path(path).stem for path in bundle.files if path.startswith("templates/")})
    if name not in names:
        hint = (
            sentence(closest(name, names)) or f"It has {', '.join(names)}; `say` in its file may name more."
        )
        raise NotFound(f"The workflow {bundle.workflow_id} has no template {name}.", hint=hint)
    try:
        return render(bundle, name, language, context)
    except RenderFailed as failed:
        raise RecoveryError(
            f"The message cannot be made: {failed}", hint="Record it, or change the text."
        ) from None
