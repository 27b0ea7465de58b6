"""What a word of another tool, a misplaced key or a number in another notation is answered with."""

from __future__ import annotations

import pytest

from optbench.config import hints
from optbench.config.dataset_sections import CsvConfig, SplitConfig
from optbench.config.experiment import ExperimentConfig
from optbench.config.model_sections import CnnConfig, MlpConfig
from optbench.config.training_sections import EarlyStopping, TrainingConfig


def test_every_synonym_leads_to_a_key_that_exists():
    """No suggestion names a key that no section has."""
    from optbench.config.keras_api import optimizer_signatures

    sections = (ExperimentConfig, TrainingConfig, SplitConfig, CsvConfig, MlpConfig, CnnConfig, EarlyStopping)
    known = {key for section in sections for key in section.model_fields}
    known |= {name for signature in optimizer_signatures().values() for name in signature}
    assert set(hints._SYNONYMS.values()) <= known
    assert not set(hints._SYNONYMS) & {key for section in sections for key in section.model_fields} - {"exclude"}


@pytest.mark.parametrize(
    "word, known, meant",
    [
        ("units", ["name", "hidden_units"], "hidden_units"),
        ("units", ["name", "recurrent_units", "hidden_units"], "recurrent_units"),
        ("units", ["name", "filters"], None),
        ("Label", ["path", "target"], "target"),
        ("learningrate", ["learning_rate"], "learning_rate"),
        ("zzz", ["a"], None),
        ("x", [], None),
    ],
)
def test_nearest(word, known, meant):
    """A synonym counts where it leads to a known word; else the spelling decides, or nothing."""
    assert hints.nearest(word, known) == meant


@pytest.mark.parametrize(
    "rule, value, remedy",
    [
        ("must be a number", "1e-3", " Write it without quotes."),
        ("must be a number", "1/0", ""),
        ("must be a number", "1,000,000", ""),
        ("must be a number", "nan", " Write it without quotes."),
        ("must be a number", True, ""),
        ("must be a number", None, ""),
        ("must be less than 1", 1, ""),
        ("must be less than 1", 150, ""),
        ("must be less than 1", 12.5, " It is a fraction: write 0.125 for 12.5 %."),
        ("must be a text", 5, " Put quotes around it."),
        ("must be a text", [5], ""),
        ("must be a whole number", float("inf"), " Write a finite number."),
        ("must be true or false", "perhaps", ""),
        ("must be a list", "", ""),
    ],
)
def test_value_remedy(rule, value, remedy):
    """A remedy is given where the meaning is plain, and none where it is not."""
    assert hints.value_remedy(rule, value) == remedy
