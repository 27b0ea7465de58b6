"""An experiment as a file in another folder has to say it: with the paths in it leading to the same files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from optbench.config.losses import PYTHON_PREFIX

if TYPE_CHECKING:
    from optbench.config.experiment import ExperimentConfig


def moved(config: ExperimentConfig, way: str) -> ExperimentConfig:
    """Return an experiment whose relative paths start from another folder.

    Parameters
    ----------
    way : from that folder to the one they start from now, as `../../configs`
    """

    def from_there(text: str) -> str:
        return text if os.path.isabs(text) else os.path.normpath(os.path.join(way, text))  # noqa: PTH117, PTH118 - texts

    def with_paths(section: Any, *keys: str) -> Any:
        given = {key: getattr(section, key, None) for key in keys}
        changes = {key: from_there(text) for key, text in given.items() if isinstance(text, str)}
        return section.model_copy(update=changes) if changes else section

    dataset = with_paths(config.dataset, "path", "function")
    dataset = dataset.model_copy(update={"split": with_paths(dataset.split, "test_path")})
    loss = config.training.loss
    if loss.startswith(PYTHON_PREFIX):
        loss = PYTHON_PREFIX + from_there(loss.removeprefix(PYTHON_PREFIX))
    changes = {
        "dataset": dataset,
        "model": with_paths(config.model, "function"),
        "optimizer": with_paths(config.optimizer, "function"),
        "training": config.training.model_copy(update={"loss": loss}),
    }
    return config.model_copy(update=changes)
