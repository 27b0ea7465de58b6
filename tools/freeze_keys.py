"""Freeze the keys of the shipped configs: `tests/frozen/keys.json` and `fields.json`, which tests hold the code to.

    python tools/freeze_keys.py               compare; write what is new (another config, another section)
    python tools/freeze_keys.py --overwrite   also replace the keys that have changed

A changed key means that nobody's finished runs are found again, so a change is a decision: it is listed, nothing is
written and the exit code is 1, unless `--overwrite` is given. Such a change belongs under "Numbers change" in
CHANGELOG.md. Data that is not at hand (OPTBENCH_DATA_DIR) keeps the entries it has.

`fields.json` lists the keys of every section when the section joined it. A later key of such a section is never added
here: it is declared in `optbench/config/growth.py`, with the value that leaves finished runs where they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from optbench.array_digests import array_digest
from optbench.catalog.datasets import DATASETS
from optbench.catalog.generated import PROBLEMS
from optbench.config import (
    ExperimentConfig,
    OptimizerConfig,
    config_digest,
    load_experiment,
    load_study,
    optimizer_defaults,
    resolve,
)
from optbench.config.growth import NOT_IN_KEY
from optbench.config.study_search import SearchRange
from optbench.config.study_sections import StudyHead
from optbench.random_streams import epoch_order
from optbench.runner.plan import load_data, plan_run, seeds_of
from optbench.study.plan import plan_study

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.catalog.dataset import DatasetEntry
    from optbench.study.plan import StudyPlan, StudyRun

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "configs"
KEYS = ROOT / "tests" / "frozen" / "keys.json"
FIELDS = ROOT / "tests" / "frozen" / "fields.json"
# Passed in, so that the frozen keys do not depend on what is installed.
VERSIONS = {"keras": "3.15.0", "numpy": "2.0.0", "scikit-learn": "1.6.0", "tensorflow": "2.21.0"}
STUDY_FOLDERS = ("studies", "claims")
# Downloaded data sets that a developer keeps in OPTBENCH_DATA_DIR.
REFERENCE_DATA = ("telco_churn", "fashion_mnist")
_DIGITS = 16  # of the digests of a study's rows, of which there are hundreds

_TRAIN_SHARE, _VOCABULARY = 0.7, 10_000  # of a named data set that is not at hand

# What the data of the other files looks like, where its entry does not say: made up for data of the user's own.
_IMDB = {
    "num_classes": 2,
    "input_shape": (100,),
    "official_test": True,
    "train_rows": 22_500,
    "vocabulary_size": 10_000,
}
ASSUMED: Mapping[str, Mapping[str, Any]] = {
    "images/cifar10_cnn.yaml": {
        "num_classes": 10,
        "input_shape": (32, 32, 3),
        "official_test": True,
        "train_rows": 45_000,
    },
    "images/folder_cnn.yaml": {
        "num_classes": 3,
        "input_shape": (64, 64, 3),
        "official_test": False,
        "train_rows": 700,
    },
    "openml/mlp.yaml": {"num_classes": 3, "input_shape": (4,), "official_test": False, "train_rows": 105},
    "sequences/own_rnn.yaml": {"num_classes": 2, "input_shape": (20, 3), "official_test": True, "train_rows": 900},
    "sequences/own_tokens.yaml": {
        "num_classes": 2,
        "input_shape": (50,),
        "official_test": True,
        "train_rows": 900,
        "vocabulary_size": 500,
    },
    "text/imdb_cnn.yaml": _IMDB,
    "text/imdb_mlp.yaml": _IMDB,
    "text/imdb_rnn.yaml": _IMDB,
    "text/imdb_transformer.yaml": _IMDB,
    "text/own_transformer.yaml": {
        "num_classes": 2,
        "input_shape": (60,),
        "official_test": False,
        "train_rows": 700,
        "vocabulary_size": 5000,
    },
    "text/reuters_mlp.yaml": {
        "num_classes": 46,
        "input_shape": (200,),
        "official_test": True,
        "train_rows": 8084,
        "vocabulary_size": 10_000,
    },
}


def config_files() -> list[str]:
    """Return every shipped config, as its path below `configs/`."""
    return sorted(path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob("*.yaml"))


def is_study(name: str) -> bool:
    """Return True for a study file."""
    return name.partition("/")[0] in STUDY_FOLDERS


def datasets_of(name: str) -> set[str]:
    """Return the names of the data sets that a config reads."""
    if is_study(name):
        return {problem.experiment.dataset.name for problem in load_study(CONFIGS / name).config.problems}
    return {load_experiment(CONFIGS / name).config.dataset.name}


def needs(name: str) -> str:
    """Return what must be there to freeze all of a config: "" for nothing, "reference data", or "data nobody has"."""
    at_hand = {name for name, entry in DATASETS.items() if entry.is_embedded} | set(PROBLEMS)
    elsewhere = datasets_of(name) - at_hand
    if not elsewhere:
        return ""
    return "reference data" if elsewhere <= set(REFERENCE_DATA) else "data nobody has"


def freeze(name: str, data_dir: Path) -> dict[str, Any]:
    """Return what is frozen of one config; see `freeze_experiment`, `freeze_assumed` and `freeze_study`."""
    if is_study(name):
        return freeze_study(name, data_dir)
    return freeze_assumed(name) if needs(name) == "data nobody has" else freeze_experiment(name, data_dir)


def freeze_experiment(name: str, data_dir: Path) -> dict[str, Any]:
    """Return the key of an experiment's first seed, and the rungs that no machine changes."""
    loaded = load_experiment(CONFIGS / name)
    dataset = load_data(loaded, data_dir=data_dir)
    seed = seeds_of(loaded)[0]
    planned = plan_run(loaded, seed=seed, dataset=dataset, versions=VERSIONS, runs_dir=Path("runs"))
    rows = len(dataset.train.y)
    orders = [array_digest(epoch_order(seed, epoch + 1, rows)) for epoch in range(planned.config.training.epochs)]
    return {
        "config": config_digest(planned.config),
        "key": planned.key,
        "data": dataset.data_digest,
        "split": dataset.split_digest,
        "order of all epochs": _together(orders),
    }


