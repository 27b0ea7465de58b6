"""`optbench cite`: how a publication names optbench, and what runs rest on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from optbench.catalog.references import LIBRARIES, OPTBENCH, data_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from optbench.catalog.references import Reference
    from optbench.core.findings import Finding
    from optbench.records import RunRecord

_ET_AL = "others"


@dataclass(frozen=True, slots=True)
class Cited:
    """What is to be cited.

    Attributes
    ----------
    references : optbench, libraries, data sets
    notes : what was passed over while looking for runs
    """

    references: tuple[Reference, ...]
    notes: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document that `cite --json` prints."""
        return {
            "schema_version": 1,
            "references": [asdict(one) for one in self.references],
            "findings": [note.to_json() for note in self.notes],
        }


def cited(arguments: Sequence[str], runs_dir: Path) -> Cited:
    """Return optbench, and of runs what they were made with and on, each work once.

    Parameters
    ----------
    arguments : what `compare` takes; () for optbench alone

    Raises
    ------
    NoRunsError
        If runs are asked for and nothing finished was found.
    """
    from optbench import __version__
    from optbench.run_store import find_runs

    itself = replace(OPTBENCH, version=__version__)
    if not arguments:
        return Cited((itself,))
    records, notes = find_runs(arguments, runs_dir)
    return Cited(tuple(dict.fromkeys([itself, *_libraries(records), *_data(records)])), tuple(notes))


def _libraries(records: Sequence[RunRecord]) -> Iterator[Reference]:
    for name, reference in LIBRARIES.items():
        versions = sorted({record.versions[name] for record in records if name in record.versions})
        if versions:
            yield replace(reference, version=", ".join(versions))


def _data(records: Sequence[RunRecord]) -> Iterator[Reference]:
    for name in sorted({str((record.config.get("dataset") or {}).get("name")) for record in records}):
        if (found := data_reference(name)) is not None:
            yield found


def bibtex(references: Sequence[Reference]) -> str:
    """Return BibTeX entries; every character is LaTeX's own, so that any engine takes them."""
    return "\n\n".join(map(_entry, references)) + "\n"


def _entry(reference: Reference) -> str:
    from optbench.reporting.latex_text import latex_text

    def written(name: str) -> str:
        return f"{{{latex_text(name)}}}" if reference.is_group else latex_text(name)

    place = {"article": "journal", "inproceedings": "booktitle"}.get(reference.kind, "howpublished")
    fields = {
        "author": " and ".join(map(written, reference.authors)),
        "title": f"{{{latex_text(reference.title)}}}",
        "year": reference.year or "",
        place: latex_text(reference.where),
        "version" if reference.kind == "software" else "note": latex_text(_version(reference)),
        "doi": reference.doi,
        "url": reference.url,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{reference.kind}{{{reference.key},", *lines, "}"])


def _version(reference: Reference) -> str:
    if not reference.version or reference.kind == "software":
        return reference.version
    return f"version {reference.version}"


def apa(references: Sequence[Reference]) -> str:
    """Return a line per work in the manner of APA, 7th edition."""
    return "\n".join(map(_line, references)) + "\n"


def _line(reference: Reference) -> str:
    names = [name for name in reference.authors if name != _ET_AL]
    shown = names if reference.is_group else [_initials(name) for name in names]
    together = ", ".join(shown[:-1]) + (", & " if len(shown) > 1 else "") + shown[-1] if shown else ""
    if _ET_AL in reference.authors:
        together = f"{', '.join(shown)}, et al."
    told = f" (Version {reference.version})" if reference.version else ""
    kind = " [Computer software]" if reference.version else ""
    stop = "" if reference.title.endswith("?") and not told else "."
    found = f"https://doi.org/{reference.doi}" if reference.doi else reference.url
    parts = (f"{together} ({reference.year or 'n.d.'}).", f"{reference.title}{told}{kind}{stop}")
    return " ".join(
        [*(part for part in parts if part), *([f"{reference.where}."] if reference.where else []), found]
    ).strip()


def _initials(name: str) -> str:
    """Return `Chollet, F.` of `Chollet, François`; a name that has no second part as it is."""
    family, comma, given = name.partition(", ")
    return f"{family}, {given[0]}." if comma else family
