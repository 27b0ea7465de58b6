"""Commands of one process on a terminal of a width, or piped: what a person would see of each of them."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

MARK = "\N{SYMBOL FOR RECORD SEPARATOR}"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SESSION = """
import json, sys
from optbench.cli import main
sys.argv[0] = "optbench"
for arguments in json.loads(sys.stdin.read()):
    try:
        main(arguments)
    except SystemExit:
        pass
    sys.stdout.write(sys.argv[1])
    sys.stdout.flush()
"""


def session(
    commands: Sequence[Sequence[str]], *, folder: Path, width: int | None, environment: Mapping[str, str]
) -> list[str]:
    """Call commands one after the other in one process; returns what each wrote to stdout and stderr together.

    Parameters
    ----------
    width : columns of the terminal; None is a pipe
    environment : beside PATH and HOME; PYTHONPATH says where packages are that look installed
    """
    # what a shell exports of a terminal's size would hide it from the commands
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    ends = os.pipe() if width is None else pty.openpty()
    if width is not None:
        fcntl.ioctl(ends[1], termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", _SESSION, MARK],
        cwd=folder,
        env={**kept, "TERM": "xterm-256color", **environment},
        stdin=subprocess.PIPE,
        stdout=ends[1],
        stderr=ends[1],
    ) as child:
        os.close(ends[1])
        assert child.stdin is not None
        child.stdin.write(json.dumps([list(map(str, command)) for command in commands]).encode())
        child.stdin.close()
        told = _all_of(ends[0])
    *shown, _ = told.decode("utf-8").replace("\r\n", "\n").split(MARK)
    assert len(shown) == len(commands), told[-2000:]
    return shown


def _all_of(descriptor: int) -> bytes:
    parts = []
    with os.fdopen(descriptor, "rb", buffering=0) as stream, suppress(OSError):  # a terminal ends in an error
        while part := stream.read(65536):
            parts.append(part)
    return b"".join(parts)