def freeze_assumed(name: str) -> dict[str, Any]:
    """Return the digest of an experiment as loaded, and resolved for data that looks as `ASSUMED` says."""
    config = load_experiment(CONFIGS / name).config
    assumed = ASSUMED.get(name) or _looks_of(DATASETS[config.dataset.name])
    return {
        "config as loaded": config_digest(config),
        "config for assumed data": config_digest(resolve(config, seed=config.seed, **assumed)),
    }


def _looks_of(entry: DatasetEntry) -> dict[str, Any]:
    """Return what a named data set looks like by its entry; of a table the columns as read, which a digest allows."""
    return {
        "num_classes": entry.classes,
        "input_shape": entry.shape,
        "official_test": entry.official_test,
        "train_rows": int(_TRAIN_SHARE * entry.rows),
        "vocabulary_size": _VOCABULARY if entry.has_tokens else None,
    }


def freeze_study(name: str, data_dir: Path) -> dict[str, Any]:
    """Return key and plan of a study, and for each of its rows one digest over all its runs' configs and keys.

    The confirmation runs are those that would follow if the first setting of every search were chosen.
    """
    loaded = load_study(CONFIGS / name)
    plan = plan_study(loaded, runs_dir=Path("runs"), data_dir=data_dir, versions=VERSIONS, say=lambda _sentence: None)
    return {"study key": plan.key, "study plan": plan.digest, **_rows(plan)}


def _rows(plan: StudyPlan) -> dict[str, str]:
    first = {
        (problem.name, optimizer.label): plan.settings(optimizer)[0]
        for problem in plan.problems
        for optimizer in plan.config.tuned
    }
    rows: dict[str, list[StudyRun]] = {}
    for run in [*plan.tuning_runs(), *plan.confirmation_runs(first)]:
        rows.setdefault(f"{run.problem} {run.label} {run.stage}", []).append(run)
    found = {}
    for row, runs in rows.items():
        found[f"{row}: configs"] = _together(config_digest(run.planned.config) for run in runs)[:_DIGITS]
        found[f"{row}: keys"] = _together(run.planned.key for run in runs)[:_DIGITS]
    return found


