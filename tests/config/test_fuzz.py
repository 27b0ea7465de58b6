"""Whatever a file holds, loading it ends with an experiment or with sentences, and with nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fuzzed_experiments import VALID, mutated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selection import drawn

from optbench.config import dump_config, load_experiment, parse_resolved
from optbench.errors import ConfigError


def check_sentences(told, path):
    assert told.strip()
    for line in told.split("\n"):
        is_source = line.partition("|")[0].strip(" 0123456789") == ""
        assert is_source or line.startswith((f"{path}:", "--set:")), line
        assert "\x1b" not in line


def check(content, folder, overrides=()):
    """Load it; an accepted one must survive a round trip, a refused one must say why, line by line."""
    path = Path(folder) / "a.yaml"
    path.write_bytes(content)
    try:
        loaded = load_experiment(path, overrides)
    except ConfigError as error:
        check_sentences(str(error), str(path))
        return
    assert parse_resolved(dump_config(loaded.config)) == loaded.config
    json.dumps(loaded.config.to_plain(), allow_nan=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


fuzzed = settings(max_examples=drawn(2000), deadline=None, suppress_health_check=list(HealthCheck))


@fuzzed
@given(plain=mutated())
def test_mutated_experiments(folder, plain):
    """A valid file with mistakes of any kind is loaded or refused with sentences."""
    check(json.dumps(plain).replace("Infinity", ".inf").replace("NaN", ".nan").encode(), folder)


@fuzzed
@given(
    content=st.binary(max_size=60) | st.text(alphabet="ab:{}[]-,&*!|>'\"# \n\t\\%@`?~0.e<", max_size=60).map(str.encode)
)
def test_arbitrary_bytes(folder, content):
    """Bytes that are no experiment are refused with a sentence."""
    check(content, folder)


@fuzzed
@given(
    key=st.sampled_from(
        ["optimizer.learning_rate", "model.layers[0].Dense.units", "seeds", "a[0]", "dataset.split", "name"]
    )
    | st.text(max_size=12),
    value=st.text(alphabet="ab:{}[]-,&!'\"# \n\t.0e=", max_size=12) | st.text(max_size=8),
)
def test_arbitrary_overrides(folder, key, value):
    """Whatever --set is given, the answer is an experiment or a sentence."""
    check(json.dumps(VALID[1]).encode(), folder, [f"{key}={value}"])
