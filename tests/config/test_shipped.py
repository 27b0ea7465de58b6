"""The shipped experiments: short, and one for every kind of data with every model that takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from optbench.catalog.models import MODELS
from optbench.config import load_experiment

ROOT = Path(__file__).resolve().parents[2] / "configs"
CONFIGS = sorted(path for path in ROOT.glob("**/*.yaml") if path.parent.name not in ("studies", "claims"))
KINDS = {
    "table": ("telco_churn", "breast_cancer", "two_spirals", "make_classification", "ill_conditioned_logistic"),
    "sequences": ("sequence_parity", "delayed_recall", "signals"),
    "tokens": ("imdb", "reuters"),
    "images": ("digits", "fashion_mnist", "mnist", "cifar10", "image_folder"),
}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_fits_on_a_screen(path):
    """No shipped experiment needs more than twenty lines."""
    assert len(path.read_text().splitlines()) <= 20


def test_every_fitting_pair_has_a_file():
    """Each model is shown with each kind of data it takes; tables with texts are the user's own."""
    kind_of = {name: kind for kind, names in KINDS.items() for name in names}
    configs = [load_experiment(path).config for path in CONFIGS]
    shown = {(kind_of.get(config.dataset.name), config.model.name) for config in configs}
    written_out = ("layers", "python", "linear")
    wanted = {(kind, name) for name, model in MODELS.items() for kind in model.takes if name not in written_out}
    own = ("arrays", "embedded", "mixed")
    assert {pair for pair in wanted if pair[0] not in own} - shown == set()
