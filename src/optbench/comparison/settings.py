"""The conditions a run was made under, as one flat mapping: what runs are grouped by and checked against."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeVar

from optbench.catalog.models import MODELS
from optbench.catalog.tasks import task_of
from optbench.config import NOT_IN_KEY, what_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from optbench.records import RunRecord

T = TypeVar("T")
R = TypeVar("R")
Settings = dict[str, Any]

_IDENTITY_OF_DATA: Final = ("name", "path", "target", "function", "arguments")
_PATHS: Final = ("path", "test_path")
_NO_SETTING: Final = (*NOT_IN_KEY, "seed")

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)  # made once: asked very often

VARIED: Final = frozenset({"model.l2"})
"""Keys of the model section that belong to an optimizer's settings: an L2 penalty is one way to decay weights."""


def canonical(value: Any) -> str:
    """Return one text per JSON value, whatever the order of its keys."""
    return _ENCODER.encode(value)


def once_each(items: Iterable[T], parts: Callable[[T], Iterable[Any]], compute: Callable[[T], R]) -> Iterator[R]:
    """Yield `compute(item)` for each, computed once for items of the same parts.

    Thousands of runs have a few settings, and the parts of their records that are equal are one object (`open_index`).

    Parameters
    ----------
    parts : all that `compute` reads of an item; texts are the same if they are equal, anything else if it is one object
    compute : of what it returns nothing is changed afterwards
    """
    known: dict[tuple[Any, ...], tuple[tuple[Any, ...], R]] = {}
    for item in items:
        own = tuple(parts(item))
        key = tuple(part if isinstance(part, str) else id(part) for part in own)
        if key not in known:
            known[key] = own, compute(item)  # the parts live on with it: an id that is free is given again
        yield known[key][1]


def parts_of(record: RunRecord) -> Iterator[Any]:
    """Yield all that the settings of a run, its problem and its optimizer are made of; its seed is no part of them."""
    yield from config_parts(record.config)
    yield record.digests.get("data")
    yield record.digests.get("split")
    yield record.versions
    yield record.optimizer


