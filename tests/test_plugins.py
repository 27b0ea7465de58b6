"""Executors and engines of installed packages are found by name, and never take a name of optbench's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import write_package

from optbench.errors import UsageError
from optbench.plugins import load_plugin, plugin_names

GROUP = "optbench.tests"
OWN = {"sep": "os:sep"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that offers three things."""
    write_package(
        tmp_path, GROUP, pi="math:pi", sep="math:e", broken="no_such_module:thing", missing="math:no_such_thing"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_what_a_package_offers_is_found(package):
    """By its entry point, beside optbench's own."""
    assert load_plugin(GROUP, "pi", OWN, what="thing") == pytest.approx(3.14159, abs=1e-5)
    assert plugin_names(GROUP, OWN) == ("sep", "broken", "missing", "pi")


def test_a_name_of_optbenchs_own_cannot_be_taken(package):
    """A package that offers it is not loaded."""
    import os

    assert load_plugin(GROUP, "sep", OWN, what="thing") == os.sep


@pytest.mark.parametrize(
    ("name", "says"), [("pie", "Did you mean 'pi'"), ("broken", "no_such_module"), ("missing", "no_such")]
)
def test_what_cannot_be_loaded_is_told(package, name, says):
    """In a sentence with the names that can."""
    with pytest.raises(UsageError, match=says):
        load_plugin(GROUP, name, OWN, what="thing")
