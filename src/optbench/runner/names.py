"""`optbench list`: data sets, models, optimizers and metrics, with their defaults; none of it needs TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

What = Literal["datasets", "models", "optimizers", "metrics"]


def list_rows(what: What) -> list[dict[str, Any]]:
    """Return one JSON-able row per name."""
    return _ROWS[what]()


def list_text(what: What) -> str:
    """Return the rows as text, one block a name."""
    rows = list_rows(what)
    width = max(len(row["name"]) for row in rows)
    if what == "datasets":
        return "\n".join(_dataset_line(row, width) for row in rows)
    if what == "metrics":
        return "\n".join(f"{row['name']:<{width}}  {_metric_words(row)}" for row in rows)
    lines = [f"{row['name']:<{width}}  {_arguments(row)}" for row in rows]
    if what == "optimizers":
        from optbench.config import optimizers_left_out

        lines += ["", "Defaults are Keras' own. They differ between optimizers in ways that confound comparisons:"]
        lines += ["epsilon, weight_decay, momentum and learning_rate are worth a look before a verdict is believed."]
        lines += [f"not here: {name} {reason}" for name, reason in optimizers_left_out().items()]
    return "\n".join(lines)


def _datasets() -> list[dict[str, Any]]:
    from optbench.config import generated_fields
    from optbench.datasets import DATASETS

    named = [
        {
            "name": entry.name,
            "rows": entry.rows,
            "shape": list(entry.shape),
            "task": entry.task,
            "classes": entry.classes,
            "source": "comes with scikit-learn" if entry.is_embedded else "downloaded on first use",
            "description": entry.description,
            "licence": entry.licence,
            "citation": entry.citation,
            "pitfalls": list(entry.pitfalls),
        }
        for entry in DATASETS.values()
    ]
    own = (
        ("openml:ID", "a table of openml.org by its number there, such as openml:61; downloaded on first use"),
        ("csv", "your own table, CSV or Parquet"),
        ("image_folder", "your own images, a folder per class"),
        ("npz", "your own arrays: x_train, y_train, x_test, y_test"),
        ("python", "your own function that returns (x_train, y_train), (x_test, y_test)"),
    )
    made = [
        {"name": name, "source": "made, not downloaded", "description": description, "arguments": arguments}
        for name, (description, arguments) in generated_fields().items()
    ]
    return named + made + [{"name": name, "description": description} for name, description in own]


def _models() -> list[dict[str, Any]]:
    from optbench.config import model_fields

    return [
        {"name": name, "description": description, "arguments": arguments}
        for name, (description, arguments) in model_fields().items()
    ]


def _optimizers() -> list[dict[str, Any]]:
    from optbench.config import optimizer_defaults

    return [{"name": name, "arguments": arguments} for name, arguments in optimizer_defaults().items()]


def _metrics() -> list[dict[str, Any]]:
    from optbench.catalog.metrics import METRICS, VALIDATION

    return [
        {
            "name": metric.name,
            "title": metric.title,
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


_ROWS: Mapping[What, Callable[[], list[dict[str, Any]]]] = {
    "datasets": _datasets,
    "models": _models,
    "optimizers": _optimizers,
    "metrics": _metrics,
}


def _metric_words(row: dict[str, Any]) -> str:
    better = "higher is better" if row["higher_is_better"] else "lower is better"
    unit = "" if row["unit"] == "none" else f", {row['unit']}"
    uses = [
        *(["training.early_stopping.monitor"] if row["monitor"] else []),
        *([f"tuning.metric as {row['tuning_metric']}"] if row["tuning_metric"] else []),
    ]
    also = f"; also {', '.join(uses)}" if uses else ""
    return f"{row['title']} ({', '.join(row['tasks'])}{unit}, {better}){also}"


def _dataset_line(row: dict[str, Any], width: int) -> str:
    if "arguments" in row:
        return f"{row['name']:<{width}}  {_arguments(row)}"
    if "rows" not in row:
        return f"{row['name']:<{width}}  {row['description']}"
    shape = "x".join(map(str, row["shape"]))
    target = f"{row['classes']} classes" if row["classes"] else row["task"]
    return f"{row['name']:<{width}}  {row['description']} ({row['rows']} rows of {shape}, {target}, {row['source']})"


def _arguments(row: dict[str, Any]) -> str:
    shown = ", ".join(f"{key} {_value(value)}" for key, value in row["arguments"].items() if value is not None)
    unset = ", ".join(key for key, value in row["arguments"].items() if value is None)
    told = ". ".join(filter(None, (row.get("description", "").rstrip("."), shown)))
    return f"{told}; not set: {unset}" if unset else told


def _value(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
