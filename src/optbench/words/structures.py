"""Formats of values that are more than a number: findings within findings, who has which value, scores of a metric.

Each takes the writer, the value and what stands behind the format's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.words.formats import AND, ListStyle, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.words.writer import Writer

_MOST_RUNS_NAMED: Final = 3
_MINUTE: Final = 60
_HOUR: Final = 3600


def message(writer: Writer, value: Any, _argument: str) -> str:
    """Write findings one behind the other."""
    return "".join(writer.messages(value))


def messages_as_sentences(writer: Writer, value: Any, _argument: str) -> str:
    """Write findings as sentences, one behind the other."""
    return " ".join(writer.messages(value))


def messages_and(writer: Writer, value: Any, _argument: str) -> str:
    """Write findings as a list: a, b and c."""
    return writer.joined(writer.messages(value), AND)


def clauses(writer: Writer, value: Any, _argument: str) -> str:
    """Write findings as the clauses of one sentence."""
    return "; ".join(writer.messages(value))


def causes(writer: Writer, value: Any, _argument: str) -> str:
    """Write sentences behind a colon, each with a small first letter."""
    return writer.filled("format-also").join(f"{cause[:1].lower()}{cause[1:]}" for cause in writer.messages(value))


def endings(writer: Writer, counts: Mapping[str, int], _argument: str) -> str:
    """Write how many files have which ending; "" is a name without one."""
    named = {ending or writer.filled("format-no-ending"): count for ending, count in counts.items()}
    return ", ".join(f"{ending} ({count})" for ending, count in named.items())


def fact(writer: Writer, value: Any, _argument: str) -> str:
    """Write a recorded fact of an environment on one line of some length."""
    shown = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return shortened(shown) or writer.filled("format-none")


def holders(writer: Writer, value: Sequence[Mapping[str, Any]], _argument: str) -> str:
    """Write who has which value: `32 (adam, sgd), 64 (adamw)`; in full where two values would read alike."""
    from optbench.comparison.settings import canonical

    texts = [config_value(writer, one["value"], "") for one in value]
    if len(set(texts)) < len(texts):
        texts = [canonical(one["value"]) for one in value]
    return ", ".join(f"{text} ({', '.join(one['labels'])})" for text, one in zip(texts, value, strict=True))


def seed_holders(writer: Writer, value: Sequence[Mapping[str, Any]], _argument: str) -> str:
    """Write who ran on which seeds: `0-3 (adam and sgd); 0-5 (adamw)`."""
    from optbench.comparison.wording import seed_ranges

    return "; ".join(f"{seed_ranges(one['value'])} ({writer.joined(one['labels'], AND)})" for one in value)


def ranks(writer: Writer, value: Sequence[Mapping[str, Any]], _argument: str) -> str:
    """Write mean ranks: `adam 1.50; sgd 1.50`."""
    return "; ".join(f"{one['label']} {writer.number(format(one['rank'], '.2f'))}" for one in value)


def shares(writer: Writer, value: Sequence[Mapping[str, Any]], _argument: str) -> str:
    """Write whose share is how large: `50.0 % for adam, 0.0 % for sgd`."""
    return ", ".join(writer.filled("format-share-of", **one) for one in value)


def floors(writer: Writer, value: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Write whose noise floor is how large: `0.42 (adam, sgd)`; what reads the same stands once."""
    labels: dict[str, list[str]] = {}
    for one in value:
        labels.setdefault(number(writer, one["value"], metric), []).append(one["label"])
    return ", ".join(f"{floor} ({', '.join(labels[floor])})" for floor in sorted(labels))


def seeds(_writer: Writer, value: Sequence[int], _argument: str) -> str:
    """Write seeds briefly: `0-3, 5`."""
    from optbench.comparison.wording import seed_ranges

    return seed_ranges(value)


def ends(writer: Writer, value: Sequence[int], _argument: str) -> str:
    """Write one number, or the first and the last of several."""
    return str(value[0]) if len(value) == 1 else writer.filled("format-range", low=value[0], high=value[-1])


def runs(writer: Writer, value: Sequence[str], _argument: str) -> str:
    """Write names of runs, of more than a few the first one."""
    if len(value) <= _MOST_RUNS_NAMED:
        return writer.joined(value, AND)
    return writer.filled("format-others", first=value[0], n_others=len(value) - 1)


def setting(_writer: Writer, value: str, _argument: str) -> str:
    """Write the name of a setting as words."""
    return value.replace("_", " ").replace(".", " ")


def settings(writer: Writer, value: Sequence[str], _argument: str) -> str:
    """Write the name of the first of some settings as words, and how many there are beside it."""
    return writer.joined([setting(writer, name, "") for name in value], ListStyle(most=1))


def leading_setting(writer: Writer, value: str, argument: str) -> str:
    """Write the name of a setting at the beginning of a sentence."""
    words = setting(writer, value, argument)
    return words[:1].upper() + words[1:]


def hyperparameter(writer: Writer, value: str, _argument: str) -> str:
    """Name a hyperparameter: `learning rate`, `weight decay`, `l2 of the model`."""
    name = value.removeprefix("model.")
    code = f"hyperparameter-{name}"
    words = writer.filled(code) if writer.has(code) else setting(writer, name, "")
    return words if name == value else writer.filled("format-of-model", value=words)


