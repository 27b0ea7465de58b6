"""What turns raw rows into a model's input, fitted on the training rows, as data: `preprocessing.json` of a run.

It holds rules and numbers, nothing that is executed and nothing per row. Floats are exact: JSON has Python's shortest
text that gives the same float64. A further source is a class here and a member of its union, a further kind of column
one in `fitted_columns`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from optbench.catalog.tasks import TASKS, TaskName
from optbench.core.section import Section
from optbench.datasets.fitted_columns import APART, FittedInput, NumberSpelling, TableColumn, Texts, UnusedColumn
from optbench.errors import StorageError
from optbench.records import InputPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA_VERSION: Final = 1

Sizes = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(strict=False)]


class Table(Section):
    """Rows with named columns."""

    kind: Literal["table"] = "table"
    missing: Texts = Field(
        description="Stripped texts that mean 'no value'; one that is a number means that number however it is written."
    )
    columns: Annotated[
        tuple[Annotated[TableColumn, Field(discriminator="kind")], ...],
        Field(strict=False, description="In the order of the training table."),
    ]

    @property
    def inputs(self) -> tuple[FittedInput, ...]:
        """The columns that the model sees."""
        return tuple(column for column in self.columns if not isinstance(column, UnusedColumn))


class Arrays(Section):
    """Numbers in arrays: float32(number), divided in float32, then brought to the shape of the input."""

    kind: Literal["arrays"] = "arrays"
    shape: Sizes = Field(description="Of one example as given.")
    dtype: str = Field(description="NumPy's name of the type given.")
    divide_by: Annotated[float, Field(gt=0)] | None = Field(description="What each number is divided by.")
    columns: Texts = Field(default=(), description="Names of the numbers of an example, if they have some.")


class Images(Section):
    """Image files: turned as EXIF says, grey (1 channel) or RGB (3), resized bilinear by Pillow, divided in float32."""

    kind: Literal["images"] = "images"
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    channels: Literal[1, 3]
    divide_by: float = Field(gt=0)


class Tokens(Section):
    """Sequences of token numbers, padded with 0."""

    kind: Literal["tokens"] = "tokens"
    length: int = Field(ge=1)
    size: int = Field(ge=1, description="Tokens are smaller than that.")


class WordNumbers(Section):
    """Texts as word numbers: `start`, then each plus `first`, or `unknown` if that is too large; 0 pads behind."""

    kind: Literal["word_numbers"] = "word_numbers"
    length: int = Field(ge=1)
    max_tokens: int = Field(ge=1)
    size: int = Field(ge=1, description="Tokens are smaller than that.")
    start: int
    unknown: int
    first: int


Source = Table | Arrays | Images | Tokens | WordNumbers


class ModelInput(Section):
    """One array that the model takes."""

    name: str | None = Field(default=None, description="What a model of several inputs calls it; null for one alone.")
    shape: Sizes = Field(description="Of one example.")
    dtype: Literal["float32", "int32"]
    columns: Texts = Field(default=(), description="Columns of a table that it is made of, in order.")
    features: Texts = Field(default=(), description="Names of its numbers, if they have some.")


class Class(Section):
    """A class and the labels that mean it."""

    name: str
    spellings: Texts


class ClassTarget(Section):
    """Labels that are predicted; an answer is a score per class, in this order."""

    kind: Literal["classes"] = "classes"
    name: str | None = Field(description="Column of the table; null if there is none.")
    classes: Annotated[tuple[Class, ...], Field(strict=False)]
    positive_class: str | None = Field(description="Of two classes the one that metrics and thresholds speak of.")
    missing: Texts


class NumberTarget(Section):
    """A number that is predicted."""

    kind: Literal["number"] = "number"
    name: str | None = Field(description="Column of the table; null if there is none.")
    spelling: NumberSpelling | None
    missing: Texts


Target = ClassTarget | NumberTarget


class TargetScale(Section):
    """A prediction is the input of the model's layer `unit_of_the_target`, times `unit` plus `zero` in float64."""

    zero: float
    unit: float


class Calibration(Section):
    """How probabilities are calibrated before the threshold."""

    method: Literal["temperature"]
    temperature: float = Field(gt=0)
    rows: int | None = Field(description="Validation rows that it was fitted on; null if it was given.")
    log_loss_before: float | None
    log_loss_after: float | None
    one_unit: bool = Field(
        default=False,
        description="Whether one sigmoid unit of the model answers for two classes; its logit is divided.",
    )
    from_logits: bool = Field(
        default=False,
        description="Whether it divides what the model gives before its last activation; otherwise the logarithms of "
        "its probabilities, as in runs of earlier versions.",
    )


