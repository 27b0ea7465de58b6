"""Reading experiment files: all findings at once, each with file, line, column and caret."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from unicodedata import combining, east_asian_width

from optbench.config.file_kinds import study_instead
from optbench.config.findings import Finding, dotted
from optbench.config.overrides import apply_overrides
from optbench.config.validation import validate_experiment
from optbench.config.yaml_document import MAX_BYTES, dump_yaml, parse_yaml
from optbench.core.findings import Finding as Problem
from optbench.core.findings import Severity
from optbench.core.refusals import told_as
from optbench.core.regular_files import UnfitFileError, read_regular
from optbench.core.worded import joined, said_in_general, worded
from optbench.errors import ConfigError, StorageError, each_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.config.experiment import ExperimentConfig
    from optbench.config.yaml_document import Place, YamlDocument
    from optbench.core.worded import Worded


# what may look like a number and is a text: labels, column names, markers of missing values
_TEXT_KEYS = (("target",), ("positive_class",), ("drop",), ("missing",), ("sheet",))
FileKind = Literal["experiment", "study", "machine"]
_BEGINNINGS: Mapping[FileKind, str] = {
    "experiment": worded("hint-init", "'optbench init' writes a starter."),
    "study": worded("hint-init-study", "'optbench init --study' writes a starter."),
    "machine": worded("hint-machine", "docs/cluster.md says what it holds."),
}
_KINDS: Mapping[FileKind, str] = {
    "experiment": worded("file-of-experiment", "an experiment file"),
    "study": worded("file-of-study", "a study file"),
    "machine": worded("file-of-machine", "a machine file"),
}
_MOST_FINDINGS = 100
_WIDEST = 160
_SPLIT_COLUMNS = tuple(("dataset", "split", key) for key in ("column", "group", "time"))


@dataclass(frozen=True, slots=True)
class LoadedExperiment:
    """An experiment file as read.

    Attributes
    ----------
    config : validated, overrides applied, nothing resolved
    path : the file as given
    written : its content; None if no person wrote it
    base : the folder that paths in it start from
    sources : dotted path of every value that was written -> `file:line` or `--set`
    """

    config: ExperimentConfig
    path: Path
    written: str | None
    base: Path
    sources: Mapping[str, str]

    @property
    def text(self) -> str:
        """The content of the file; made when asked for, as it takes longer than planning the run that it is of."""
        return dump_config(self.config) if self.written is None else self.written


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> LoadedExperiment:
    """Load an experiment file.

    Parameters
    ----------
    overrides : `--set` arguments

    Raises
    ------
    ConfigError
        With every finding.
    """
    text = read_text(path)
    document = parse_yaml(text, str(path))
    refuse(study_instead(document.plain, str(path)), str(path))
    config = _validated(document, overrides)
    return LoadedExperiment(config, path, text, path.parent, _sources(document))


def load_resolved(path: Path) -> ExperimentConfig:
    """Read `config.resolved.yaml` of a run folder.

    Raises
    ------
    StorageError
        If it cannot be read: the folder was removed or damaged, which is no mistake in an experiment file.
    ConfigError
        If it is not valid.
    """
    with told_as(StorageError, path, code="storage-file-damaged"):
        data = read_regular(path, most=MAX_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StorageError(f"{path} cannot be read: {error}.", code="storage-file-damaged") from error
    return _validated(parse_yaml(text, str(path), quickly=True), (), any_engine=True)


def parse_resolved(text: str) -> ExperimentConfig:
    """Parse the text of a resolved experiment."""
    return _validated(parse_yaml(text, "config.resolved.yaml", quickly=True), (), any_engine=True)


def dump_config(config: ExperimentConfig) -> str:
    """Return an experiment as YAML; `parse_resolved` gives back an equal one."""
    return dump_yaml(config.to_plain())


def read_text(path: Path, kind: FileKind = "experiment") -> str:
    """Return the text of an experiment, study or machine file; messages say which is wanted.

    Raises
    ------
    ConfigError
        If it is missing, no file, too large or not UTF-8.
    """
    with _named(path), told_as(ConfigError, f"{path}:", code="config-file-unreadable"):
        try:
            return read_regular(path, most=MAX_BYTES, follow_links=True).decode("utf-8-sig")
        except FileNotFoundError:
            raise ConfigError(
                worded(
                    "file-no-experiment", "{path}: there is no such file. {remedy}", path=path, remedy=_BEGINNINGS[kind]
                ),
                code="config-file-missing",
            ) from None
        except UnfitFileError as error:
            raise _unfit(path, error, kind) from None
        except UnicodeDecodeError as error:
            raise ConfigError(
                worded(
                    "file-not-utf8",
                    "{path}: must be UTF-8 text. Received: byte {start} is not.",
                    path=path,
                    start=error.start,
                ),
                code="config-file-not-utf8",
            ) from None


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let what an error says of a file that cannot be read name it for programs, as findings on its content do."""
    try:
        yield
    except ConfigError as error:
        problems = [replace(one, values={"file": str(path), **one.values}) for one in error.problems]
        raise ConfigError(*error.args, code=error.code, problems=problems) from error.__cause__