def point(writer: Writer, value: Mapping[str, float], _argument: str) -> str:
    """Write the values of a point of a search: `0.01`, or `0.01, weight_decay 0.004`."""
    named = ((name, writer.number(f"{number:.4g}")) for name, number in value.items())
    return ", ".join(number if name == "learning_rate" else f"{name} {number}" for name, number in named)


def config_value(writer: Writer, value: Any, _argument: str) -> str:
    """Write a value of the configuration on one short line."""
    from optbench.comparison.wording import value_text

    if value is None:
        return writer.filled("format-none")
    if isinstance(value, bool):
        return writer.filled("format-yes" if value else "format-no")
    return writer.number(value_text(value)) if isinstance(value, float) else value_text(value)


def column(writer: Writer, value: str, _argument: str) -> str:
    """Name a column of the history: `validation accuracy`, `training loss`."""
    from optbench.catalog.metrics import VALIDATION

    name = value.removeprefix(VALIDATION)
    code = "metric-validation" if value != name else "metric-training"
    return writer.filled(code, value=column_title(writer, name, ""))


def duration(writer: Writer, seconds: float, _argument: str) -> str:
    """Write a duration in the unit people would use."""
    if seconds < 1.5 * _MINUTE:
        return writer.filled("noun-seconds", value=max(1, round(seconds)))
    if seconds < 1.5 * _HOUR:
        return writer.filled("noun-minutes", value=round(seconds / _MINUTE))
    return writer.filled("noun-hours", value=seconds / _HOUR)


def title(writer: Writer, metric: str, _argument: str) -> str:
    """Name a metric."""
    return writer.filled(f"metric-name-{metric}")


def column_title(writer: Writer, name: str, argument: str) -> str:
    """Name what stands in a column of the history, which may be the metric of a user's own."""
    from optbench.catalog.metrics import metric_of

    metric = metric_of(name)
    return setting(writer, name, argument) if metric is None else title(writer, metric.name, argument)


def validation(writer: Writer, column_name: str, _argument: str) -> str:
    """Name a metric's value on the validation split, as tuning chooses by it."""
    from optbench.catalog.metrics import tuning_metric

    metric = tuning_metric(column_name)
    code = "metric-validation" if metric.is_monitored else "metric-on-validation"
    return writer.filled(code, value=title(writer, metric.name, ""))


def constant(writer: Writer, metric: str, _argument: str) -> str:
    """Name the constant answer that a metric has a score of."""
    found = _metric(metric).constant
    return writer.filled("constant-none" if found is None else f"constant-answer-{found.answer}")


def score(writer: Writer, value: float | None, metric: str) -> str:
    """Write a score: `97.37 %`, `0.0812`, or in the unit of the target."""
    return writer.filled("format-no-score") if value is None else writer.number(_metric(metric).score_text(value))


def number(writer: Writer, value: float | None, metric: str) -> str:
    """Write a difference of scores without its unit."""
    return writer.number("nan" if value is None else _metric(metric).number(value))


def size(writer: Writer, value: float, metric: str) -> str:
    """Write a difference of scores with a short unit."""
    written = number(writer, value, metric)
    return writer.filled("format-points", value=written) if _metric(metric).in_points else written


def amount(writer: Writer, value: float, metric: str) -> str:
    """Write a difference of scores with its unit and the metric."""
    code = "format-points-of" if _metric(metric).in_points else "format-amount-of"
    return writer.filled(code, value=number(writer, value, metric), metric=metric)


def _metric(name: str) -> Metric:
    from optbench.catalog.metrics import METRICS

    return METRICS[name]


def feature(_writer: Writer, value: str, kind: str) -> str:
    """Write the line of an experiment file that says what a column is: `dataset.features: {age: number}`."""
    from optbench.config import dump_value

    return f"dataset.features: {dump_value({value: kind})}"


def dropped(_writer: Writer, value: str | Sequence[str], _argument: str) -> str:
    """Write the line of an experiment file that leaves columns out: `dataset.drop: [id]`."""
    from optbench.config import dump_value

    return f"dataset.drop: {dump_value([value] if isinstance(value, str) else list(value))}"


STRUCTURES: Final[Mapping[str, Callable[[Writer, Any, str], str]]] = {
    "message": message,
    "sentences": messages_as_sentences,
    "messages-and": messages_and,
    "clauses": clauses,
    "causes": causes,
    "endings": endings,
    "fact": fact,
    "holders": holders,
    "seed-holders": seed_holders,
    "floors": floors,
    "ranks": ranks,
    "shares": shares,
    "seeds": seeds,
    "ends": ends,
    "runs": runs,
    "setting": setting,
    "Setting": leading_setting,
    "settings": settings,
    "hyperparameter": hyperparameter,
    "point": point,
    "config": config_value,
    "column": column,
    "title-of-column": column_title,
    "duration": duration,
    "title": title,
    "constant": constant,
    "validation": validation,
    "score": score,
    "number": number,
    "size": size,
    "amount": amount,
    "feature": feature,
    "dropped": dropped,
}
