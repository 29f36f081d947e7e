"""From pydantic's errors to findings: the place, plain words, and what would be accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from recovery.core.facts import KINDS
from recovery.workflow.findings import FINDINGS_AT_MOST, Finding, guess, one_of, shown
from recovery.workflow.reader import Document, Path, step_into

ShapeT = TypeVar("ShapeT", bound=BaseModel)

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "union_tag_not_found": "a mapping",
}
TEXT_KEYS = {"title", "purpose", "worth", "ask", "do", "never"}
_NAME_HINT = "Small letters, digits, - and _, beginning with a letter; facts have parts with dots between."
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def check_shape(document: Document, model: type[ShapeT]) -> tuple[ShapeT | None, list[Finding]]:
    """The document as the model wants it, or everything that is wrong with its shape."""
    if not isinstance(document.value, dict):
        return None, [not_a_mapping(document, model)]
    try:
        return model.model_validate(document.value), []
    except ValidationError as error:
        return None, [finding for _, finding in explain(document, model, error)]


def not_a_mapping(document: Document, model: type[BaseModel]) -> Finding:
    """What is wrong with a document that is no mapping at all."""
    message = "There is nothing in it." if document.value is None else "It must be a mapping."
    first = next(iter(model.model_fields))
    return document.finding((), "wrong_type", message, f"Begin with `{first}: …`.")


def explain(document: Document, model: type[BaseModel], error: ValidationError) -> list[tuple[Path, Finding]]:
    """Each of pydantic's errors as a finding, with the path it is about; of a missing key, the key's own."""
    problems = error.errors(include_url=False, include_context=True)
    bad_keys = {problem["loc"][:-1] for problem in problems if problem["loc"][-1:] == ("[key]",)}
    found: list[tuple[Path, Finding]] = []
    for problem in problems:
        if problem["loc"] not in bad_keys:
            path = place_of(document, problem["loc"])
            finding = _finding(document, model, problem, len(found) < FINDINGS_AT_MOST)
            if finding.code == "missing_key":
                path = (*path, str(problem["loc"][-1]))
            found.append((path, finding))
    return found


def boolean_hint(value: object) -> str:
    """What to write instead of a word that YAML 1.1 took for a boolean; empty for other values."""
    word = _BOOLEAN_WORDS.get(value.lower(), "") if isinstance(value, str) else ""
    return f"{shown(value)} is a text in YAML 1.2; write {word}." if word else ""


def _finding(document: Document, model: type[BaseModel], problem: Any, guessing: bool) -> Finding:
    loc, kind = problem["loc"], problem["type"]
    on_key = loc[-1:] == ("[key]",)
    path = place_of(document, loc)
    name = shown(path[-1]) if path else "the file"
    value = document.get(path)
    if kind == "extra_forbidden":
        hint = guess(str(loc[-1]), _keys(model, loc[:-1])) if guessing else ""
        return document.finding(
            path, "unknown_key", f"{name} is not a key that is known here.", hint, key=True
        )
    if kind in ("missing", "union_tag_not_found") and isinstance(value, dict):
        wanted = str(loc[-1]) if kind == "missing" else "type"
        holder = name if path else "The file"
        hint = "" if kind == "missing" else one_of(KINDS)
        return document.finding(path, "missing_key", f"{holder} has no `{wanted}`.", hint, key=True)
    if on_key:
        return document.finding(path, "bad_name", *_bad_name(loc, str(path[-1])), key=True)
    if kind == "union_tag_invalid":
        path = (*path, "type")
    code, message, hint = _value(problem, kind, value, is_text=bool(TEXT_KEYS.intersection(path[-2:])))
    return document.finding(path, code, message, hint)


def _value(problem: Any, kind: str, value: object, *, is_text: bool) -> tuple[str, str, str]:
    """Code, message and hint for a value that cannot be what it is."""
    context = problem.get("ctx", {})
    said = shown(value)
    if kind in _WANTED:
        wanted = _WANTED["string_type"] if is_text and kind == "dict_type" else _WANTED[kind]
        quoted = wanted == _WANTED["string_type"] and said[0] == "`"
        hint = f'Put it in quotes: "{said.strip("`")}".' if quoted else ""
        return "wrong_type", f"{said} is not {wanted}.", boolean_hint(value) or hint
    if kind == "literal_error":
        allowed = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return "wrong_value", f"{said} is not accepted here.", guess(str(value), allowed)
    if kind == "union_tag_invalid":
        return (
            "wrong_value",
            f"{shown(context['tag'])} is not a type of fact.",
            guess(context["tag"], KINDS),
        )
    if kind == "string_pattern_mismatch":
        hint = "Small letters, digits and - or _, beginning with a letter."
        return (
            ("wrong_value", "The text is blank.", "")
            if not str(value).strip()
            else ("bad_name", f"{said} is not a name.", hint)
        )
    if kind == "no_english":
        return (
            "no_english",
            "The text has no English.",
            "Add `en: …`; it is shown where no other language fits.",
        )
    return "wrong_value", _bounds(problem["msg"], kind, said, context), ""


def _bounds(message: str, kind: str, said: str, context: dict[str, Any]) -> str:
    """What is wrong with a number or a length."""
    least, most = context.get("min_length"), context.get("max_length")
    unit = "characters" if kind.startswith("string") else "items" if said == "a list" else "keys"
    if kind.endswith("too_short"):
        return f"{said[:1].upper()}{said[1:]} is too short: at least {least} {unit}."
    if kind.endswith("too_long"):
        return f"{said[:1].upper()}{said[1:]} is too long: at most {most} {unit}."
    return f"{said}: {message[:1].lower()}{message[1:]}.".replace("input should be", "it must be")


def _bad_name(loc: Path, name: str) -> tuple[str, str]:
    if TEXT_KEYS.intersection(loc[-4:-2]):
        hint = "Put a text with a comma or a colon in it in quotes."
        return f"{shown(name)} is not a language such as en or zh.", hint
    return f"{shown(name)} is not a name.", _NAME_HINT


def place_of(document: Document, loc: Path) -> Path:
    """pydantic's location as a path of the document: parts that only pydantic knows are left out."""
    path: Path = ()
    value = document.value
    for part in loc:
        found, inner = step_into(value, part)
        if found:
            path, value = (*path, part), inner
    return path


def _keys(model: type[BaseModel], loc: Path) -> list[str]:
    """The keys a mapping at pydantic's location may have."""
    schema = _schema(model)
    nodes = list(_flat(schema, schema))
    for part in loc:
        inner = [found for node in nodes for found in _into(node, part)]
        if inner:
            nodes = [flat for node in inner for flat in _flat(node, schema)]
        elif isinstance(part, str) and part in KINDS:
            nodes = [node for node in nodes if part in str(node.get("properties", {}).get("type", ""))]
    return list(dict.fromkeys(key for node in nodes for key in node.get("properties", {})))


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _flat(node: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema node without references and alternatives."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _flat(option, schema)
    yield node


def _into(node: dict[str, Any], part: str | int) -> Iterator[dict[str, Any]]:
    """The schema nodes one step further down."""
    if isinstance(part, int):
        if "items" in node:
            yield node["items"]
    elif part in node.get("properties", {}):
        yield node["properties"][part]
    else:
        patterns = node.get("patternProperties", {})
        fitting = [inner for pattern, inner in patterns.items() if re.search(pattern, part)]
        yield from fitting
        more = node.get("additionalProperties")
        if not fitting and isinstance(more, dict):
            yield more
