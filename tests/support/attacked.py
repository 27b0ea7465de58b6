"""Commands given to optbench by somebody who means no good, each in a process that cannot hang or hurt the tests."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENTED = {0, 1, 2, 3, 4, 5, 130, 143}
_POLL_S = 0.005
_CAP_VERSION = 0x20080522


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote; the code is None if it had to be killed because it took too long."""

    code: int | None
    out: str
    err: str

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err

    def require(self, *codes: int, saying: str = "") -> None:
        """Require an exit code, a sentence, and neither a traceback nor the word bug."""
        assert self.code is not None, f"it hangs. {self.said}"
        assert self.code in codes, f"exit code {self.code}. {self.said}"
        assert "Traceback" not in self.said, self.said
        assert "internal error" not in self.said, self.said
        assert saying in self.said, self.said


def command(
    *arguments: Any,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout: float = 30.0,
    before: Callable[[], None] | None = None,
    instead: Callable[[], None] | None = None,
) -> Ended:
    """Give a command in a forked process, with modules that are loaded already.

    Parameters
    ----------
    env : variables beside those of this process
    before : called in the process first, to take rights or memory from it
    instead : called in place of the command: what no command reaches without a trained model
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _be_command([*map(str, arguments)], cwd, env or {}, out.fileno(), err.fileno(), before, instead)
        code = _waited_for(child, timeout)
        written = []
        for stream in (out, err):
            stream.seek(0)
            written.append(stream.read().decode("utf-8", "replace"))
    return Ended(code, *written)


def _be_command(
    arguments: list[str],
    cwd: Path,
    env: Mapping[str, str],
    out: int,
    err: int,
    before: Callable[[], None] | None,
    instead: Callable[[], None] | None,
) -> None:
    code = 1
    try:
        os.setsid()  # so that it can be killed with its children
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for descriptor, stream in ((out, 1), (err, 2)):
            os.dup2(descriptor, stream)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        for name in [name for name in os.environ if name.startswith("OPTBENCH_")]:
            del os.environ[name]
        os.environ.update(env)
        tempfile.tempdir = None
        os.chdir(cwd)
        from optbench.cli import main

        sys.argv = ["optbench", *arguments]
        if before is not None:
            before()
        (main if instead is None else instead)()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _waited_for(child: int, timeout: float) -> int | None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_POLL_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def without_privileges() -> None:
    """Take from a process of root what lets it pass permissions; others have nothing of it."""
    if os.geteuid() == 0:
        header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
        nothing = (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None, use_errno=True).capset(header, nothing):
            raise OSError(ctypes.get_errno(), "capset")


def steers(text: str) -> list[str]:
    """Return what of a text would steer a terminal: controls but line ends, and marks of direction."""
    joiners = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return [repr(one) for one in text if unicodedata.category(one) in kinds and one not in f"\n{joiners}"]


def untouched(victim: Path) -> bool:
    """Whether the folder of the fixture `victim` is as it was."""
    return {path.name: path.read_text() for path in victim.rglob("*")} == {"file": "precious"}