class Answers(Section):
    """How probabilities become answers."""

    threshold: float | None = Field(
        ge=0,
        le=2,
        description="The positive class is the answer from this probability on; null: the most probable class is.",
    )
    calibration: Calibration | None


class Preprocessing(Section):
    """From raw rows to the model's input, and from its output to answers."""

    schema_version: Literal[1] = 1
    task: TaskName
    dataset: str = Field(description="Name of the data set in the experiment file.")
    source: Annotated[Source, Field(discriminator="kind")]
    inputs: Annotated[tuple[ModelInput, ...], Field(strict=False)]
    target: Annotated[Target, Field(discriminator="kind")]
    target_scale: TargetScale | None = Field(default=None, description="null for classes, and for an unscaled target.")
    answers: Answers | None = Field(default=None, description="null where a number is predicted.")

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        """Require that what one part names is there in another: the document may be a stranger's."""
        wrong = next(_contradictions(self), None)
        if wrong is not None:
            raise PydanticCustomError("contradiction", "{wrong}", {"wrong": wrong})
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes in the order of the scores; () where a number is predicted."""
        return tuple(each.name for each in self.target.classes) if isinstance(self.target, ClassTarget) else ()

    @property
    def takes_logits(self) -> bool:
        """Whether answers are made of what the model gives before its last activation, not of its probabilities."""
        return (
            self.answers is not None and self.answers.calibration is not None and self.answers.calibration.from_logits
        )

    @property
    def parts(self) -> tuple[InputPart, ...]:
        """The arrays that the model takes, if they are several, as columns of one."""
        fits = {column.name: column for column in self.source.inputs} if isinstance(self.source, Table) else {}
        found: list[InputPart] = []
        for each in self.inputs:
            if each.name is not None:
                fit = fits[each.columns[0]]
                tokens = fit.n_tokens if isinstance(fit, APART) and each.dtype == "int32" else None
                found.append(InputPart(each.name, found[-1].after if found else 0, each.shape[0], tokens))
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Return the content of `preprocessing.json`."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, document: Mapping[str, Any], what: object) -> Preprocessing:
        """Return the preprocessing that a document is.

        Parameters
        ----------
        document : whose schema version is one that this program knows
        what : names it in errors

        Raises
        ------
        StorageError
            If it is none; with the first place that is wrong.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            told = ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
            raise StorageError(
                f"{what} holds no preprocessing of this version: {told}. Was it changed by hand?",
                code="storage-document-wrong",
            ) from error


def _contradictions(made: Preprocessing) -> Iterator[str]:
    """Yield what of a document cannot be."""
    source, target = made.source, made.target
    names = [each.name for each in made.inputs]
    if not names or len(set(names)) < len(names) or (len(names) > 1 and None in names):
        yield "inputs must be one, or several with names of their own"
    if isinstance(source, Table):
        yield from _contradictions_of_table(made, source)
    elif names != [None]:
        yield "inputs with names are made of a table"
    elif isinstance(source, Arrays) and source.columns and math.prod(made.inputs[0].shape) != len(source.columns):
        yield "inputs and source.columns must be as many numbers"
    if TASKS[made.task].has_classes != isinstance(target, ClassTarget):
        yield "task and target must be of one kind"
    if isinstance(target, ClassTarget):
        classes = [each.name for each in target.classes]
        if len(classes) < 2 or len(set(classes)) < len(classes):  # noqa: PLR2004 - to tell apart
            yield "target.classes must be two or more with names of their own"
        labels = [label for each in target.classes for label in each.spellings]
        if len(set(labels)) < len(labels):
            yield "a label in target.classes must mean one class"
        if target.positive_class not in (None, *classes):
            yield "target.positive_class must be a class"


def _contradictions_of_table(made: Preprocessing, source: Table) -> Iterator[str]:
    fits = {column.name: column for column in source.inputs}
    if len({column.name for column in source.columns}) < len(source.columns):
        yield "source.columns must have names of their own"
    if any(len(set(levels)) < len(levels) for each in fits.values() if (levels := getattr(each, "levels", ()))):
        yield "levels must differ"
    for each in made.inputs:
        unknown = [name for name in each.columns if name not in fits]
        if unknown or not each.columns:
            yield "inputs must be made of columns of the source"
            return
        if each.shape != (sum(fits[name].width for name in each.columns),):
            yield "the shape of an input must be that of its columns together"


def preprocessing_schema() -> dict[str, Any]:
    """Return the JSON schema of `preprocessing.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Preprocessing.model_json_schema(),
        "title": "optbench preprocessing",
    }
