"""`optbench list`: data sets, models, optimizers and metrics, with their defaults; none of it needs TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from optbench.core.columns import GAP, wrapped
from optbench.core.printable import printable
from optbench.words import DEFAULT, spoken_language, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

What = Literal["datasets", "models", "optimizers", "metrics"]


def list_rows(what: What, language: str = DEFAULT) -> list[dict[str, Any]]:
    """Return one JSON-able row per name; programs read English."""
    return _ROWS[what](language)


def list_text(what: What, language: str | None = None, *, columns: int | None = None) -> str:
    """Return the rows as text, one block a name.

    Parameters
    ----------
    columns : of the terminal, where a long row goes on in the column of its words; None for any width
    """
    language = spoken_language(language)
    rows = list_rows(what, language)
    width = max(len(row["name"]) for row in rows)
    lines = map(printable, _lines(what, rows, width, language))
    return "\n".join(lines if columns is None else (wrapped(line, columns, width + len(GAP)) for line in lines))


def _lines(what: What, rows: Sequence[dict[str, Any]], width: int, language: str) -> list[str]:
    if what == "datasets":
        return [_dataset_line(row, width, language) for row in rows]
    if what == "metrics":
        return [f"{row['name']:<{width}}  {_metric_words(row, language)}" for row in rows]
    lines = [f"{row['name']:<{width}}  {_arguments(row, language)}" for row in rows]
    if what == "optimizers":
        from optbench.config import optimizers_left_out

        lines += ["", *text("names-keras-defaults", language).splitlines()]
        left_out = optimizers_left_out().items()
        lines += [
            text("names-left-out", language, name=name, reason=text(f"excluded-reason-{reason}", language))
            for name, reason in left_out
        ]
    return lines


def _datasets(language: str) -> list[dict[str, Any]]:
    from optbench.config import generated_fields
    from optbench.datasets import DATASETS

    named = [
        {
            "name": entry.name,
            "rows": entry.rows,
            "shape": list(entry.shape),
            "task": entry.task,
            "classes": entry.classes,
            "source": text("names-embedded" if entry.is_embedded else "names-downloaded", language),
            "description": text(f"about-data-{entry.name}", language),
            "licence": entry.licence,
            "citation": entry.citation,
            "pitfalls": [text(f"about-pitfall-{pitfall}", language) for pitfall in entry.pitfalls],
        }
        for entry in DATASETS.values()
    ]
    own = [
        {"name": name, "description": text(f"names-own-{name.partition(':')[0]}", language)}
        for name in ("openml:ID", "csv", "image_folder", "npz", "python")
    ]
    made = [
        {
            "name": name,
            "source": text("names-made", language),
            "description": text(f"about-data-{name}", language),
            "arguments": arguments,
        }
        for name, arguments in generated_fields().items()
    ]
    return named + made + own


def _models(language: str) -> list[dict[str, Any]]:
    from optbench.config import model_fields

    return [
        {"name": name, "description": text(f"about-model-{name}", language), "arguments": arguments}
        for name, arguments in model_fields().items()
    ]


def _optimizers(_language: str) -> list[dict[str, Any]]:
    from optbench.config import optimizer_defaults

    return [{"name": name, "arguments": arguments} for name, arguments in optimizer_defaults().items()]


def _metrics(language: str) -> list[dict[str, Any]]:
    from optbench.catalog.metrics import METRICS, VALIDATION

    return [
        {
            "name": metric.name,
            "title": text("metric-title", language, metric=metric.name),
            "tasks": list(metric.tasks),
            "unit": str(metric.unit),
            "higher_is_better": metric.higher_is_better,
            "computed_from": metric.computed_from,
            "constant": metric.constant and metric.constant.name,
            "margin": metric.margin,
            "tuning_metric": VALIDATION + metric.name if metric.is_tunable else None,
            "monitor": metric.name if metric.is_monitored else None,
        }
        for metric in METRICS.values()
    ]


_ROWS: Mapping[What, Callable[[str], list[dict[str, Any]]]] = {
    "datasets": _datasets,
    "models": _models,
    "optimizers": _optimizers,
    "metrics": _metrics,
}


def _metric_words(row: dict[str, Any], language: str) -> str:
    from optbench.catalog.metrics import METRICS

    uses = [
        *([text("names-monitored", language)] if row["monitor"] else []),
        *([text("names-tuned-on", language, name=row["tuning_metric"])] if row["tuning_metric"] else []),
    ]
    better = text("names-higher-is-better" if row["higher_is_better"] else "names-lower-is-better", language)
    unit = METRICS[row["name"]].unit.name.lower()
    facts = [*row["tasks"], *([] if unit == "none" else [text(f"names-unit-{unit}", language)]), better]
    words = text("names-metric", language, title=row["title"], facts=facts)
    return text("names-also", language, words=words, uses=uses) if uses else words


def _dataset_line(row: dict[str, Any], width: int, language: str) -> str:
    if "arguments" in row:
        return f"{row['name']:<{width}}  {_arguments(row, language)}"
    if "rows" not in row:
        return f"{row['name']:<{width}}  {row['description']}"
    target = text("names-classes", language, n=row["classes"]) if row["classes"] else row["task"]
    facts = {"n_rows": row["rows"], "shape": "x".join(map(str, row["shape"])), "target": target}
    words = text("names-data-set", language, description=row["description"], source=row["source"], **facts)
    return f"{row['name']:<{width}}  {words}"


def _arguments(row: dict[str, Any], language: str) -> str:
    shown = ", ".join(f"{key} {_value(value)}" for key, value in row["arguments"].items() if value is not None)
    unset = [key for key, value in row["arguments"].items() if value is None]
    words = ". ".join(filter(None, (row.get("description", "").rstrip("."), shown)))
    return text("names-not-set", language, words=words, names=unset) if unset else words


def _value(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
