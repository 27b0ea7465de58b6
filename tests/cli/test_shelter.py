"""Under a tight memory limit a library's abort is one sentence and exit code 3; everything else is as ever."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEGIN = "import os, sys; from optbench.cli.shelter import go_on_in_child; go_on_in_child(600 << 20); "


def child(code):
    return subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=False)


def test_an_abort_is_one_sentence():
    """The last words of a library stay unsaid."""
    done = child("os.write(2, b'ValueOrDie called on an error'); os.abort()")
    assert done.returncode == 3
    assert done.stderr == (
        "optbench: out of memory: a library was aborted (SIGABRT). The limit of 600 MB of address space ('ulimit -v') "
        "leaves too little. Raise it.\n"
    )


@pytest.mark.parametrize("code", [0, 1, 4])
def test_an_end_is_passed_on(code):
    """Output, exit code, and what a library said beside Python."""
    done = child(f"print('data'); print('note', file=sys.stderr); os.write(2, b'beside'); sys.exit({code})")
    assert (done.returncode, done.stdout, done.stderr) == (code, "data\n", "note\nbeside")


def test_a_kill_is_no_abort():
    """Who kills the command knows."""
    assert child("os.kill(os.getpid(), 9)").returncode == 137
