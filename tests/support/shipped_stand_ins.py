"""Small experiments that are like the shipped ones: the same models, on little data of the same form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
ROWS = 96
WORDS = ("good", "bad", "fine", "It's", "poor", "odd-one", "plain")
SKLEARN = ("iris", "breast_cancer", "diabetes", "digits")


def shipped() -> dict[str, tuple[str, ...]]:
    """Return the shipped experiments that train different models or read different data, by the first of them.

    Experiments that differ in optimizer, schedule or number of epochs alone are one: what is exported has none of it.
    """
    found: dict[str, list[str]] = {}
    paths = sorted(path for path in CONFIGS.glob("**/*.yaml") if path.parent.name not in ("studies", "claims"))
    for path in paths:
        content = yaml.safe_load(path.read_text())
        told = {key: value for key, value in content.items() if key in ("task", "dataset", "model")}
        found.setdefault(yaml.safe_dump(told), []).append(str(path.relative_to(CONFIGS)))
    return {names[0]: tuple(names) for names in found.values()}


def write_small(config: str, folder: Path) -> tuple[Path, Any]:
    """Write an experiment like a shipped one, and its data, into a folder.

    Returns
    -------
    Path
        The experiment: an epoch, no pictures.
    Any
        Raw examples as `predict` takes them: a frame, an array, or paths of images.
    """
    content = yaml.safe_load((CONFIGS / config).read_text())
    data, given = _small(content["dataset"], folder)
    written = {
        **{key: value for key, value in content.items() if key in ("task", "model")},
        "name": config.removesuffix(".yaml").replace("/", "-"),
        "dataset": data,
        "optimizer": {"name": "adam"},
        "training": {"epochs": 1, **{k: v for k, v in content.get("training", {}).items() if k == "augment"}},
        "report": {"figures": False},
    }
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(written))
    return path, given


def _small(section: dict[str, Any], folder: Path) -> tuple[dict[str, Any], Any]:
    name, random = section["name"], np.random.default_rng(0)
    if name in SKLEARN:
        return section, _of_sklearn(name)
    if name in ("telco_churn", "openml:61"):
        frame = _table(random, mixed=name == "telco_churn")
        frame.to_csv(folder / "table.csv", index=False)
        return {"name": "csv", "path": "table.csv", "target": "y"}, frame.drop(columns="y")
    if name == "csv":
        texts = [" ".join(random.choice(WORDS, random.integers(1, 6))) for _ in range(ROWS)]
        frame = pd.DataFrame({"review": texts, "label": np.resize(["n", "p"], ROWS)})
        frame.to_csv(folder / section["path"], index=False)
        return section, frame.drop(columns="label")
    if name == "image_folder":
        return section, _images(folder / section["path"], random)
    arrays = {
        "fashion_mnist": (lambda: random.integers(0, 256, (ROWS, 28, 28), dtype=np.uint8), 10),
        "cifar10": (lambda: random.integers(0, 256, (ROWS, 32, 32, 3), dtype=np.uint8), 10),
        "imdb": (lambda: _tokens(random, 100, 10_000), 2),
        "reuters": (lambda: _tokens(random, 200, 10_000), 46),
    }
    if name in arrays or name == "npz":
        is_tokens = name in ("imdb", "reuters") or section.get("tokens", False)
        other = lambda: _tokens(random, 30, 500) if is_tokens else random.normal(size=(ROWS, 12, 3))  # noqa: E731
        make, classes = arrays.get(name, (other, 2))
        x, y = make(), np.resize(np.arange(classes), ROWS)
        np.savez(folder / "small.npz", x_train=x, y_train=y, x_test=x[: 2 * classes], y_test=y[: 2 * classes])
        return {
            "name": "npz",
            "path": "small.npz",
            "split": {"validation": 0},
            **({"tokens": True} if is_tokens else {}),
        }, x
    return {**section, "rows": 240}, None


def _of_sklearn(name: str) -> Any:
    from sklearn import datasets

    if name == "digits":
        return datasets.load_digits().data.astype(np.float32)
    return getattr(datasets, f"load_{name}")(as_frame=True).data.astype(np.float32).astype(float)


def _table(random: np.random.Generator, *, mixed: bool) -> pd.DataFrame:
    numbers = {f"n{i}": random.normal(size=ROWS).round(3).astype(np.float32).astype(float) for i in range(4)}
    words = {
        "plan": random.choice(["One year", "Two year", "Month"], ROWS),
        "paper": random.choice(["No", "Yes"], ROWS),
    }
    frame = pd.DataFrame({**numbers, **(words if mixed else {})})
    if mixed:
        frame.loc[::9, "n0"] = np.nan
    return frame.assign(y=np.resize(["Yes", "No"] if mixed else ["a", "b", "c"], ROWS))


def _tokens(random: np.random.Generator, length: int, size: int) -> np.ndarray:
    x = random.integers(1, size, (ROWS, length))
    return np.where(np.arange(length) < random.integers(1, length + 1, (ROWS, 1)), x, 0)


def _images(folder: Path, random: np.random.Generator) -> list[Path]:
    from PIL import Image

    files = []
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(16):
            files.append(folder / name / f"{number:02}.png")
            Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(files[-1])
    return files
