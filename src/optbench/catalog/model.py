"""What a model is: one record with all that schema, checks, listings, titles and contract tests derive from."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, Literal, TypeVar, get_args

from pydantic import Field

from optbench.core.section import Section
from optbench.core.worded import worded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from optbench.catalog.layer_graph import LayerSpec
    from optbench.records import InputPart

Kind = Literal["table", "embedded", "mixed", "tokens", "sequences", "images", "arrays"]
KINDS: Final[Mapping[Kind, str]] = {
    "table": worded("fits-table", "table rows (columns)"),
    "embedded": worded("fits-embedded", "table rows with embedded categories"),
    "mixed": worded("fits-mixed", "table rows with texts as token sequences"),
    "tokens": worded("fits-tokens", "token sequences (time)"),
    "sequences": worded("fits-sequences", "sequences (time, features)"),
    "images": worded("fits-images", "images (height, width, channels)"),
    "arrays": worded("fits-arrays", "arrays of four axes or more"),
}
NUMBERS: Final[tuple[Kind, ...]] = ("table", "sequences", "images", "arrays")
"""Kinds whose examples are flattened into one row of numbers."""
ALL_KINDS: Final[tuple[Kind, ...]] = tuple(KINDS)
_BY_AXES: Final[Mapping[int, Kind]] = {1: "table", 2: "sequences", 3: "images"}


@dataclass(frozen=True, slots=True)
class InputForm:
    """What one example looks like to a model.

    Attributes
    ----------
    shape : without the batch axis
    vocabulary_size : number of different tokens, padding included, if the examples are token sequences
    parts : the arrays that the model takes, if they are several; `shape` is that of all of them side by side
    """

    shape: tuple[int, ...]
    vocabulary_size: int | None = None
    parts: tuple[InputPart, ...] = ()

    @property
    def kind(self) -> Kind:
        """What such an example is; with a vocabulary it is a sequence of tokens."""
        if self.parts:
            return "mixed" if any(part.is_text for part in self.parts) else "embedded"
        return "tokens" if self.vocabulary_size is not None else _BY_AXES.get(len(self.shape), "arrays")


@dataclass(frozen=True, slots=True)
class Holds:
    """Marks a key of a section that names things of Keras: checked against Keras, listed by the JSON schema."""

    what: Literal["activation", "layers"]


ACTIVATION: Final = Holds("activation")
LAYERS: Final = Holds("layers")

Units = Annotated[int, Field(ge=1, le=1_000_000)]
MOST_LAYERS = 1000
"""Of one kind in a model: more are a slip of the pen, and take minutes to be written out."""
Activation = Annotated[str, ACTIVATION]
Penalty = Annotated[
    float, Field(ge=0, description="L2 penalty on every kernel, the output layer's included: l2 * sum of squares.")
]
EmbeddingDimension = Annotated[
    Units | None,
    Field(description="Numbers that each token becomes; for token sequences only, 32 there if not given."),
]


class ModelSection(Section):
    """The `model` section of an experiment file; its `name` is that of the model."""

    name: str


def keys_holding(section: type[Section], mark: Holds) -> tuple[str, ...]:
    """Return the keys of a section that carry a mark."""
    return tuple(key for key, described in section.model_fields.items() if mark in described.metadata)


SectionType = TypeVar("SectionType", bound=ModelSection)


@dataclass(frozen=True, slots=True)
class Example:
    """A small model and data that it takes: contract tests train it.

    Attributes
    ----------
    section : keys beside `name`
    inputs : what one example of the data looks like
    label : tells the examples of one model apart; "" for the first, which stands for the model
    """

    section: Mapping[str, Any]
    inputs: InputForm
    label: str = ""


def _unchanged(section: SectionType) -> SectionType:
    return section


def _nothing(_section: Any) -> tuple[Any, ...]:
    return ()


def _no_size(_section: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Model(Generic[SectionType]):
    """One model type.

    Attributes
    ----------
    order : place in listings and in the schema, by rising number
    section : keys of the experiment file; its docstring describes the model to people
    takes : kinds of data
    examples : at least one, by which engines, resuming, penalties and gradients are tested
    layers : from a section and what an example looks like to the layers between input and head; None if only the
        user's own function knows them
    head : from a section to the layers between these and the output layer: of several inputs, what is joined before
    written_out : the section of a resolved experiment, where several spellings mean one model
    broken_rules : rules that no single key can be checked for: the key to blame, and what is wrong
    size : what tables say behind the model's name, from a section as plain values
    not_for : task -> why the model is not for it, and what to take
    other_names : words that people write in the place of the name -> how it is written
    """

    order: int
    section: type[SectionType]
    takes: tuple[Kind, ...]
    examples: tuple[Example, ...]
    layers: Callable[[SectionType, InputForm], tuple[LayerSpec, ...]] | None
    head: Callable[[SectionType], tuple[LayerSpec, ...]] = _nothing
    written_out: Callable[[SectionType], SectionType] = _unchanged
    broken_rules: Callable[[SectionType], Iterable[tuple[str, str]]] = _nothing
    size: Callable[[Mapping[str, Any]], str] = _no_size
    not_for: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    other_names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """As in the experiment file."""
        name: str = get_args(self.section.model_fields["name"].annotation)[0]
        return name


def sizes(*keys: str) -> Callable[[Mapping[str, Any]], str]:
    """Return a `size` that joins the numbers of some keys, as in `64-32`."""

    def joined(section: Mapping[str, Any]) -> str:
        values = (section.get(key) for key in keys)
        return "-".join(str(n) for value in values for n in (value if isinstance(value, list) else ()))

    return joined
