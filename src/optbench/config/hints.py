"""What a user probably meant: words of other tools, keys in the wrong section, values in another notation."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from optbench.catalog.keras_api import optimizer_signatures
from optbench.catalog.models import MODELS
from optbench.catalog.split_section import SplitConfig
from optbench.config.dataset_sections import CsvConfig
from optbench.config.training_sections import EarlyStopping, ReportConfig, TrainingConfig
from optbench.config.value_rules import Wanted
from optbench.core.worded import joined, worded
from optbench.errors import nearest_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.config.findings import Path
    from optbench.config.value_rules import ValueRule

_SYNONYMS: Mapping[str, str] = {
    other: ours
    for ours, others in {
        "task": "problem_type task_type objective",
        "name": "type class class_name kind id",
        "hidden_units": "units layers neurons width hidden hidden_layers hidden_layer_sizes",
        "path": "file filename file_name filepath",
        "target": "label labels y target_column",
        "separator": "sep delimiter",
        "drop": "drop_columns exclude ignore",
        "missing": "na_values na missing_values",
        "test": "test_size test_fraction",
        "validation": "validation_split validation_size val_size valid",
        "seed": "random_state random_seed",
        "batch_size": "batch batchsize",
        "epochs": "epoch num_epochs n_epochs max_epochs",
        "loss": "criterion loss_function",
        "batch_normalization": "bn batchnorm batch_norm",
        "epsilon": "eps",
        "beta_1": "betas",
        "learning_rate": "lr",
        "weight_decay": "wd",
        "restore_best": "restore_best_weights",
    }.items()
    for other in others.split()
}
_SYNONYMS_OF_RECURRENT = frozenset({"units", "neurons"})  # beside hidden_units, what a recurrent layer is meant by
_BESIDE_NAME = worded("hint-arguments-beside", "Write the arguments beside 'name', without 'arguments'.")
_EXPLAINED: Mapping[tuple[str, str], str] = {
    ("split", "train"): worded("hint-train", "The rows that are neither for test nor for validation train."),
    ("training", "metrics"): worded(
        "hint-metrics", "Every run measures accuracy, F1, ROC AUC, log loss and more without being told."
    ),
    ("optimizer", "decay"): worded(
        "hint-decay", "Keras 3 has no such argument; use weight_decay or a learning-rate schedule."
    ),
    ("optimizer", "arguments"): _BESIDE_NAME,
    ("model", "arguments"): _BESIDE_NAME,
    ("training", "shuffle"): worded(
        "hint-shuffle", "Rows are shuffled anew in every epoch, in an order that the seed decides."
    ),
    ("training", "callbacks"): worded(
        "hint-callbacks", "Early stopping has a key of its own, and so has a learning-rate schedule."
    ),
}
_TRUE, _FALSE = ("true", "yes", "on", "y"), ("false", "no", "off", "n")
_PERCENT = 100


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a word probably means, or None."""
    names = list(known)
    synonym = _SYNONYMS.get(word.lower())
    if word.lower() in _SYNONYMS_OF_RECURRENT and "recurrent_units" in names:
        return "recurrent_units"
    if synonym in names:
        return synonym
    return nearest_word(word, names)


def unknown_key_remedy(word: str, known: Iterable[str], section: Path) -> tuple[str, str | None]:
    """Return the sentences that follow "unknown key.", and the known key that is probably meant."""
    names = list(known)
    meant = nearest(word, names)
    if word.isdigit() and section:
        return worded("hint-point", " A number is written with a point, as in 0.001; a comma starts a new key."), None
    if ":" in word:
        key, _, value = word.partition(":")
        return worded("hint-colon", " Put a space after the colon: {key}: {value}.", key=key, value=value), None
    explained = _EXPLAINED.get((str(section[-1]), word)) if section else None
    if explained:
        return joined(" ", explained), None
    is_layer = section[:2] == ("model", "layers")
    here = ".".join(map(str, section))
    ours = _SYNONYMS.get(word.lower(), word)
    homes = [home for home, fields in _homes().items() if ours in fields and home != here and not is_layer]
    if homes and (meant is None or meant.lower() != word.lower()):
        return _at_home(homes[0], ours, is_called_so=ours == word), None
    if meant is not None:
        return worded("hint-did-you-mean", " Did you mean '{meant}'?", meant=meant), meant
    return worded("hint-known", " Known: {names}.", names=", ".join(names)), None


def _at_home(section: str, key: str, *, is_called_so: bool) -> str:
    if is_called_so:
        return worded("hint-home", " It belongs in the section {section}.", section=section)
    return worded("hint-home-as", " It belongs in the section {section}, as {key}.", section=section, key=key)


