"""Every error optbench raises on purpose: one tree, one exit code each.

A message is a sentence: place, rule, received value, remedy, and the nearest known word if there is one.
`optbench.cli.main` is the only place that turns these into exit codes.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class OptbenchError(Exception):
    """Base of all errors with a message meant for the user."""

    exit_code: ClassVar[int] = 70


class RunFailedError(OptbenchError):
    """A run could not be brought to its end; the others went on."""

    exit_code = 1


class UsageError(OptbenchError):
    """The command line itself is wrong (a flag's value, a combination of flags)."""

    exit_code = 2


class InvalidError(OptbenchError):
    """Something the user gave is not valid; nothing has run and nothing was created."""

    exit_code = 3


class ConfigError(InvalidError):
    """An experiment file or a `--set` argument breaks a rule. The message holds every finding."""


class DataError(InvalidError):
    """A data set is missing, unreadable or unfit for classification as configured."""


class ModelError(InvalidError):
    """A model, optimizer or loss cannot be built for the data it is given."""


class MachineError(InvalidError):
    """The machine cannot do what was asked: a missing extra, an unwritable or full directory."""


class NoRunsError(OptbenchError):
    """A pattern or folder named no finished run."""

    exit_code = 4


class MismatchError(OptbenchError):
    """Recorded and found differ: `check`, `reproduce`, `compare --strict`."""

    exit_code = 5


class StorageError(RunFailedError):
    """A write or a read of the run folder failed (full disk, read-only, I/O error)."""


def did_you_mean(word: str, known: Iterable[str], *, quote: str = "'") -> str:
    """Return `" Did you mean 'x'?"` for the nearest known word, or `""`.

    Examples
    --------
    >>> did_you_mean("beta1", ["beta_1", "beta_2"])
    " Did you mean 'beta_1'?"
    >>> did_you_mean("zzz", ["adam"])
    ''
    """
    by_folded = {name.lower(): name for name in known}
    short_forms = {"lr": "learning_rate", "bs": "batch_size", "wd": "weight_decay", "val": "validation"}
    folded = short_forms.get(word.lower(), word.lower())
    if folded in by_folded:
        return f" Did you mean {quote}{by_folded[folded]}{quote}?"
    close = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return f" Did you mean {quote}{by_folded[close[0]]}{quote}?" if close else ""
