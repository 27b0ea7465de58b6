"""`optbench reproduce STUDY`: the verdict drawn again from the stored runs, and which of its decisions survive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optbench.study.changed import changed_parts
from optbench.study.conclude import conclude
from optbench.study.record import first_plan
from optbench.study.stored import decisions_of, parts_of, read_study
from optbench.study.tuning import choose
from optbench.study.verdict_json import verdict_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.study.findings import StudyFindings
    from optbench.study.paths import StudyPaths


@dataclass(frozen=True, slots=True)
class Redrawn:
    """How a verdict compares with itself drawn again.

    Attributes
    ----------
    study : name of the folder
    is_identical : True if verdict.json is the same bytes
    decisions : number of pairs
    changed : pairs that are decided in another way: problem, labels, decision before and now
    taken_before, taken_now : the row to take of each problem
    differing : names of other files that the study found leads to in another way
    """

    study: str
    is_identical: bool
    decisions: int
    changed: tuple[Mapping[str, str], ...]
    taken_before: Mapping[str, Any]
    taken_now: Mapping[str, Any]
    differing: tuple[str, ...] = ()

    @property
    def survived(self) -> int:
        """How many pairs are decided as before."""
        return self.decisions - len(self.changed)

    @property
    def decides_the_same(self) -> bool:
        """True if every pair is decided as before, and the same rows are taken."""
        return not self.changed and self.taken_before == self.taken_now

    def to_json(self) -> dict[str, Any]:
        """Return the document that `reproduce --json` prints."""
        return {
            "schema_version": 1,
            "study": self.study,
            "identical": self.is_identical,
            "decisions": self.decisions,
            "survived": self.survived,
            "changed": [dict(one) for one in self.changed],
            "recommended": {"before": dict(self.taken_before), "now": dict(self.taken_now)},
            "differing_files": list(self.differing),
        }

    def text(self, language: str | None = None) -> str:
        """Return what the command prints."""
        from optbench.words import text

        if self.is_identical:
            told = text("redrawn-identical", language, study=self.study, n=self.decisions)
            others = [text("redrawn-other-file", language, file=name) for name in self.differing]
            return "\n".join([told, *others])
        lines = [text("redrawn-differs", language, study=self.study, survived=self.survived, n=self.decisions)]
        for one in self.changed:
            values = {name: one[name] for name in ("a", "b", "before", "now")}
            lines.append(f"  {text('redrawn-changed', language, problem=one['problem'] or None, **values)}")
        for name, before in self.taken_before.items():
            if before != (now := self.taken_now.get(name)):
                taken = {"before": str(before), "now": str(now)}
                lines.append(f"  {text('redrawn-takes', language, problem=name or None, **taken)}")
        return "\n".join(lines)


def redraw_study(paths: StudyPaths) -> Redrawn:
    """Draw the verdict of a study again from its stored runs; nothing is trained, nothing is written.

    Raises
    ------
    StorageError, NoRunsError
        If the study or one of its runs is not finished or cannot be read.
    MismatchError
        If a byte of the study or of its runs is not what their manifests have: it would not be the study's verdict.
    """
    from optbench.errors import MismatchError

    if changed := changed_parts(paths):
        raise MismatchError(
            f"{paths.folder} is not as its manifest has it, so nothing is drawn from it. 'optbench check "
            f"{paths.folder}' tells all of it.",
            code="records-files-changed",
            findings=changed[:1],
        )
    study, found = concluded_again(paths)
    return replace(found, differing=tuple(_differing(paths, study)))


def _differing(paths: StudyPaths, study: StudyFindings) -> Iterator[str]:
    """Yield the names of the files that people take for the verdict and that say something else, in any language."""
    from optbench.run_store.reading import read_bytes
    from optbench.study.markdown import verdict_markdown
    from optbench.study.recommended_file import is_of
    from optbench.words.catalogue import languages

    text = read_bytes(paths.verdict_text)
    if all(verdict_markdown(study, language).encode() != text for language in languages()):
        yield paths.verdict_text.name
    several = len(study.problems) > 1
    for one in study.problems:
        path = paths.recommended(one.name if several else "")
        if one.recommended is not None and not is_of(path, one, paths.folder):
            yield path.name


def concluded_again(paths: StudyPaths) -> tuple[StudyFindings, Redrawn]:
    """Return what a study found, computed again from its stored runs, and how that compares with its verdict.

    Raises
    ------
    StorageError, NoRunsError
        If the study or one of its runs is not finished or cannot be read.
    """
    from optbench.run_store.documents import decode_json, encode_json
    from optbench.run_store.reading import read_bytes
    from optbench.study.documents import checked_verdict

    stored = read_study(paths)
    data = read_bytes(paths.verdict_json)
    before = checked_verdict(decode_json(data, paths.verdict_json), paths.verdict_json)
    openings = stored.record.get("openings", [])
    study = conclude(
        stored, stored.runs, choose(stored.config, stored.runs), openings, first=first_plan(stored, stored.record)
    )
    now = verdict_document(study)
    # what was fixed is given; its paths start from another folder in the file that lies here
    now["protocol"]["problems"] = before.get("protocol", {}).get("problems")
    of_before, of_now = ({one[:3]: one[3] for one in decisions_of(document)} for document in (before, now))
    changed = [
        {"problem": place[0], "a": place[1], "b": place[2], "before": told, "now": of_now.get(place, "missing")}
        for place, told in of_before.items()
        if of_now.get(place) != told
    ]
    return study, Redrawn(
        study=paths.folder.resolve().name,
        is_identical=encode_json(now) == data,
        decisions=len(of_before),
        changed=tuple(changed),
        taken_before=_taken(before),
        taken_now=_taken(now),
    )


def raise_for_other_bytes(found: Redrawn) -> None:
    """Raise MismatchError if the verdict was not drawn to the same bytes."""
    from optbench.errors import MismatchError

    if not found.is_identical:
        raise MismatchError(f"the verdict of {found.study} is not the same bytes.", code="records-not-reproduced")
    if found.differing:
        raise MismatchError(
            f"the verdict of {found.study} is the same bytes, and not what {' and '.join(found.differing)} says.",
            code="records-not-reproduced",
        )


def _taken(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row to take of each problem, by its name; "" if there is one problem."""
    return {name: (one.get("recommended") or {}).get("optimizer") for name, one in parts_of(document).items()}