def value_remedy(rule: ValueRule, value: Any, *, items: int = 1) -> str:
    """Return how a value is written, as far as one can tell from what was written; "" if one cannot.

    Parameters
    ----------
    rule : the broken rule
    items : how many a list must have at least
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if rule.wanted is Wanted.LIST:
        return write(f"[{', '.join([str(value)] * items)}]") if value != "" else ""
    return _text_remedy(rule, value.strip()) if isinstance(value, str) else _number_remedy(rule, value)


def mapping_remedy(path: Path, value: Any) -> str:
    """Return how a section is written, where one value stands instead of it; "" if one cannot tell."""
    meant = ""
    if path[-1] == "class_weight" and not isinstance(value, str):
        meant = "{LABEL: WEIGHT, ...}"
    elif isinstance(value, str) and path in {("dataset",), ("model",), ("optimizer",)}:
        meant = f"{path[0]}: {{name: {value}}}"
    elif isinstance(value, float) and path[-1] == "split":
        meant = f"{{test: {value:g}}}"
    if meant or isinstance(value, list | dict) or value is None:
        return write(meant) if meant else ""
    if path[-1] == "early_stopping":
        patience = value if isinstance(value, int) and not isinstance(value, bool) else 5
        stopping = f"{{monitor: val_loss, patience: {patience}}}"
        return worded("hint-early-stopping", " Write {stopping}, or null for none.", stopping=stopping)
    if path[:2] != ("model", "layers"):
        return ""
    if isinstance(path[-1], int):
        layer = f"{{{value}: {{}}}}"
        return worded("hint-layer", " A layer is a mapping of its name to its arguments: write {layer}.", layer=layer)
    return worded("hint-argument", " Name the argument, as in {layer}.", layer=f"{{{path[-1]}: {{units: {value}}}}}")


def write(meant: str) -> str:
    """Return the remedy that a value is written in this way."""
    return worded("hint-write", " Write {meant}.", meant=meant)


def _number_remedy(rule: ValueRule, value: float) -> str:
    if rule.wanted is Wanted.WHOLE_NUMBER and isinstance(value, float) and value.is_integer():
        return write(str(int(value)))
    if rule.below == 1 and 1 < value < _PERCENT:
        typed = {"meant": f"{value / _PERCENT:g}", "percent": f"{value:g}"}
        return worded("hint-fraction", " It is a fraction: write {meant} for {percent} %.", **typed)
    if rule.wanted.is_number and not math.isfinite(value):
        return worded("hint-finite", " Write a finite number.")
    return worded("hint-quotes", " Put quotes around it.") if rule.wanted is Wanted.TEXT else ""


def _text_remedy(rule: ValueRule, text: str) -> str:
    if rule.wanted is Wanted.BOOLEAN:
        meant = "true" if text.lower() in _TRUE else "false" if text.lower() in _FALSE else ""
        return worded("hint-boolean", " Write {meant}, without quotes.", meant=meant) if meant else ""
    if rule.wanted is Wanted.CHARACTER and text == "\\t":
        return worded("hint-tab", ' Write "\\t", in double quotes.')
    return _number_in_words(text) if rule.wanted.is_number else ""


def _number_in_words(text: str) -> str:
    if _number(text) is not None:
        return worded("hint-no-quotes", " Write it without quotes.")
    if text.endswith("%") and (percent := _number(text[:-1])) is not None:
        return write(f"{percent / _PERCENT:g}")
    if text.count(",") == 1 and _number(text.replace(",", ".")) is not None:
        return write(text.replace(",", "."))
    above, _, below = text.partition("/")
    divided, divisor = _number(above), _number(below)
    return write(f"{divided / divisor:g}") if divided is not None and divisor else ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@cache
def _homes() -> Mapping[str, frozenset[str]]:
    # `function` and `arguments` are keys of several sections
    models = (name for model in MODELS.values() if model.layers is not None for name in model.section.model_fields)
    arguments = (name for signature in optimizer_signatures().values() for name in signature)
    found: dict[str, Iterable[str]] = {
        "training": TrainingConfig.model_fields,
        "training.early_stopping": EarlyStopping.model_fields,
        "dataset.split": SplitConfig.model_fields,
        "dataset": CsvConfig.model_fields,
        "model": models,
        "optimizer": arguments,
        "report": ReportConfig.model_fields,
    }
    return {section: frozenset(names) - {"name", "seed", "path", "rate"} for section, names in found.items()}
