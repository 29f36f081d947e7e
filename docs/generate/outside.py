"""What stands at the edges: lines of a play, settings of a project, variables of the environment."""

from __future__ import annotations

import re

from docs.generate.codes import PACKAGE
from docs.generate.markdown import code, listed, meaning, only, table
from recovery.core.events import Event
from recovery.imports.loading import _KEYS, MODES, required_columns
from recovery.imports.mapping import mapping_files
from recovery.imports.rejects import COLUMNS
from recovery.play.script import LINES
from recovery.project import SETTINGS
from recovery.workflow.reader import read_yaml


def play_lines() -> str:
    """What a line of a play can be, with its fields."""
    only("play", LINES)
    fields_found = {name for _, fields in LINES.values() for name in fields}
    only("play_fields", fields_found)
    lines = []
    for kind, (event, fields) in LINES.items():
        own = ", ".join(f"**{name}**" if field.required else name for name, field in fields.items())
        lines.append([code(kind), meaning("play", kind), own, _becomes(event)])
    wanted = {
        name: f"{field.wanted}. {meaning('play_fields', name)}"
        for _, fields in LINES.values()
        for name, field in fields.items()
    }
    rows = [[code(name), wanted[name][:1].upper() + wanted[name][1:]] for name in sorted(wanted)]
    kinds = table(["`event`", "meaning", "its fields (required in bold)", "becomes"], lines)
    return f"{kinds}\n\n{table(['field', 'value'], rows)}"


def _becomes(event: type[Event] | None) -> str:
    if event is None:
        return "nothing: only the clock moves"
    return f"[{event.__name__}](events.md#{event.__name__.lower()})"


def settings() -> str:
    """The keys of `config/recovery.yaml`."""
    only("settings", SETTINGS)
    rows = [[code(name), code(default), meaning("settings", name)] for name, default in SETTINGS.items()]
    return table(["key", "default", "meaning"], rows)


def variables() -> str:
    """The environment variables the product reads."""
    found = variable_names()
    only("variables", found)
    return table(["variable", "meaning"], [[code(name), meaning("variables", name)] for name in found])


def variable_names() -> list[str]:
    """Every `RECOVERY_…` name in the package's source."""
    texts = [file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")]
    return sorted({name for text in texts for name in re.findall(r"\"(RECOVERY_[A-Z_]+)\"", text)})


def mapping_keys() -> str:
    """The keys of a mapping, and in which mode each is used."""
    only("mapping", {key for keys in _KEYS.values() for key in keys})
    rows = []
    for key in dict.fromkeys(key for keys in _KEYS.values() for key in keys):
        modes = [mode for mode, keys in _KEYS.items() if key in keys]
        rows.append(
            [code(key), "both" if len(modes) == len(MODES) else code(modes[0]), meaning("mapping", key)]
        )
    return table(["key", "mode", "meaning"], rows)


def shipped_mappings() -> str:
    """The mappings that come with the product."""
    rows = []
    for name, file in mapping_files(PACKAGE.parent).items():
        document, _ = read_yaml(file.read_bytes(), file.name)
        assert document is not None
        workflow, mode = (document.get((key,)) for key in ("workflow", "mode"))
        rows.append([code(name), code(mode), code(workflow), listed(required_columns(file))])
    return table(["name", "mode", "workflow", "columns a file must have"], rows)


def reject_columns() -> str:
    """The columns a file of rejects begins with."""
    only("rejects", COLUMNS)
    return table(["column", "meaning"], [[code(name), meaning("rejects", name)] for name in COLUMNS])
