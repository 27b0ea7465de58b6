"""What a problem is whose rows are made, not read: its section, and the function that makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from pydantic import Field

from optbench.catalog.split_section import SplitConfig
from optbench.core.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


class GeneratedConfig(Section):
    """What all generated problems share."""

    name: str
    rows: int = Field(default=2000, ge=10, le=100_000_000, description="Rows to make, for all splits together.")
    seed: int = Field(
        default=0, ge=0, lt=2**63, description="Seed of the rows, separate from the run's seed and the split's."
    )
    split: SplitConfig = SplitConfig()

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes: what is asked for is refused if it does not fit into memory."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """Rows of one generated problem.

    Attributes
    ----------
    x : (rows, ...) float32, ready for a model unless `shaped` is given
    y : (rows,) int64; float64 for regression
    class_names : in the order of the class numbers; () for regression
    feature_names : of the columns of a table; () otherwise
    shaped : `f(x, training rows) -> (x, facts)`, where the inputs depend on which rows train
    """

    x: NDArray[Any]
    y: NDArray[Any]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    shaped: Callable[[NDArray[Any], NDArray[np.int64]], tuple[NDArray[np.float32], dict[str, Any]]] | None = field(
        default=None
    )


SectionType = TypeVar("SectionType", bound=GeneratedConfig)


@dataclass(frozen=True, slots=True)
class GeneratedProblem(Generic[SectionType]):
    """One problem.

    Attributes
    ----------
    section : keys of the experiment file; its docstring describes the problem to people
    rows : makes the rows of a section
    task : what it is for
    """

    section: type[SectionType]
    rows: Callable[[SectionType], GeneratedRows]
    task: str

    @property
    def name(self) -> str:
        """As in the experiment file."""
        name: str = get_args(self.section.model_fields["name"].annotation)[0]
        return name


@dataclass(frozen=True, slots=True)
class GeneratedFamily:
    """Problems that are alike: what one file of the catalogue describes.

    Attributes
    ----------
    order : place in listings and in the schema, by rising number
    problems : in the order of listings
    """

    order: int
    problems: tuple[GeneratedProblem[Any], ...]


def numbered(n: int, word: str = "") -> tuple[str, ...]:
    """Return the names `0`, `1`, ..., behind a word if one is given."""
    return tuple(f"{word}{number}" for number in range(n))
