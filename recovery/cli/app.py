"""The commands and their help. Each command's work is imported only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from recovery.cli import (
    assign_command,
    bench_command,
    brief_command,
    calendar_commands,
    care_commands,
    case_commands,
    clv_command,
    collaboration_commands,
    coupon_commands,
    erase_command,
    fund_commands,
    guard_commands,
    jobs_command,
    learning_commands,
    lineup_command,
    money_commands,
    offers_command,
    outbox_commands,
    people_commands,
    preview_command,
    project_commands,
    promise_command,
    report_commands,
    run_commands,
    say_command,
    story_commands,
    talk_commands,
    task_commands,
    test_command,
)

EPILOG = "Exit codes: 0 done · 1 problems found · 2 wrong usage · 3 refused · 4 environment · 5 bug"

app = typer.Typer(
    name="recovery",
    help="Walk every complaint through a proven recovery process, with every move on record.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from recovery import __version__

        typer.echo(f"service-recovery {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    _: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


for module in (
    project_commands,
    preview_command,
    guard_commands,
    calendar_commands,
    test_command,
    run_commands,
    case_commands,
    brief_command,
    say_command,
    talk_commands,
    promise_command,
    outbox_commands,
    task_commands,
    people_commands,
    collaboration_commands,
    assign_command,
    report_commands,
    learning_commands,
    story_commands,
    lineup_command,
    jobs_command,
    care_commands,
    erase_command,
    coupon_commands,
    offers_command,
    money_commands,
    fund_commands,
    clv_command,
    bench_command,
):
    module.add_to(app)
