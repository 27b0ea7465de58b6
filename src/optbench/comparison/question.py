"""What a comparison asks about: the setting whose values are compared, the optimizer if nothing else is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.comparison.settings import VARIED, canonical, chosen_settings, once_each, parts_of, settings_of
from optbench.config.hints import nearest
from optbench.core.worded import joined, worded
from optbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from optbench.records import RunRecord

OPTIMIZER: Final = "optimizer"
_SEED: Final = ("seed", "seeds")
_MOST_NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class Question:
    """The setting that a comparison asks about.

    Attributes
    ----------
    by : a dotted key such as `training.epochs`, or a section such as `model`; `optimizer` compares optimizers with all
        that belongs to each
    varied : keys of the model section that make no other problem, since each entrant has its own
    """

    by: str = OPTIMIZER
    varied: AbstractSet[str] = VARIED

    @property
    def is_of_optimizers(self) -> bool:
        """Whether optimizers are compared; else runs of one optimizer are."""
        return self.by == OPTIMIZER

    def asks(self, key: str) -> bool:
        """Return True if a setting is what is asked about, or a part of it."""
        return key == self.by or key.startswith(f"{self.by}.")

    def explains(self, key: str) -> bool:
        """Return True if a setting is asked about, or can only differ because what is asked about does.

        Other rules of reading or splitting data make other digests of it, and other shapes of a model other weights.
        """
        if self.asks(key):
            return True
        section = self.by.partition(".")[0]
        consequences = {"dataset": ("digest.data", "digest.split"), "model": ("digest.initial_weights",)}
        return key in consequences.get(section, ())


def question_of(by: str | None, records: Sequence[RunRecord], varied: AbstractSet[str] = VARIED) -> Question:
    """Return the question that `--by` names; a key may be short if one setting only ends so, as in `epochs`.

    Raises
    ------
    UsageError
        If it names no setting of the runs, or one that is the same in all of them.
    """
    if by in (None, OPTIMIZER):
        return Question(OPTIMIZER, varied)
    if by in _SEED:
        raise UsageError(
            worded(
                "typed-by-seed",
                "--by must name a setting, and a seed is none: runs are paired by seed. Received: {by!r}. "
                "Name dataset.split.seed to compare splits.",
                by=by,
            ),
            code="usage-by-unknown",
        )
    values = _values(records)
    names = _names(values)
    found = [name for name in names if name == by] or [name for name in names if name.endswith(f".{by}")]
    if len(found) != 1:
        raise UsageError(
            worded(
                "typed-by",
                "--by must name one setting of the runs, such as training.epochs. Received: {by!r}.{meant} {differs}",
                by=by,
                meant=_meant(str(by), found or names, is_ambiguous=bool(found)),
                differs=_what_differs(values),
            ),
            code="usage-by-unknown",
        )
    question = Question(found[0])
    question = Question(question.by, frozenset(name for name in values if "model." in name and question.asks(name)))
    if not any(len(texts) > 1 for name, texts in values.items() if question.asks(name)):
        raise UsageError(
            worded(
                "typed-by-same",
                "--by must name a setting in which the runs differ. Received: {name}, which is the same in "
                "all {n} of them. {differs}",
                name=found[0],
                n=len(records),
                differs=_what_differs(values),
            ),
            code="usage-by-same",
        )
    return question


def _values(records: Sequence[RunRecord]) -> Mapping[str, set[str]]:
    """Return setting -> its different values; one that some runs have not is another value there."""
    every = once_each(records, parts_of, lambda record: {**chosen_settings(record.config), **settings_of(record)})
    each: list[dict[str, Any]] = list({id(settings): settings for settings in every}.values())
    names = {name for settings in each for name in settings if not name.startswith("digest.")}
    return {name: {canonical(settings.get(name)) for settings in each} for name in names - {"optimizer.name"}}


def _names(values: Iterable[str]) -> list[str]:
    """Return the settings and the sections they are in, `dataset.split.test` being in two."""
    parts = [name.split(".") for name in values]
    return sorted({".".join(path[:length]) for path in parts for length in range(1, len(path) + 1)})


def _meant(by: str, names: Sequence[str], *, is_ambiguous: bool) -> str:
    if is_ambiguous:
        return worded(
            "hint-may-be", " It may be {names}.", names=joined(*names, between=worded("must-otherwise", " or "))
        )
    short = {name.rpartition(".")[2]: name for name in names}
    word = nearest(by.rpartition(".")[2], short)
    return "" if word is None else worded("hint-did-you-mean", " Did you mean '{meant}'?", meant=short[word])


def _what_differs(values: Mapping[str, set[str]]) -> str:
    """Name what could be asked; arguments that only some optimizers have are no question for all of them."""
    none = canonical(None)
    differing = [name for name, texts in values.items() if len(texts) > 1 and none not in texts]
    differing.sort(key=lambda name: (name.startswith(("optimizer.", "versions.")), name))
    if not differing:
        return worded("hint-none-differs", "No setting differs among them.")
    more = worded("hint-and-others", " and others") if len(differing) > _MOST_NAMED else ""
    return worded(
        "hint-differs", "What differs among them: {names}{more}.", names=", ".join(differing[:_MOST_NAMED]), more=more
    )
