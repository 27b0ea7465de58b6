"""The `dataset` section: every kind of it, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from optbench.config.dataset_sections import (
    CsvConfig,
    DownloadedName,
    EmbeddedName,
    ImageFolderConfig,
    NamedDataset,
    NpzConfig,
    OpenmlConfig,
    PythonDataset,
    TokenDataset,
    TokenName,
)
from optbench.config.generated_sections import GENERATED, GeneratedDataset
from optbench.config.section import section_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

EMBEDDED_DATASETS: tuple[str, ...] = get_args(EmbeddedName)
DOWNLOADED_DATASETS: tuple[str, ...] = (*get_args(DownloadedName), *get_args(TokenName))
DATASET_CONFIGS: Mapping[str, type[BaseModel]] = {
    **dict.fromkeys((*EMBEDDED_DATASETS, *DOWNLOADED_DATASETS), NamedDataset),
    **dict.fromkeys(get_args(TokenName), TokenDataset),
    **GENERATED,
    "csv": CsvConfig,
    "npz": NpzConfig,
    "image_folder": ImageFolderConfig,
    "python": PythonDataset,
}


def generated_fields() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return each generated problem's description and its own keys with their defaults."""
    return {name: section_fields(section, without=("name", "split")) for name, section in GENERATED.items()}


DatasetConfig = (
    NamedDataset
    | TokenDataset
    | OpenmlConfig
    | CsvConfig
    | ImageFolderConfig
    | NpzConfig
    | PythonDataset
    | GeneratedDataset
)
