"""What texts of a table become where the experiment file leaves it open: what its model is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from optbench.catalog.models import MODELS
from optbench.config.dataset_sections import CsvConfig

if TYPE_CHECKING:
    from optbench.config.experiment import ExperimentConfig

TextForm = Literal["tokens", "words"]


def text_form_for(model: str) -> TextForm | None:
    """Return what texts become for a model.

    Models of sequences and of the user's own get tokens, those that take no tokens words. None for the others: tokens
    where a text is the only input, words beside other columns.
    """
    described = MODELS[model]
    if "tokens" not in described.takes:
        return "words"
    return "tokens" if "table" not in described.takes or described.layers is None else None


def with_text_form(config: ExperimentConfig, form: TextForm | None) -> ExperimentConfig:
    """Return an experiment that says what its texts became.

    Parameters
    ----------
    form : as the data has it; None if there is no text, or one alone as tokens, which nothing has to say
    """
    if not isinstance(config.dataset, CsvConfig):
        return config
    text = config.dataset.text.model_copy(update={"form": form})
    return config.model_copy(update={"dataset": config.dataset.model_copy(update={"text": text})})
