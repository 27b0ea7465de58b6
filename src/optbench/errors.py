"""Every error optbench raises on purpose: one tree, one exit code each.

A message is a sentence: place, rule, received value, remedy, and the nearest known word if there is one.
`optbench.cli.main` is the only place that turns these into exit codes.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.printable import with_own_lines
from optbench.core.worded import Worded, joined, said_in_general, worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class OptbenchError(Exception):
    """Base of all errors with a message meant for the user.

    Attributes
    ----------
    code : names the kind of error for programs, which need not read the message; each class has one of its own, and
        the place that raises can give a narrower one
    findings : what explains the error, shown below its message
    problems : of a message that lists several things, each of them for programs: a finding with the code of an error
        and its `message`, of an experiment file with `file`, `path`, `line` and `column` too
    """

    exit_code: ClassVar[int] = 70
    default_code: ClassVar[str] = "error"

    def __init__(
        self,
        *arguments: object,
        code: str | None = None,
        findings: Iterable[Finding] = (),
        problems: Iterable[Finding] = (),
    ) -> None:
        if not problems:  # several problems are several lines, each of which has been looked at
            arguments = tuple(_with_own_lines(one) if isinstance(one, str) else one for one in arguments)
        super().__init__(*arguments)
        self.code = code or self.default_code
        self.findings = tuple(findings)
        self.problems = tuple(problems) or (Finding(self.code, Severity.ERROR, {"message": str(self)}),)

    @classmethod
    def of(cls, message: str, problems: Sequence[Finding], findings: Iterable[Finding] = ()) -> Self:
        """Return one error for several problems, with the code that they share, or else that of the class."""
        codes = {problem.code for problem in problems}
        return cls(message, code=codes.pop() if len(codes) == 1 else None, findings=findings, problems=problems)

    @classmethod
    def gathered(cls, errors: Sequence[OptbenchError]) -> Self:
        """Return one error that says several, each once."""
        distinct = {str(error): error for error in errors}
        message = joined(*(error.worded for error in distinct.values()), between="\n")
        problems = [problem for error in distinct.values() for problem in error.problems]
        findings = each_once(finding for error in distinct.values() for finding in error.findings)
        return cls.of(message, problems, findings)

    @property
    def worded(self) -> Worded:
        """Its message as `optbench.words` says it in another language."""
        message = self.args[0] if self.args and isinstance(self.args[0], Worded) else str(self)
        return said_in_general(self.code, message)

    def to_json(self) -> dict[str, Any]:
        """Return what programs read of the error: its code, its message, and each problem of several by itself."""
        return {
            "code": self.code,
            "message": str(self),
            "problems": as_json(self.problems),
            "findings": as_json(self.findings),
        }

    def told(self) -> tuple[Finding, ...]:
        """Return the error as findings, for a list of what went wrong: itself, then what explains it."""
        itself = Finding("recorded-error", Severity.ERROR, {"error": self.code, "message": str(self)})
        return (itself, *self.findings)

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep code and findings where an error comes from another process."""
        return type(self), self.args, {"code": self.code, "findings": self.findings, "problems": self.problems}


class RunFailedError(OptbenchError):
    """A run could not be brought to its end; the others went on."""

    exit_code = 1
    default_code = "run-failed"


class UsageError(OptbenchError):
    """The command line itself is wrong (a flag's value, a combination of flags)."""

    exit_code = 2
    default_code = "usage-wrong"


class InvalidError(OptbenchError):
    """Something the user gave is not valid; nothing has run and nothing was created."""

    exit_code = 3
    default_code = "input-invalid"


class ConfigError(InvalidError):
    """An experiment file or a `--set` argument breaks a rule. The message holds every finding."""

    default_code = "config-invalid"


class DataError(InvalidError):
    """A data set is missing, unreadable or unfit for classification as configured."""

    default_code = "data-invalid"


class ModelError(InvalidError):
    """A model, optimizer or loss cannot be built for the data it is given."""

    default_code = "model-invalid"


class MachineError(InvalidError):
    """The machine cannot do what was asked: a missing extra, an unwritable or full directory."""

    default_code = "machine-unfit"


class ArchiveError(InvalidError):
    """A file that somebody has passed on is no archive of optbench, or one that may not be unpacked."""

    default_code = "archive-invalid"


class NoRunsError(OptbenchError):
    """A pattern or folder named no finished run."""

    exit_code = 4
    default_code = "runs-none"


class MismatchError(OptbenchError):
    """Recorded and found differ: `check`, `reproduce`, `compare --strict`."""

    exit_code = 5
    default_code = "records-mismatch"


class StorageError(RunFailedError):
    """A write or a read of the run folder failed (full disk, read-only, I/O error)."""

    default_code = "storage-failed"


