"""What an exception that nobody foresaw says to the user: all of it, with the line of their own code."""

from __future__ import annotations

import sys

import pytest

from optbench.errors import ModelError
from optbench.executors.causes import told_exception
from optbench.user_code import load_function, parse_reference

OWN = """\
from helper import fail

def build():
    fail()
"""
HELPER = """\
def fail():
    raise RuntimeError("first line\\n\\x1b[1msecond line\\x1b[0m")
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A function of the user's that fails in a module beside it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "helper", raising=False)
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "helper.py").write_text(HELPER)
    return load_function(parse_reference("own.py:build", tmp_path, error=ModelError))


def raised_by(function):
    try:
        function()
    except RuntimeError as error:
        return error
    return None


def test_every_line_is_told_and_the_users_own_ends_it(own, tmp_path):
    """The innermost one, in a module that theirs imports; colours of a terminal are no part of a message."""
    assert told_exception(raised_by(own)).split("\n") == [
        "RuntimeError: first line",
        "  second line",
        f'  {tmp_path / "helper.py"}:2: raise RuntimeError("first line\\n\\x1b[1msecond line\\x1b[0m")',
    ]


def test_the_line_is_found_behind_another_exception(own, tmp_path):
    """A library that catches it and raises its own, as Keras does."""
    error = ValueError("Exception encountered when calling Layer.call()")
    error.__cause__ = raised_by(own)
    assert told_exception(error).split("\n")[-1].startswith(f"  {tmp_path / 'helper.py'}:2:")


def test_of_an_error_in_a_graph_the_cause_is_told_and_not_the_way_through_the_libraries(own, tmp_path):
    """TensorFlow says where operations were built before it says what is wrong."""
    message = f"""Graph execution error:

Detected at node model/reshape defined at (most recent call last):
  File "/usr/lib/keras/trainer.py", line 81, in train_step

  File "{tmp_path / "own.py"}", line 4, in build

Detected at node model/reshape defined at (most recent call last):
  File "/usr/lib/keras/trainer.py", line 81, in train_step
Input to reshape is a tensor with 36 values, but the requested shape has 128
\t [[{{{{node model/reshape}}}}]] [Op:__inference_all_steps_1]"""
    assert told_exception(ValueError(message)).split("\n") == [
        "ValueError: Input to reshape is a tensor with 36 values, but the requested shape has 128",
        "  [[{{node model/reshape}}]] [Op:__inference_all_steps_1]",
        f"  {tmp_path / 'own.py'}:4: fail()",
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("x"), "KeyError: 'x'"),
        (RuntimeError(), "RuntimeError:"),
        (ValueError("\n".join(map(str, range(50)))), "\n  19\n  ..."),
    ],
)
def test_other_exceptions_are_told_as_they_are(error, told):
    """Also without a message, and with a very long one."""
    assert told_exception(error).endswith(told)


class ResourceExhaustedError(Exception):
    """What TensorFlow calls its own."""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ResourceExhaustedError("OOM when allocating tensor with shape[4000000,1000000] and type float [Op:Random]"),
            "the run needs more memory than there is: an array of shape [4000000,1000000] cannot be held.",
        ),
        (
            MemoryError("Unable to allocate 7 TiB for an array with shape (1000000, 1000000) and data type float64"),
            "the run needs more memory than there is: an array of shape (1000000, 1000000) cannot be held.",
        ),
        (MemoryError(), "the run needs more memory than there is."),
        (
            ValueError("Exception encountered when calling X.\n\nExpected multiples[2] >= 0, but got -727379968"),
            "an array has more numbers than can be counted. Make the model, the examples or training.batch_size",
        ),
        (ValueError("Dimension -727379968 must be >= 0"), "an array has more numbers than can be counted."),
        (RuntimeError("Paddings must be non-negative: -727379968 0 [Op:Pad]"), "an array has more numbers"),
        (RuntimeError("size (-727379968) must be non-negative [Op:DenseBincount]"), "an array has more numbers"),
        (RuntimeError("Shape [1,2] would have more than 2**63 - 1 elements"), "an array has more numbers"),
        (ValueError("axis must be >= 0. Received: -1"), "ValueError: axis must be >= 0. Received: -1"),
    ],
)
def test_of_memory_and_of_sizes_there_is_a_sentence(error, told):
    """In the place of what libraries say; a number that is merely negative is the user's, and told as it is."""
    said = told_exception(error)
    assert said.startswith(told)
    assert "[Op:" not in said
    assert ("smaller" in said) == ("cannot be held" in said or "counted" in said)