def _together(digests: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def undeclared(
    frozen: Mapping[str, Iterable[str]], sections: Mapping[str, Mapping[str, str]], declared: Iterable[str]
) -> dict[str, str]:
    """Return every key that a frozen section has got since and that no table of growth declares.

    Parameters
    ----------
    frozen : section -> its keys when it was frozen
    declared : dotted paths; a section that is new as a whole may be declared key by key

    Returns
    -------
    dict
        `Section.key` -> its dotted path.
    """
    known, paths = set(declared), {path for fields in sections.values() for path in fields.values()}

    def is_declared(path: str) -> bool:
        inner = [other for other in paths if other.rpartition(".")[0] == path]
        return path in known or (bool(inner) and all(map(is_declared, inner)))

    return {
        f"{section}.{name}": path
        for section, fields in sections.items()
        for name, path in fields.items()
        if section in frozen and name not in frozen[section]
        if path.partition(".")[0] not in NOT_IN_KEY and not is_declared(path)
    }


def section_fields(*roots: tuple[str, type[BaseModel]]) -> dict[str, dict[str, str]]:
    """Return every section below some roots: its class name -> its keys -> their dotted paths.

    Parameters
    ----------
    roots : where a section stands in the file, "" for the file itself, and its class
    """
    found: dict[str, dict[str, str]] = {}
    for place, section in roots:
        prefix = f"{place}." if place else ""
        found[section.__name__] = {name: f"{prefix}{name}" for name in section.model_fields}
        if section is OptimizerConfig:  # its keys are those of Keras, and optbench's own beside them
            shared = set.intersection(*(set(keys) for keys in optimizer_defaults().values()))
            found[section.__name__] |= {name: f"{prefix}{name}" for name in sorted(shared)}
        inner = [
            (f"{prefix}{name}", each) for name, f in section.model_fields.items() for each in _classes(f.annotation)
        ]
        found |= section_fields(*inner)
    return found


def experiment_sections() -> dict[str, dict[str, str]]:
    """Return the sections of an experiment file, as `section_fields` does."""
    return section_fields(("", ExperimentConfig))


def study_sections() -> dict[str, dict[str, str]]:
    """Return the sections that only a study file has, with paths in the study's plan."""
    return section_fields(("", StudyHead), ("optimizers.*.search.*", SearchRange))


def _classes(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _classes(part)]


def changes(frozen: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the names of the entries of one config that are not what was frozen."""
    return [name for name in {**frozen, **now} if frozen.get(name) != now.get(name)]


def merged(
    frozen: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]], *, overwrite: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return what to write, and a line for each frozen entry that has changed; those stay, unless overwritten."""
    lines, kept = [], dict(frozen)
    for name, found in now.items():
        changed = changes(frozen[name], found) if name in frozen else []
        lines += [f"{name}: {entry} was {frozen[name].get(entry)}, is {found.get(entry)}" for entry in changed]
        if not changed or overwrite:
            kept[name] = found
    return dict(sorted(kept.items())), lines


def main() -> int:
    """Compare or write the files; the exit code is 1 if something changed and was not to be overwritten."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--overwrite", action="store_true", help="replace what has changed")
    options = parser.parse_args()
    data_dir = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
    has_reference = all((data_dir / name).is_dir() for name in REFERENCE_DATA)
    names = [name for name in config_files() if has_reference or needs(name) != "reference data"]
    fields = {name: list(found) for name, found in (experiment_sections() | study_sections()).items()} | _read(FIELDS)
    keys, lines = merged(_read(KEYS), {name: freeze(name, data_dir) for name in names}, overwrite=options.overwrite)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    if lines and not options.overwrite:
        sys.stdout.write("nothing is written; if the change is meant, use --overwrite\n")
        return 1
    for path, content in ((KEYS, keys), (FIELDS, dict(sorted(fields.items())))):
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


if __name__ == "__main__":
    raise SystemExit(main())
