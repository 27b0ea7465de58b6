"""Seeds as they are typed, on the command line and in the file."""

from __future__ import annotations

import pytest

from optbench.config import parse_seeds
from optbench.config.seeds import MAX_SEEDS
from optbench.errors import UsageError


@pytest.mark.parametrize(
    "text, seeds",
    [
        ("3", [3]),
        ("0,1,5", [0, 1, 5]),
        ("0..3", [0, 1, 2, 3]),
        (" 7 , 2..3 ", [7, 2, 3]),
        ("4..4", [4]),
        ("1,1,0..2", [1, 0, 2]),
        ("007", [7]),
        (f"0..{MAX_SEEDS - 1}", list(range(MAX_SEEDS))),
    ],
)
def test_seeds(text, seeds):
    """A seed, a list, a range with both ends; each once, in the order given."""
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "a",
        "-1",
        "1.5",
        "1..",
        "..3",
        "3..1",
        "0...3",
        "1 2",
        "0..9..12",
        f"0..{MAX_SEEDS}",
        "9" * 19,
        "[0, 1]",
    ],
)
def test_what_is_no_seed(text):
    """Anything else is refused with the received text and examples."""
    with pytest.raises(UsageError) as caught:
        parse_seeds(text)
    assert str(caught.value) == f"--seeds must be like 3, 0,1,5 or 0..9. Received: {text!r}."


@pytest.mark.parametrize("written", ["0..3", '"0..3"', "[0, 1, 2, 3]", "0,1,2..3"])
def test_the_file_takes_the_same_grammar(load, text, written):
    """`seeds: 0..3` in a file is what `--seeds 0..3` is."""
    assert load(text(seeds=written)).config.seeds == [0, 1, 2, 3]


def test_a_file_is_written_with_seed_or_seeds(load, text):
    """What is written back has the one of the two that was given."""
    assert "seed" not in load(text(seeds="0..1")).config.to_plain()
    assert "seeds" not in load(text(seed="4")).config.to_plain()
