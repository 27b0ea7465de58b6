"""What a word of another tool, a misplaced key or a number in another notation is answered with."""

from __future__ import annotations

import pytest

from optbench.catalog.models.cnn import CnnConfig
from optbench.catalog.models.mlp import MlpConfig
from optbench.config import hints
from optbench.config.dataset_sections import CsvConfig, SplitConfig
from optbench.config.experiment import ExperimentConfig
from optbench.config.training_sections import EarlyStopping, TrainingConfig
from optbench.config.value_rules import ValueRule, Wanted, alternatives


def test_every_synonym_leads_to_a_key_that_exists():
    """No suggestion names a key that no section has."""
    from optbench.catalog.keras_api import optimizer_signatures

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


NUMBER, WHOLE = ValueRule(Wanted.NUMBER, "a number"), ValueRule(Wanted.WHOLE_NUMBER, "a whole number")
FRACTION = ValueRule(Wanted.OTHER, "less than 1", below=1.0)
TEXT, BOOLEAN = ValueRule(Wanted.TEXT, "a text"), ValueRule(Wanted.BOOLEAN, "true or false")


@pytest.mark.parametrize(
    "rule, value, remedy",
    [
        (NUMBER, "1e-3", " Write it without quotes."),
        (NUMBER, "1/0", ""),
        (NUMBER, "1,000,000", ""),
        (NUMBER, "nan", " Write it without quotes."),
        (NUMBER, True, ""),
        (NUMBER, None, ""),
        (FRACTION, 1, ""),
        (FRACTION, 150, ""),
        (FRACTION, 12.5, " It is a fraction: write 0.125 for 12.5 %."),
        (ValueRule(Wanted.OTHER, "less than 100", below=100.0), 12.5, ""),
        (TEXT, 5, " Put quotes around it."),
        (TEXT, [5], ""),
        (WHOLE, float("inf"), " Write a finite number."),
        (BOOLEAN, "perhaps", ""),
        (ValueRule(Wanted.LIST, "a list"), "", ""),
    ],
)
def test_value_remedy(rule, value, remedy):
    """A remedy is given where the meaning is plain, and none where it is not."""
    assert hints.value_remedy(rule, value) == remedy


@pytest.mark.parametrize(
    "rules, sentence",
    [
        ([NUMBER], "must be a number"),
        ([NUMBER, ValueRule(Wanted.OTHER, "null"), NUMBER], "must be a number, or null"),
        ([ValueRule(Wanted.OTHER, "2 items", verb="have"), NUMBER], "must have 2 items, or be a number"),
    ],
)
def test_alternatives_are_said_once_each(rules, sentence):
    """What pydantic reports per member of a union is one sentence."""
    assert alternatives(rules) == sentence