class HeldError(StorageError):
    """A run folder is held by another process, and nothing proves that it is gone.

    Attributes
    ----------
    is_seen : the process is on this machine, so that its end will be seen
    """

    default_code = "run-held"

    def __init__(self, sentence: str, *, is_seen: bool = False) -> None:
        super().__init__(sentence)
        self.is_seen = is_seen

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep what another process has seen."""
        kind, arguments, state = super().__reduce__()
        return kind, arguments, {**state, "is_seen": self.is_seen}


class StoppedError(OptbenchError):
    """The user stopped the command; the same command goes on from the last checkpoints.

    Parameters
    ----------
    signal_number : of SIGINT or SIGTERM, which decides the exit code

    Attributes
    ----------
    ends : how the runs had ended by then that had, in the order of the plan
    """

    default_code = "command-stopped"

    def __init__(self, signal_number: int) -> None:
        super().__init__(
            worded("ended-stopped", "stopped. Unfinished runs go on from their last checkpoint with the same command.")
        )
        self.exit_code = 128 + signal_number  # type: ignore[misc]  # 130 or 143, by the signal
        self.ends: tuple[Any, ...] = ()


class ClaimLostError(StorageError):
    """A run folder was taken over while this process held it; nothing it writes reaches the run any more."""

    default_code = "claim-lost"


def _with_own_lines(message: str) -> str:
    return message.respelt(with_own_lines) if isinstance(message, Worded) else with_own_lines(message)


def each_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in order, without those that are there already."""
    found: list[Finding] = []
    for finding in findings:
        if finding not in found:
            found.append(finding)
    return found


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a word is probably a misspelling or a short form of, or None.

    Examples
    --------
    >>> nearest_word("LR", ["learning_rate", "momentum"])
    'learning_rate'
    >>> nearest_word("Adma", ["adam", "adamw", "ema", "adagrad"])
    'adam'
    >>> nearest_word("val_auc", ["val_mae", "val_roc_auc"]), nearest_word("val_auc", ["val_mae", "val_loss"])
    ('val_roc_auc', None)
    """
    by_folded = {name.lower(): name for name in known}
    short_forms = {"lr": "learning_rate", "bs": "batch_size", "wd": "weight_decay", "val": "validation"}
    folded = short_forms.get(word.lower(), word.lower())
    if folded in by_folded:
        return by_folded[folded]
    for is_close in (_differ_by_parts, _differ_by_slips, _look_alike):
        close = [name for name in by_folded if is_close(*_without_shared_prefix(folded, name))]
        if close:
            # of equally close ones the one that reads alike, then the first by name
            best = min(close, key=lambda name: (_slips(folded, name), -_likeness(folded, name), name))
            return by_folded[best]
    return None


_PREFIX: Final = "val_"
_FEWEST_LETTERS: Final = 3
_LETTERS_PER_SLIP: Final = 3
_FEWEST_LETTERS_ALIKE, _ALIKE = 5, 0.7


def _without_shared_prefix(a: str, b: str) -> tuple[str, str]:
    """Leave out what says nothing about two names of validation metrics: `val_auc` is not like `val_mae`."""
    if a.startswith(_PREFIX) and b.startswith(_PREFIX):
        return a.removeprefix(_PREFIX), b.removeprefix(_PREFIX)
    return a, b


def _differ_by_parts(word: str, name: str) -> bool:
    """Return True if one is the other with parts left out at its beginning or end: `auc` of `roc_auc`."""
    short, long = sorted((word, name), key=len)
    return len(short) >= _FEWEST_LETTERS and (long.startswith(f"{short}_") or long.endswith(f"_{short}"))


def _differ_by_slips(word: str, name: str) -> bool:
    """Return True if few letters are wrong, missing, too many or swapped, or one is the beginning of the other."""
    length = min(len(word), len(name))
    if length >= _FEWEST_LETTERS and (word.startswith(name) or name.startswith(word)):
        return True
    most = max(1, length // _LETTERS_PER_SLIP)
    return length > 1 and abs(len(word) - len(name)) <= most and _slips(word, name) <= most


def _look_alike(word: str, name: str) -> bool:
    """Return True if two longer words share most of their letters: `numeric` and `number`."""
    return min(len(word), len(name)) >= _FEWEST_LETTERS_ALIKE and _likeness(word, name) >= _ALIKE


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()


def _slips(a: str, b: str) -> int:
    """Return how many letters are wrong, missing, too many or swapped with their neighbour (optimal string alignment).

    Damerau, A technique for computer detection and correction of spelling errors, CACM 7 (1964).
    """
    before: list[int] = []
    last = list(range(len(b) + 1))
    for row, x in enumerate(a, 1):
        current = [row]
        for column, y in enumerate(b, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (x != y))
            if row > 1 and column > 1 and x == b[column - 2] and y == a[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, last = last, current
    return last[-1]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the nearest known word, or `""`.

    Examples
    --------
    >>> did_you_mean("beta1", ["beta_1", "beta_2"])
    " Did you mean 'beta_1'?"
    >>> did_you_mean("zzz", ["adam"])
    ''
    """
    meant = nearest_word(word, known)
    return worded("hint-did-you-mean", " Did you mean '{meant}'?", meant=meant) if meant is not None else ""
