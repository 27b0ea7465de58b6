"""From an experiment as written to one run's: one seed, every default written out, no `auto` left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.layer_graph import LayerSpec
from optbench.catalog.model import InputForm
from optbench.catalog.model_layers import DEFAULT_EMBEDDING_DIMENSION
from optbench.catalog.models import MODELS
from optbench.catalog.tasks import ONE_UNIT, TASKS
from optbench.config.augmentation import augment_specs
from optbench.config.auto import auto_loss, auto_threads
from optbench.config.auto_engine import EngineChoice, auto_engine
from optbench.config.evaluation_section import no_validation
from optbench.config.fit import misfit, too_large
from optbench.config.layers import are_layers_known, layer_specs
from optbench.config.losses import output_units
from optbench.core.findings import Finding, Severity
from optbench.core.worded import joined, worded
from optbench.errors import ConfigError

if TYPE_CHECKING:
    from optbench.catalog.split_section import SplitConfig
    from optbench.config.evaluation_section import EvaluationConfig
    from optbench.config.experiment import ExperimentConfig
    from optbench.config.model_sections import ModelConfig
    from optbench.config.optimizer import OptimizerConfig
    from optbench.records import InputPart

DEFAULT_TEST_FRACTION = 0.2
_WITH_TOKENS = ("tokens", "mixed")


def resolve(
    config: ExperimentConfig,
    *,
    seed: int,
    num_classes: int,
    input_shape: tuple[int, ...],
    official_test: bool,
    train_rows: int | None = None,
    vocabulary_size: int | None = None,
    parts: tuple[InputPart, ...] = (),
    has_validation: bool = True,
) -> ExperimentConfig:
    """Resolve an experiment for one seed and the data it is for.

    Parameters
    ----------
    num_classes : 0 for regression
    input_shape : shape of one example, without the batch axis
    official_test : True if the data has a test set of its own, so that none is split off
    train_rows : rows of the training split; without it schedules told in epochs stay so, and `auto` means `fused`
    vocabulary_size : number of different tokens, padding included, if the examples are token sequences
    parts : the arrays that the model takes, if they are several
    has_validation : whether there are validation rows

    Raises
    ------
    ConfigError
        If model, loss or evaluation do not fit the data.
    """
    _check_evaluation(config.evaluation, num_classes=num_classes, has_validation=has_validation)
    form = InputForm(input_shape, vocabulary_size, parts)
    _check_fit(config, form, num_classes=num_classes)
    training = config.training
    threads = training.threads
    if threads == "auto":
        threads = auto_threads(
            config.model,
            input_shape=input_shape,
            num_classes=num_classes,
            vocabulary_size=vocabulary_size,
            parts=parts,
        )
    engine = choose_engine(
        config,
        num_classes=num_classes,
        input_shape=input_shape,
        train_rows=train_rows,
        vocabulary_size=vocabulary_size,
        parts=parts,
    ).engine
    augment = augment_specs(training.augment)
    resolved_training = training.model_copy(
        update={
            "loss": auto_loss(config.task, num_classes) if training.loss == "auto" else training.loss,
            "engine": engine,
            "threads": threads,
            "augment": [{spec.class_name: dict(spec.arguments)} for spec in augment],
            "standardize_target": None if TASKS[config.task].has_classes else training.standardize_target is not False,
        }
    )
    split = _resolve_split(config.dataset.split, official_test=official_test)
    return config.model_copy(
        update={
            "seed": seed,
            "seeds": None,
            "dataset": config.dataset.model_copy(update={"split": split}),
            "optimizer": _resolve_optimizer(config, train_rows).resolved(),
            "model": _canonical_model(config.model, has_tokens=form.kind in _WITH_TOKENS),
            "training": resolved_training,
        }
    )


def choose_engine(
    config: ExperimentConfig,
    *,
    num_classes: int,
    input_shape: tuple[int, ...],
    train_rows: int | None = None,
    vocabulary_size: int | None = None,
    parts: tuple[InputPart, ...] = (),
) -> EngineChoice:
    """Return the engine of an experiment that fits its data, and why; the parameters are those of `resolve`."""
    engine = config.training.engine
    if engine != "auto":
        return EngineChoice(engine, Finding("engine-written", Severity.NOTE))
    specs = None
    if are_layers_known(config.model):
        layers = layer_specs(config.model, input_shape=input_shape, vocabulary_size=vocabulary_size, parts=parts)
        specs = (*augment_specs(config.training.augment), *layers)
    return auto_engine(config, specs, input_shape=input_shape, outputs=max(1, num_classes), train_rows=train_rows)


def _resolve_optimizer(config: ExperimentConfig, train_rows: int | None) -> OptimizerConfig:
    if train_rows is None:
        return config.optimizer
    steps = -(-train_rows // config.training.batch_size)
    return config.optimizer.in_steps(steps_per_epoch=steps, epochs=config.training.epochs)


def _resolve_split(split: SplitConfig, *, official_test: bool) -> SplitConfig:
    is_given = split.column is not None or split.test_path is not None or split.folds is not None or split.all_rows
    if official_test or split.test is not None or is_given:
        return split
    return split.model_copy(update={"test": DEFAULT_TEST_FRACTION})


def _canonical_model(model: ModelConfig, *, has_tokens: bool) -> ModelConfig:
    """Return a model in the one spelling that its keys have, with the embedding's default where there are tokens."""
    written_out: ModelConfig = MODELS[model.name].written_out(model)
    if has_tokens and getattr(written_out, "embedding_dimension", 0) is None:
        return written_out.model_copy(update={"embedding_dimension": DEFAULT_EMBEDDING_DIMENSION})
    return written_out


