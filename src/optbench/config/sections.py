"""The sections of an experiment file as frozen, strict pydantic models; the optimizer has a file of its own.

Descriptions are shown by editors (they become part of the JSON schema), so they are written for the user.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]
FUNCTION_PATTERN = r"^[^:]+\.py:[A-Za-z_][A-Za-z0-9_]*$"
FunctionReference = Annotated[str, Field(pattern=FUNCTION_PATTERN)]

# The datasets room holds what these are; a test keeps the two lists equal.
EmbeddedName = Literal["breast_cancer", "iris", "wine", "digits"]
DownloadedName = Literal["telco_churn", "fashion_mnist", "mnist"]


class Section(BaseModel):
    """What all sections share: a typo is an error, a value never changes, `"5"` is not 5."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class SplitConfig(Section):
    """Which rows train, validate and test."""

    test: Fraction | None = Field(
        default=None, description="Fraction of all rows for testing; 0.2 where the data has no test set of its own."
    )
    validation: float = Field(default=0.1, ge=0, lt=1, description="Fraction of all rows for validation; 0 for none.")
    stratify: bool = Field(default=True, description="Keep the classes' shares in every split.")
    seed: int = Field(default=0, ge=0, lt=2**63, description="Seed of the split, separate from the run's seed.")
    test_path: str | None = Field(default=None, min_length=1, description="A second file that holds the test rows.")
    column: str | None = Field(default=None, min_length=1, description="A column that names each row's split.")
    withhold_test: bool = Field(
        default=False, description="Leave the test split empty after splitting, so that no run can look at it."
    )


class NamedDataset(Section):
    """A data set that comes with scikit-learn or is downloaded on first use."""

    name: EmbeddedName | DownloadedName
    split: SplitConfig = SplitConfig()


class CsvConfig(Section):
    """A table of the user's own: CSV, or Parquet by the file's ending."""

    name: Literal["csv"]
    path: str = Field(min_length=1, description="File, relative to the experiment file.")
    target: str = Field(min_length=1, description="Column that holds the label.")
    positive_class: str | None = Field(default=None, description="Label that ROC and recall speak of, for two classes.")
    drop: list[str] = Field(default=[], description="Columns to leave out.")
    separator: str = Field(default=",", min_length=1, max_length=1, description="Character between cells.")
    missing: list[str] = Field(default=["", "?", "NA"], description="Texts that mean 'no value'.")
    features: dict[str, Literal["number", "category"]] = Field(
        default={}, description="Kinds of columns, where the inferred one is wrong."
    )
    split: SplitConfig = SplitConfig()


class NpzConfig(Section):
    """Arrays of the user's own: x_train, y_train, x_test, y_test, optionally x_validation, y_validation."""

    name: Literal["npz"]
    path: str = Field(min_length=1, description="File, relative to the experiment file.")
    split: SplitConfig = SplitConfig()


class PythonDataset(Section):
    """A function of the user's own that returns (x_train, y_train), (x_test, y_test)."""

    name: Literal["python"]
    function: FunctionReference = Field(description="file.py:function, relative to the experiment file.")
    arguments: dict[str, Any] = Field(default={}, description="Keyword arguments of the function.")
    split: SplitConfig = SplitConfig()


DatasetConfig = NamedDataset | CsvConfig | NpzConfig | PythonDataset


class LogisticConfig(Section):
    """The output layer alone: (multinomial) logistic regression."""

    name: Literal["logistic"]


class MlpConfig(Section):
    """Dense layers."""

    name: Literal["mlp"]
    hidden_units: list[Annotated[int, Field(ge=1, le=1_000_000)]] = Field(
        default=[64, 32], description="Units of each hidden layer."
    )
    activation: str = Field(default="relu", description="A Keras activation.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of units dropped after each hidden layer.")
    batch_normalization: bool = Field(default=False, description="Normalise after each hidden layer.")


class CnnConfig(Section):
    """Convolutions, each followed by pooling, then dense layers; for images."""

    name: Literal["cnn"]
    filters: list[Annotated[int, Field(ge=1, le=1_000_000)]] = Field(
        default=[32, 64], min_length=1, description="Filters of each convolution."
    )
    kernel_size: int = Field(default=3, ge=1, le=99, description="Width and height of the kernels.")
    hidden_units: list[Annotated[int, Field(ge=1, le=1_000_000)]] = Field(
        default=[64], description="Units of each dense layer after the convolutions."
    )
    activation: str = Field(default="relu", description="A Keras activation.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of units dropped before each dense layer.")
    batch_normalization: bool = Field(default=False, description="Normalise after each convolution.")


class LayersConfig(Section):
    """Keras layers written out; input and output layer are added."""

    name: Literal["layers"]
    layers: list[dict[str, dict[str, Any] | None]] = Field(
        min_length=1, max_length=1000, description="A list of {Layer: {argument: value}}."
    )


class PythonModel(Section):
    """A function of the user's own: build(input_shape, num_classes, **arguments) -> keras.Model."""

    name: Literal["python"]
    function: FunctionReference = Field(description="file.py:function, relative to the experiment file.")
    arguments: dict[str, Any] = Field(default={}, description="Keyword arguments of the function.")


ModelConfig = LogisticConfig | MlpConfig | CnnConfig | LayersConfig | PythonModel


class EarlyStopping(Section):
    """Stop when the monitored value has not improved for a while."""

    monitor: Literal["loss", "accuracy", "val_loss", "val_accuracy"] = Field(
        default="val_loss", description="Column of the history."
    )
    patience: int = Field(default=5, ge=1, le=1_000_000, description="Epochs without improvement before stopping.")
    restore_best: bool = Field(default=True, description="End with the weights of the best epoch.")
    min_delta: float = Field(default=0.0, ge=0, description="Smallest change that counts as improvement.")


class TrainingConfig(Section):
    """How the model is trained."""

    epochs: int = Field(default=10, ge=1, le=1_000_000, description="Passes over the training rows.")
    batch_size: int = Field(default=32, ge=1, le=10_000_000, description="Rows per step.")
    loss: str = Field(
        default="auto", min_length=1, description="auto, a Keras classification loss, or python:file.py:function."
    )
    early_stopping: EarlyStopping | None = Field(default=None, description="null: train all epochs.")
    class_weight: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = Field(
        default=None, description="null, balanced, or a weight per label."
    )
    engine: Literal["auto", "fused", "xla", "keras"] = Field(default="auto", description="How an epoch is executed.")
    threads: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = Field(
        default="auto", description="CPU threads of one run; part of the result, since they change the last bits."
    )
    onednn: bool = Field(default=True, description="Let TensorFlow use oneDNN.")
    op_determinism: bool = Field(default=True, description="Only operations that give the same bits every time.")
    device: Literal["cpu", "gpu"] = Field(default="cpu", description="Where the model is trained.")


class ReportConfig(Section):
    """What is drawn; never part of the result."""

    figures: bool = Field(default=True, description="Draw pictures and the page.")
    format: Literal["png", "svg", "pdf"] = Field(default="png", description="Format of the picture files.")