def config_parts(config: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the names and contents of the sections of a resolved experiment, but for what is no setting."""
    for name, section in config.items():
        if name not in _NO_SETTING:
            yield name
            yield section


def chosen_settings(config: Mapping[str, Any]) -> Settings:
    """Return what an experiment chooses and what counts of it, by dotted name; lists and schedules are one value.

    Parameters
    ----------
    config : resolved experiment
    """
    config = what_counts(config)
    dataset, optimizer = _section(config, "dataset"), _section(config, "optimizer")
    split = {f"split.{key}": value for key, value in _section(dataset, "split").items()}
    return {
        **dict(_prefixed("dataset", {**_but(dataset, "split"), **split})),
        **dict(_prefixed("model", _section(config, "model"))),
        **dict(_prefixed("optimizer", {"name": optimizer.get("name"), **_flat_optimizer(optimizer)})),
        **dict(_prefixed("training", _section(config, "training"))),
        **dict(_prefixed("evaluation", _section(config, "evaluation"))),
    }


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a section; of a record that somebody has forged it may be anything."""
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def settings_of(record: RunRecord, varied: AbstractSet[str] = VARIED) -> Settings:
    """Return everything but the seed that can change the numbers of a run, by dotted name.

    The sections: `optimizer`, `training`, `dataset` (without what names the data set; the digest speaks for
    the content of its files), `digest.data`, `digest.split`, `versions`. Of the model only the keys in `varied`
    are among them, since runs of different models are different problems.
    """
    config = what_counts(record.config)
    return {
        **{name: value for name in sorted(varied) if (value := _at(config, name.split("."))) is not None},
        **dict(_prefixed("optimizer", _flat_optimizer(config.get("optimizer", {})))),
        **dict(_prefixed("training", config.get("training", {}))),
        **dict(_prefixed("dataset", _data_settings(config.get("dataset", {})))),
        **{f"digest.{rung}": record.digests[rung] for rung in ("data", "split") if record.digests.get(rung)},
        **dict(_prefixed("versions", record.versions)),
    }


def problem_of(record: RunRecord, varied: AbstractSet[str] = VARIED) -> str:
    """Return a text that is equal for runs on the same data set with the same model, but for what is varied."""
    config = what_counts(record.config)
    return canonical(
        [task_of(config).name, _identity(config.get("dataset", {})), _without(config.get("model", {}), "model", varied)]
    )


def data_identity(record: RunRecord) -> str:
    """Return a text that is equal for runs on data sets of one name, whatever was drawn or read of them."""
    return canonical([task_of(record.config).name, _identity(record.config.get("dataset", {}))])


def _identity(dataset: Mapping[str, Any]) -> Settings:
    identity = {key: dataset[key] for key in _IDENTITY_OF_DATA if key in dataset}
    if identity.get("path"):
        identity["path"] = file_name(identity["path"])
    return identity


def data_of(record: RunRecord) -> str:
    """Return a text that is equal for runs on the same data set: the digest of its data, else how it is named."""
    return str(record.digests.get("data") or canonical(record.config.get("dataset", {})))


def optimizer_name(record: RunRecord) -> str:
    """Return the optimizer's name; for the user's own Python the name of the function."""
    optimizer = record.config.get("optimizer", {})
    name = str(optimizer.get("name", "unknown"))
    function = optimizer.get("function")
    return f"{name}:{str(function).rpartition(':')[2]}" if function else name


def data_title(record: RunRecord) -> str:
    """Name the data set in a few characters: `telco_churn`, `csv my.csv`, `python my_problem.py:load`."""
    dataset = record.config.get("dataset", {})
    what = file_name(dataset["path"]) if dataset.get("path") else dataset.get("function")
    return " ".join(str(part) for part in (dataset.get("name", "unknown data"), what) if part)


def model_title(record: RunRecord) -> str:
    """Name the model in a few characters: `mlp 64-32`, `cnn 8-16`, `logistic`, `python my_problem.py:build`."""
    section = record.config.get("model", {})
    name = str(section.get("name", "unknown model"))
    model = MODELS.get(name)  # a folder of a newer version may name one that is not known here
    size = "" if model is None else model.size(section)
    return f"{name} {size}" if size else name


def file_name(path: Any) -> str:
    """Return the last part of a path: the folders before it differ between machines, not between problems."""
    return PurePosixPath(str(path).replace("\\", "/")).name


def _at(value: Any, path: list[str]) -> Any:
    """Return what lies at a path of keys, or None."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _without(section: Mapping[str, Any], prefix: str, left_out: AbstractSet[str]) -> dict[str, Any]:
    """Return nested mappings without the dotted names that are left out."""
    return {
        key: _without(value, f"{prefix}.{key}", left_out) if isinstance(value, dict) else value
        for key, value in section.items()
        if f"{prefix}.{key}" not in left_out
    }


def _flat_optimizer(optimizer: Mapping[str, Any]) -> Settings:
    flat = {key: value for key, value in optimizer.items() if key not in ("name", "arguments")}
    return {**flat, **(optimizer.get("arguments") or {})}


def _data_settings(dataset: Mapping[str, Any]) -> Settings:
    plain = {key: value for key, value in dataset.items() if key not in (*_IDENTITY_OF_DATA, "split")}
    split = {f"split.{key}": value for key, value in (dataset.get("split") or {}).items()}
    return {key: value for key, value in {**plain, **split}.items() if key.rpartition(".")[2] not in _PATHS}


def _but(section: Mapping[str, Any], left_out: str) -> Settings:
    return {key: value for key, value in section.items() if key != left_out}


def _prefixed(section: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in sorted(values):
        yield f"{section}.{key}", values[key]
