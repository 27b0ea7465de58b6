"""Keys of the shipped configs are those of the first release: whoever ran one finds the finished run again."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from optbench.config import growth

ROOT = Path(__file__).resolve().parents[1]
REMEDY = (
    "If it is meant, run 'python tools/freeze_keys.py --overwrite' and write it under 'Numbers change' in CHANGELOG.md."
)


def _tool():
    spec = importlib.util.spec_from_file_location("freeze_keys", ROOT / "tools" / "freeze_keys.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()
KEYS = json.loads(TOOL.KEYS.read_text())
FIELDS = json.loads(TOOL.FIELDS.read_text())


def _marked(name):
    marks = [pytest.mark.data] if TOOL.needs(name) == "reference data" else []
    return pytest.param(name, marks=marks, id=name)


@pytest.mark.parametrize("name", [_marked(name) for name in TOOL.config_files()])
def test_a_shipped_config_has_its_frozen_digests(name, request, tmp_path):
    """Config, run key, data, split and order of an experiment; plan and every run of a study."""
    needs_data = TOOL.needs(name) == "reference data"
    now = TOOL.freeze(name, request.getfixturevalue("data_dir") if needs_data else tmp_path)
    assert name in KEYS, f"configs/{name} is new: 'python tools/freeze_keys.py' freezes it."
    changed = TOOL.changes(KEYS[name], now)
    lines = [f"  {entry}: {KEYS[name].get(entry)} -> {now.get(entry)}" for entry in changed]
    assert not changed, "\n".join([f"configs/{name}: these are no longer what was frozen.", *lines, REMEDY])


def test_no_frozen_config_is_gone():
    """A config that is removed takes its entry along."""
    assert sorted(KEYS) == TOOL.config_files()


@pytest.mark.parametrize(
    ("sections", "table"),
    [(TOOL.experiment_sections(), "ADDED_LATER"), (TOOL.study_sections(), "ADDED_TO_STUDIES_LATER")],
    ids=["experiment", "study"],
)
def test_a_key_added_later_says_what_its_absence_meant(sections, table):
    """A key that a section got after it was frozen is in the table of growth, so finished runs keep their keys."""
    declared = getattr(growth, table)
    missing = TOOL.undeclared(FIELDS, sections, declared)
    assert not missing, (
        f"New keys: {', '.join(missing)}. Declare {', '.join(missing.values())} in {table} of "
        "optbench/config/growth.py, each with the value that means what was done before the key existed."
    )
    paths = {path for fields in sections.values() for path in fields.values()}
    assert set(declared) <= paths, f"{table} names keys that no section has."
    new = sorted(set(sections) - set(FIELDS))
    assert not new, f"New sections: {', '.join(new)}. 'python tools/freeze_keys.py' freezes their keys."


def test_the_test_of_growth_sees_a_new_key():
    """It would be red for a key that was not there when its section was frozen; not for one that changes no number."""
    sections = TOOL.experiment_sections()
    frozen = {**FIELDS, "SplitConfig": FIELDS["SplitConfig"][1:], "ReportConfig": []}
    later = tuple(growth.ADDED_LATER)
    assert TOOL.undeclared(frozen, sections, later) == {"SplitConfig.test": "dataset.split.test"}
    assert TOOL.undeclared(frozen, sections, [*later, "dataset.split.test"]) == {}


def test_a_new_section_is_declared_key_by_key():
    """All of its keys, or the section itself, have to be declared."""
    sections = TOOL.experiment_sections()
    frozen = {**FIELDS, "TrainingConfig": [name for name in FIELDS["TrainingConfig"] if name != "early_stopping"]}
    del frozen["EarlyStopping"]
    keys = [f"training.early_stopping.{name}" for name in FIELDS["EarlyStopping"]]
    missing = {"TrainingConfig.early_stopping": "training.early_stopping"}
    later = tuple(growth.ADDED_LATER)
    assert TOOL.undeclared(frozen, sections, [*later, *keys[1:]]) == missing
    for declared in (keys, missing.values()):
        assert TOOL.undeclared(frozen, sections, [*later, *declared]) == {}


def test_changed_entries_are_kept_unless_they_are_to_be_overwritten():
    """The tool adds what is new and names what changed; only `--overwrite` replaces it."""
    frozen = {"a.yaml": {"key": "1", "data": "d"}, "b.yaml": {"key": "2"}}
    now = {"a.yaml": {"key": "3", "data": "d"}, "c.yaml": {"key": "4"}}
    kept, lines = TOOL.merged(frozen, now, overwrite=False)
    assert lines == ["a.yaml: key was 1, is 3"]
    assert kept == {**frozen, "c.yaml": {"key": "4"}}
    assert TOOL.merged(frozen, now, overwrite=True)[0] == {**frozen, **now}
