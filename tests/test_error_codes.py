"""Every error says by a code what it is: at each place that raises one, and with its meaning in the docs."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

import pytest
from error_codes import listed_codes

import optbench
from optbench import errors
from optbench.errors import ConfigError, DataError, InvalidError, OptbenchError

SOURCE = Path(optbench.__file__).parent
CLASSES = {
    name: found for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, OptbenchError)
}
# Classes that stand for one thing have one code; of these each place has its own.
SEVERAL = {name for name in CLASSES if name not in ("HeldError", "ClaimLostError", "StoppedError", "OptbenchError")}
# How a task ended without an error of optbench: `TaskEnd.finding` makes a code of the kind.
OF_KINDS = {"run-crashed", "run-oom", "run-timeout", "run-interrupted"}


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def code_of(call):
    return next((word.value for word in call.keywords if word.arg == "code"), None)


def is_finding_on_a_file(call, tree):
    """Whether a call makes a finding on an experiment file, by itself or by `Findings.say`."""
    name = getattr(call.func, "id", "")
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "optbench.config.findings"
        for alias in node.names
    }
    return (name == "Finding" and name in imported) or getattr(call.func, "attr", "") == "say"


@cache
def raised():
    """Place, class ("" for a finding on a file) and code of every error in the source; None where there is no code."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        in_config = path.parent.name == "config" and path.name != "findings.py"
        for call in calls(tree):
            name = getattr(call.func, "id", "")
            name = "ConfigError" if in_config and is_finding_on_a_file(call, tree) else name
            if name == "told_as":  # what the system refuses, as an error of the class that it is given
                name = getattr(call.args[0], "id", "")
            if name in SEVERAL or (name == "error" and path.name == "user_code.py"):
                place = f"{path.relative_to(SOURCE).as_posix()}:{call.lineno}"
                found.append((place, "InvalidError" if name == "error" else name, code_of(call)))
    return tuple(found)


def literal(code):
    return code.value if isinstance(code, ast.Constant) else None


def test_every_place_that_raises_names_its_code():
    """An error without one would have the general code of its class, which tells a program little."""
    assert len(raised()) > 250
    assert [place for place, _, code in raised() if code is None] == []


def test_codes_are_those_of_the_page_with_their_exit_codes():
    """A code that is misspelt, gone, or raised by a class with another exit code; each stands once."""
    page = listed_codes()
    assert len({code for code, _ in page}) == len(page)
    used = {(literal(code), CLASSES[name].exit_code) for _, name, code in raised() if literal(code)}
    used |= {(one.default_code, one.exit_code) for name, one in CLASSES.items() if name in SEVERAL}
    used |= {(one.default_code, one.exit_code) for one in (errors.HeldError, errors.ClaimLostError)}
    used |= {("config-name-left-out", 3)}  # `left_out_finding` is where findings are made
    used |= {(code, 1) for code in OF_KINDS | set(storage_codes())}
    others = {(errors.StoppedError.default_code, None), (OptbenchError.default_code, None)}
    assert used | others == set(page)


def storage_codes():
    """Codes of what a file system says, by its number."""
    from optbench.run_store.atomic import _CODES

    return _CODES.values()


def test_a_code_begins_with_what_it_is_about():
    """The kind of the error, so that a program can act on a code that a later version added."""
    beginnings = {name: one.default_code.partition("-")[0] for name, one in CLASSES.items() if name in SEVERAL}
    for place, name, code in raised():
        if literal(code):
            known = {beginnings[name], *({"code", "input"} if name == "InvalidError" else {"run", "language"})}
            assert literal(code).partition("-")[0] in known, place


@pytest.mark.parametrize("several", [False, True])
def test_an_error_is_json(several):
    """With all that it gathers, each once; the code is theirs if they share it."""
    first = DataError("a is missing.", code="data-file-missing")
    second = ConfigError("b is wrong.", code="config-value-wrong") if several else first
    told = json.loads(json.dumps(InvalidError.gathered([first, first, second]).to_json(), allow_nan=False))
    assert told["code"] == ("input-invalid" if several else "data-file-missing")
    assert told["message"] == ("a is missing.\nb is wrong." if several else "a is missing.")
    assert [problem["values"] for problem in told["problems"]][:1] == [{"message": "a is missing."}]
    assert len(told["problems"]) == 1 + several
