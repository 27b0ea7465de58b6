"""What a version of optbench plans for every study and no file says: a study goes on under what it was begun with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class StudyDesign:
    """What was added to the plan of a study since the first release, each with True where a study has it.

    The next addition is a field here, whose False means what was done before it.

    Attributes
    ----------
    defaults_on_tuning_seeds : rows at Keras' defaults run with the tuning seeds, too, so that tuning is compared with
        not tuning on the same rows and seeds
    separate_questions : each question (`Family`) has a correction of its own, over the pairs that can be tested;
        before, all pairs of the plan shared Holm's
    widens_at_outermost : `widen` acts where a best setting is the outermost one tried, too; before, only where that is
        the end of its range, which points of a Halton sequence never reach
    """

    defaults_on_tuning_seeds: bool = True
    separate_questions: bool = True
    widens_at_outermost: bool = True

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> StudyDesign:
        """Return the design that a record holds; what it does not name had not been added yet."""
        return cls(**{one.name: found.get(one.name) is True for one in fields(cls)})

    def to_json(self) -> dict[str, bool]:
        """Return the design as JSON values."""
        return asdict(self)

    @property
    def lacks(self) -> tuple[str, ...]:
        """The names of what it has not."""
        return tuple(name for name, has in self.to_json().items() if not has)


FIRST_DESIGN: Final = StudyDesign(defaults_on_tuning_seeds=False, separate_questions=False, widens_at_outermost=False)
"""That of the first release."""
