"""Write the reference of the site from the program: schemas, command line, public Python.

`docs/conf.py` calls it before each build; `python tools/reference_pages.py FOLDER` writes the pages into a folder.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KERAS_OWN: Final = re.compile(r"Layer[A-Z]\w*|Augment[A-Z]\w*")
"""Sections whose keys are arguments of a Keras layer, which Keras describes; `LayersConfig` is none of them."""
_KEPT: Final = frozenset({"LayersConfig"})
_WORDS: Final = {
    "object": "a mapping",
    "string": "text",
    "boolean": "`true` or `false`",
    "integer": "whole number",
    "null": "`null`",
}
_LONGEST_DEFAULT: Final = 40
_INTRODUCTIONS: Final = {
    "experiment": "What an experiment file holds: `optbench schema` prints this as a JSON schema.",
    "study": "What a study file holds beyond an experiment: `optbench schema --study`.",
    "machine": "What a machine file holds: `optbench schema --machine`.",
    "preprocessing": "What `preprocessing.json` of a run holds: `optbench schema --preprocessing`.",
}


def write_pages(folder: Path) -> None:
    """Write every generated page; one that is there with the same text stays, so that Sphinx need not read it again."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the Markdown of each generated page, by its name."""
    from optbench.config import json_schema, machine_json_schema, study_json_schema
    from optbench.datasets import preprocessing_schema
    from optbench.words.schema import described

    experiment = described(json_schema())
    found = {
        "experiment-file": schema_page("experiment", experiment, {}),
        "study-file": schema_page("study", described(study_json_schema()), experiment["$defs"]),
        "machine-file": schema_page("machine", machine_json_schema(), {}),
        "preprocessing-file": schema_page("preprocessing", preprocessing_schema(), {}),
    }
    return {"command-line": command_page(), "python": python_page(), **found}


def schema_page(what: str, schema: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> str:
    """Return a page with a table per section of a schema.

    Parameters
    ----------
    what : its word, a key of the introductions
    schema : a JSON schema with `$defs`
    elsewhere : sections that another page describes
    """
    sections = {
        name: section for name, section in schema["$defs"].items() if name not in elsewhere and not _is_of_keras(name)
    }
    parts = [f"# The {what} file", _INTRODUCTIONS[what], *_table(schema, elsewhere)]
    for name, section in sections.items():
        parts += [f"## {_title(name)}", section.get("description", ""), *_forms(section, elsewhere)]
    if any(_is_of_keras(name) for name in set(schema["$defs"]) - set(elsewhere)):
        parts.append(
            "Layers of `model.layers` and of `training.augment` take the arguments of the Keras class of that name, "
            "with Keras' defaults."
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def _is_of_keras(name: str) -> bool:
    return bool(_KERAS_OWN.fullmatch(name)) and name not in _KEPT


def _title(name: str) -> str:
    """Return the heading of a section: `CnnConfig` is `cnn`, `EarlyStopping` is `early stopping`."""
    words = re.findall(r"[A-Z][a-z0-9]*", re.sub(r"(Config|Section)$", "", name)) or [name]
    return " ".join(words).lower()


def _forms(section: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table of a section; of one with several forms the table of each, and in words what is no mapping."""
    if "properties" in section:
        yield from _table(section, elsewhere)
        return
    forms = [*_alternatives(section)]
    mappings = [form for form in forms if "properties" in form]
    plain = [kind for form in forms if form not in mappings for kind in _kinds(form, elsewhere)]
    if plain:
        yield f"Takes {', '.join(dict.fromkeys(plain))}{', or:' if mappings else '.'}"
    for form in mappings:
        key, value = next(iter(form["properties"].items()))
        if key in form.get("required", ()) and "enum" in value:  # what the form is chosen by
            yield f"**{value['enum'][0]}**"
        yield from _table(form, elsewhere)


def _alternatives(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    others = (*value.get("anyOf", ()), *value.get("oneOf", ()))
    for other in others:
        yield from _alternatives(other)
    if not others:
        yield value


def _table(section: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> list[str]:
    required = set(section.get("required", ()))
    rows = [
        f"| `{key}` | {_cell(value.get('description', ''))} | {', '.join(dict.fromkeys(_kinds(value, elsewhere)))} "
        f"| {_default(value, is_required=key in required)} |"
        for key, value in section.get("properties", {}).items()
    ]
    return ["\n".join(["| key | what | takes | default |", "|---|---|---|---|", *rows])] if rows else []


def _cell(text: str) -> str:
    """Return text for a cell of a table; what Markdown would read as markup is taken literally."""
    return re.sub(r"([\\|<>*_\[\]{}$])", r"\\\1", " ".join(text.split()))


def _default(value: Mapping[str, Any], *, is_required: bool) -> str:
    if is_required:
        return "required"
    if "const" in value or "default" not in value:
        return ""
    text = json.dumps(value["default"], ensure_ascii=False)
    return f"`{text}`" if len(text) <= _LONGEST_DEFAULT else "see its section"


def _kinds(value: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> Iterator[str]:
    """Yield in Markdown what a key takes: sections as links, values as code, kinds in words."""
    if "$ref" in value:
        yield _section(value["$ref"].rpartition("/")[2], elsewhere)
    for other in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from _kinds(other, elsewhere)
    if "const" in value:
        yield f"`{value['const']}`"
    elif "enum" in value:
        yield " or ".join(f"`{'null' if one is None else one}`" for one in value["enum"])
    elif value.get("type") == "array":
        parts = dict.fromkeys(_kinds(value.get("items", {}), elsewhere))
        yield f"list: {' or '.join(parts) or 'any values'}"
    else:
        kinds = value.get("type", ())
        yield from (_WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _section(name: str, elsewhere: Mapping[str, Any]) -> str:
    """Return a link to a section, or its name where no page describes it."""
    title = _title(name)
    if _is_of_keras(name):
        return title
    return f"[{title}]({'experiment-file.md' if name in elsewhere else ''}#{title.replace(' ', '-')})"


def command_page() -> str:
    """Return what `--help` says of every command, as typer writes it down."""
    from typer import Context
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from optbench.cli.app import app

    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=Context(command), name="optbench", title="The command line")
    return re.sub(r"^(\* `[^`]*`: )(.*)$", lambda found: found[1] + _cell(found[2]), text, flags=re.MULTILINE)


def python_page() -> str:
    """Return a page with the docstring of everything that `import optbench` offers."""
    import optbench

    parts = ["# Python", "What `import optbench` offers. All of it is loaded when it is first used."]
    for name in sorted(set(optbench.__all__) - {"__version__"}):
        thing = getattr(optbench, name)
        directive = "autoclass" if inspect.isclass(thing) else "autofunction"
        members = "\n   :members:" if inspect.isclass(thing) else ""
        parts.append(
            f"## `optbench.{name}`\n\n```{{eval-rst}}\n.. {directive}:: {thing.__module__}.{name}{members}\n```"
        )
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