def _unfit(path: Path, error: UnfitFileError, kind: FileKind) -> ConfigError:
    wanted = _KINDS[kind]
    if error.errno == errno.EFBIG:
        return ConfigError(
            worded(
                "file-too-large",
                "{path}: {wanted} has at most 1 MiB. Received: a larger one.",
                path=path,
                wanted=wanted,
            ),
            code="config-file-too-large",
        )
    return ConfigError(
        worded(
            "file-of-other-kind",
            "{path}: must be {wanted}. Received: {kind}.",
            path=path,
            wanted=wanted,
            kind=error.kind,
        ),
        code="config-file-is-folder",
    )


def refuse(finding: Finding | None, source: str) -> None:
    """Raise a `ConfigError` with a finding on the whole file, which makes all others pointless, if there is one."""
    if finding is not None:
        raise config_error([(finding, None)], source)


def _validated(document: YamlDocument, overrides: Sequence[str], *, any_engine: bool = False) -> ExperimentConfig:
    if document.plain is None and not document.findings and not overrides:
        document.findings.append(
            (
                Finding(
                    (),
                    worded("file-empty", "the file is empty. 'optbench init' writes a starter."),
                    code="config-file-empty",
                ),
                None,
            )
        )
    apply_overrides(document, overrides)
    for path in document.texts:
        if is_text(path):
            document.keep_text(path)
    placed = list(document.findings)
    config = None
    if not document.is_broken and not (document.plain is None and placed):
        config, findings = validate_experiment(document.plain, any_engine=any_engine)
        placed += [(finding, document.place(finding)) for finding in findings]
    if placed or config is None:
        raise config_error(placed, document.source)
    return config


def is_text(path: tuple[str | int, ...]) -> bool:
    """Return True for the places of an experiment where what looks like a number is a text."""
    return path == ("name",) or (path[:1] == ("dataset",) and path[1:2] in _TEXT_KEYS) or path[:3] in _SPLIT_COLUMNS


def _order(item: tuple[Finding, Place | None]) -> tuple[bool, int, int]:
    place = item[1]
    return (place is not None and place.source == "--set", place.line if place else 0, place.column if place else 0)


def config_error(findings: Sequence[tuple[Finding, Place | None]], source: str) -> ConfigError:
    """Return the error that says all findings on a file."""
    placed = sorted(findings, key=_order)
    problems = [_problem(finding, place, source) for finding, place in placed]
    because = each_once(finding.because for finding, _ in placed if finding.because is not None)
    return ConfigError.of(render_findings(placed, source), problems, because)


def _problem(finding: Finding, place: Place | None, source: str) -> Problem:
    """Return a finding as programs read it; lines and columns count from 1."""
    values: dict[str, Any] = {"file": source, "path": finding.dotted, "message": finding.sentence}
    if place is not None:
        values |= {"file": place.source, "line": place.line + 1, "column": place.column + 1}
    return Problem(finding.code, Severity.ERROR, values)


def render_findings(findings: Sequence[tuple[Finding, Place | None]], source: str) -> str:
    """Return all findings as text in the order of the file, each with file, line, column and caret."""
    placed = sorted(findings, key=_order)
    lines = [_rendered(finding, place, source) for finding, place in placed[:_MOST_FINDINGS]]
    if len(placed) > _MOST_FINDINGS:
        hidden = len(placed) - _MOST_FINDINGS
        lines.append(
            worded("file-more-findings", "{file}: {n} more findings are not shown.", file=_visible(source), n=hidden)
        )
    return joined(*lines, between="\n")


def _rendered(finding: Finding, place: Place | None, source: str) -> Worded:
    # keys and values can hold any character; only printable ones may reach a terminal
    sentence = said_in_general(finding.code, finding.sentence).respelt(_escaped)
    said = (f"{_escaped(finding.dotted)}: ", sentence) if finding.path else (sentence,)
    if place is None:
        return joined(f"{_visible(source)}: ", *said)
    # of a very long line, what surrounds the caret
    start = max(0, place.column - _WIDEST // 2) if len(place.text) > _WIDEST else 0
    before = _visible(place.text[start : place.column])
    margin = f"{place.line + 1:>5} | "
    caret = " " * (len(margin) - 2) + "| " + " " * _columns(before) + "^"
    line = _visible(place.text[start : start + _WIDEST])
    where = f"{_visible(place.source)}:{place.line + 1}:{place.column + 1}: "
    return joined(where, *said, f"\n{margin}{line}\n{caret}")


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _visible(text: str) -> str:
    """Return a line without what a terminal would obey: control characters, changes of the writing direction."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text).expandtabs(4)


def _columns(text: str) -> int:
    """Return the columns a text takes on a terminal: none for a combining character, two for a wide one."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _sources(document: YamlDocument) -> dict[str, str]:
    found = {}
    for path, place in document.value_places.items():
        if path and not isinstance(_value_at(document.plain, path), dict):
            is_file = place.source != "--set"
            found[dotted(path)] = f"{Path(place.source).name}:{place.line + 1}" if is_file else place.source
    return found


def _value_at(plain: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        plain = plain[part]
    return plain