def _check_evaluation(evaluation: EvaluationConfig, *, num_classes: int, has_validation: bool) -> None:
    if evaluation.to_be_chosen and not has_validation:
        key = evaluation.to_be_chosen[0]
        raise ConfigError(joined(f"evaluation.{key}: ", no_validation(key)), code="config-validation-needed")
    if evaluation.threshold is not None and num_classes > 2:  # noqa: PLR2004 - two classes
        raise ConfigError(
            worded(
                "key-threshold-classes",
                "evaluation.threshold is for two classes. Received: data with {num_classes} classes, of "
                "which the most probable one is the answer. Remove the line.",
                num_classes=num_classes,
            ),
            code="config-evaluation-unfit",
        )


def _check_fit(config: ExperimentConfig, form: InputForm, *, num_classes: int) -> None:
    loss = config.training.loss
    if num_classes > 2 and loss in ONE_UNIT:  # noqa: PLR2004 - two classes
        raise ConfigError(
            worded(
                "key-loss-classes",
                "training.loss: {loss} is for two classes. Received: data with {num_classes} classes. Use "
                "auto or sparse_categorical_crossentropy.",
                loss=loss,
                num_classes=num_classes,
            ),
            code="config-loss-unfit",
        )
    inputs: dict[str, Any] = {
        "input_shape": form.shape,
        "vocabulary_size": form.vocabulary_size,
        "parts": form.parts,
    }
    sentence = misfit(config.model.name, task=config.task, **inputs)
    if sentence:
        raise ConfigError(sentence, code="config-model-unfit")
    if are_layers_known(config.model):
        units = output_units(num_classes, auto_loss(config.task, num_classes) if loss == "auto" else loss)
        output = (LayerSpec("Flatten", {}), LayerSpec("Dense", {"units": units}))
        shapes: list[tuple[int, ...]] = [(part.width,) for part in form.parts] or [form.shape]
        sentence = too_large((*layer_specs(config.model, **inputs), *output), shapes)
        if sentence:
            raise ConfigError(sentence, code="config-model-unfit")
    if config.training.augment and form.kind != "images":
        raise ConfigError(
            worded(
                "key-augment-images",
                "training.augment is for images (height, width, channels). Received: data of shape {shape}. Remove it.",
                shape=form.shape,
            ),
            code="config-augment-unfit",
        )
    # a model that has a dimension without being asked for one embeds numbers too
    key = type(config.model).model_fields.get("embedding_dimension")
    if form.kind not in _WITH_TOKENS and key is not None and key.default is None:
        dimension = getattr(config.model, "embedding_dimension", None)
        if dimension is not None:
            raise ConfigError(
                worded(
                    "key-embedding-tokens",
                    "model.embedding_dimension is for token sequences. Received: {dimension}, with data of shape "
                    "{shape}. Remove the line; if the numbers are tokens, set dataset.tokens: true.",
                    dimension=dimension,
                    shape=form.shape,
                ),
                code="config-embedding-unfit",
            )
