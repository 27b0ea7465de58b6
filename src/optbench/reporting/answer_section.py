"""What a threshold and a temperature chosen on validation rows do, beside 0.5 and the model's probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from optbench.catalog.metrics import metric_of
from optbench.reporting.page_section import Section
from optbench.reporting.task_part import metric_cell, split_titles
from optbench.words import text
from optbench.words.tables import metric_title, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.records import SplitName


class _Codes(NamedTuple):
    """Texts of a table: its caption, and the columns of a split."""

    caption: str
    before: str
    after: str


_OF_ANSWERS: Final = _Codes("answer-threshold-table", "answer-threshold-before", "answer-threshold-after")
_OF_PROBABILITIES: Final = _Codes("answer-calibration-table", "answer-calibration-before", "answer-calibration-after")
_SHOWN: Final[tuple[SplitName, ...]] = ("test", "validation")


def answer_section(answer_rule: Any, language: str | None = None) -> Section:
    """Return the part of a run's page on its `evaluation.answer_rule.AnswerRule`."""
    tables = []
    is_shown = not set(_SHOWN).isdisjoint(answer_rule.at_half or answer_rule.model)  # not where all rows train
    if answer_rule.at_threshold and is_shown:
        tables.append(_table(_OF_ANSWERS, answer_rule.at_half, answer_rule.at_threshold, language))
    if answer_rule.calibrated and is_shown:
        tables.append(_table(_OF_PROBABILITIES, answer_rule.model, answer_rule.calibrated, language))
    return Section(text("page-answer-rule", language), answer_sentences(answer_rule, language), tables)


def answer_sentences(answer_rule: Any, language: str | None = None) -> list[str]:
    """Return what was chosen, a sentence each; what could not be chosen is said by the warnings of the run."""
    said = []
    if answer_rule.threshold is not None:
        name = answer_rule.class_names[answer_rule.positive_class]
        values: dict[str, Any] = {"positive": name, "threshold": answer_rule.threshold}
        is_calibrated = answer_rule.temperature is not None
        said.append(_threshold_sentence(answer_rule.to_json()["rule"], values, language, is_calibrated=is_calibrated))
    if answer_rule.temperature is not None:
        fitted = answer_rule.temperature.to_json()
        code = "answer-temperature-given" if fitted["rows"] is None else "answer-temperature"
        said.append(text(code, language, **fitted))
    return said


def _threshold_sentence(rule: Any, values: Mapping[str, Any], language: str | None, *, is_calibrated: bool) -> str:
    kind, wanted = (rule, {}) if isinstance(rule, str) else next(iter(rule.items()))
    if kind == "value":
        return text("answer-given-calibrated" if is_calibrated else "answer-given", language, **values)
    wanted = wanted if isinstance(wanted, dict) else {"precision": wanted}
    why = text(f"answer-for-{kind.replace('_', '-')}", language, **wanted)
    return text("answer-chosen-calibrated" if is_calibrated else "answer-chosen", language, **values, why=why)


def _table(
    codes: _Codes, before: Mapping[Any, Any], after: Mapping[Any, Any], language: str | None
) -> tuple[str, list[str], list[list[str]]]:
    """Return caption, header and rows: a metric per row, of each split before and after."""
    splits = [split for split in _SHOWN if split in after]
    titles = split_titles(splits, language)
    header = [
        text("table-metric", language),
        *(text(code, language, split=title) for title in titles for code in (codes.before, codes.after)),
    ]
    names = list(after[splits[0]]) if splits else []
    parts = [part[split] for split in splits for part in (before, after)]
    rows = [[_title(name, language), *(_cell(name, part.get(name), language) for part in parts)] for name in names]
    return text(codes.caption, language), header, rows


def _title(name: str, language: str | None) -> str:
    metric = metric_of(name)  # None for a cost, which is no metric
    return text("answer-cost", language) if metric is None else metric_title(metric, language)


def _cell(name: str, value: float | None, language: str | None) -> str:
    metric = metric_of(name)
    return number(value, "decimal4", language) if metric is None else metric_cell(metric, value, language)


def answer_rows(metrics: Mapping[str, Any], split: str, language: str | None = None) -> list[Sequence[str]]:
    """Return header and rows for a terminal, from the `metrics` of evaluation.json: at 0.5 and at the threshold."""
    half, chosen = (metrics.get(part, {}).get(split, {}) for part in ("at_half", "at_threshold"))
    if not chosen:
        return []
    header = [text("answer-on", language, split=split), text("answer-half", language)]
    rows = [[name, _cell(name, half.get(name), language), _cell(name, chosen[name], language)] for name in chosen]
    return [[*header, text("answer-threshold", language)], *rows]
