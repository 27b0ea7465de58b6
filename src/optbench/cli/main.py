"""The entry point: every error optbench raises becomes one message on stderr and its exit code."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

from optbench.cli.streams import GuardedStream, guarded_streams
from optbench.core.columns import fitted
from optbench.core.ending import SIGNALLED, Ending
from optbench.core.interpreter import leave_out_working_directory
from optbench.core.memory import address_space_limit
from optbench.core.printable import printable
from optbench.core.refusals import is_refusal, sentence_of
from optbench.core.worded import joined, worded
from optbench.errors import MachineError, OptbenchError, StoppedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_INTERNAL_ERROR = 70
_STOPPED = (SIGNALLED + signal.SIGINT, SIGNALLED + signal.SIGTERM)
_LIGHT = ("ls", "show", "check", "list", "schema", "--help", "-h", "--version")
_LEAST_ADDRESS_SPACE = 512 << 20
_ENOUGH_ADDRESS_SPACE = 4 << 30  # with more, something else is the matter


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Parameters
    ----------
    arguments : after the program's name; those of this process if None

    Raises
    ------
    SystemExit
        Always: 0 ok; 1 a run failed; 2 usage; 3 invalid config or data; 4 no runs matched; 5 mismatch; 70 a bug of
        ours; 130 and 143 interrupted.
    """
    leave_out_working_directory()
    given = list(sys.argv[1:] if arguments is None else arguments)
    limit = address_space_limit()
    if arguments is None and limit is not None and _LEAST_ADDRESS_SPACE <= limit <= _ENOUGH_ADDRESS_SPACE:
        from optbench.cli.shelter import go_on_in_child

        go_on_in_child(limit)
    try:
        with (
            _language_kept(given),
            _told_cost(given),
            _told_errors(given),
            guarded_streams(),
            _told_errors(given),
            _signals_unwind(),
        ):
            _require_working_directory()
            _require_address_space(given)
            from optbench.cli.app import app
            from optbench.cli.usage import call

            call(app, given)
    except SystemExit as end:
        if arguments is None:  # else the process, and its threads, are those of whoever calls
            _end_with_threads(end.code)
        raise
    finally:
        gc.freeze()  # the interpreter would look through all that is loaded before it ends: half a second


@contextmanager
def _language_kept(arguments: Sequence[str]) -> Iterator[None]:
    """Let `--lang` hold for one command only, where a process calls several."""
    if not any(argument.startswith("--lang") for argument in arguments):
        yield
        return
    from optbench.words import VARIABLE

    before = os.environ.get(VARIABLE)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


@contextmanager
def _told_errors(arguments: Sequence[str]) -> Iterator[None]:
    """Turn an error into a message and an exit; twice in `main`, since the streams themselves may fail."""
    debug = "--debug" in arguments
    try:
        yield
    except SystemExit as end:
        if end.code in _STOPPED:  # before there was anything to say of runs
            _tell_programs(StoppedError(int(end.code) - SIGNALLED), arguments)
        raise
    except OptbenchError as error:
        _end_with(error, error, arguments, debug=debug)
    except Exception as error:  # noqa: BLE001 - the last resort, or Typer would end with 1, "a run failed"
        if is_refusal(error):  # of a file, a disk or memory: what has no narrower sentence has this one
            _end_with(MachineError(sentence_of(error), code="machine-refused"), error, arguments, debug=debug)
        limited = _memory_error(error)
        if limited is not None:
            _end_with(limited, error, arguments, debug=debug)
        told = worded("ended-internal", "internal error: {kind}: {error}", kind=type(error).__name__, error=str(error))
        remedy = worded(
            "ended-internal-remedy",
            "This is a bug in optbench. Repeat the command with --debug and report what it prints.",
        )
        message = joined("optbench: ", told, "\n", remedy, "\n")
        _tell(_in_words(message), error, debug=debug, always=False)
        _tell_programs(OptbenchError(" ".join(message.split())), arguments)
        raise SystemExit(_INTERNAL_ERROR) from None


def _end_with(error: OptbenchError, cause: Exception, arguments: Sequence[str], *, debug: bool) -> NoReturn:
    _tell(f"optbench: {_text_of(error)}\n", cause, debug=debug, always=True)
    _tell_programs(error, arguments)
    raise SystemExit(error.exit_code) from None


def _text_of(error: OptbenchError) -> str:
    """Return an error in the language of the user; in English where the system gives no file of words any more."""
    try:
        from optbench.words import error_text

        return error_text(error, _language())
    except Exception as refused:
        if not is_refusal(refused):
            raise
        return str(error)


def _in_words(message: str) -> str:
    from optbench.words import said

    return said(message, _language())


def _language() -> str:
    """Return the language of errors; where the one that is asked for is not there, English says so."""
    from optbench.words import DEFAULT, spoken_language

    try:
        return spoken_language()
    except UsageError:
        return DEFAULT


def _tell_programs(error: OptbenchError, given: Sequence[str]) -> None:
    """Where one JSON document was asked for and nothing has been printed, the error is that document."""
    out = sys.stdout
    wants_json = "--json" in given or "--format=json" in given or ("--format", "json") in pairwise(given)
    if wants_json and isinstance(out, GuardedStream) and not out.has_written:
        from optbench.cli.output import print_json

        # a run that was stopped tells which runs had ended, before there were any too
        ended: dict[str, Any] = {"runs": []} if isinstance(error, StoppedError) and given[:1] == ["run"] else {}
        told = {"ok": False, "exit_code": error.exit_code, "error": error.to_json()}
        print_json({"schema_version": 1, **ended, **told})


@contextmanager
def _told_cost(arguments: Sequence[str]) -> Iterator[None]:
    """With `-v`, end with the process, its time and its memory."""
    begin = time.monotonic()
    try:
        yield
    finally:
        if not {"-v", "--verbose"}.isdisjoint(arguments) and sys.stderr is not None:
            from optbench.words import text

            told = text("command-cost", **_cost(time.monotonic() - begin))
            sys.stderr.write(fitted(told, sys.stderr) + "\n")


def _cost(seconds: float) -> dict[str, Any]:
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss / (1 if sys.platform == "darwin" else 1 / 1024) / 2**20
    return {"pid": os.getpid(), "seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": peak}


def _tell(message: str, error: Exception, *, debug: bool, always: bool) -> None:
    if debug:
        traceback.print_exception(error)
    if sys.stderr is not None and (always or not debug):
        sys.stderr.write(fitted(printable(message, keep_lines=True), sys.stderr))


def _require_working_directory() -> None:
    """Require that paths mean something.

    Raises
    ------
    MachineError
        If the working directory was removed, or may not be entered any more.
    """
    try:
        os.getcwd()  # noqa: PTH109 - asked for the error alone
    except OSError as error:
        raise MachineError(
            worded(
                "need-directory",
                "the working directory has been removed, so no path can be looked up. Change to one that exists (cd).",
            ),
            code="machine-directory-removed",
        ) from error


def _require_address_space(arguments: Sequence[str]) -> None:
    """Require what the large libraries need under `ulimit -v`: short of it they end the process without a word.

    Raises
    ------
    MachineError
        If the limit leaves less, and the command is none that does without them.
    """
    limit = address_space_limit()
    if limit is not None and limit < _LEAST_ADDRESS_SPACE and arguments and arguments[0] not in _LIGHT:
        raise MachineError(
            worded(
                "need-address-space",
                "this command needs {least} MB of address space at least. Received: {limit} MB ('ulimit "
                "-v'). Raise the limit.",
                least=_LEAST_ADDRESS_SPACE >> 20,
                limit=limit >> 20,
            ),
            code="machine-memory-limited",
        )


def _memory_error(error: Exception) -> MachineError | None:
    """Return the error for what a library cannot do where a limit leaves it little memory; None for everything else."""
    limit = address_space_limit()
    is_of_a_library = isinstance(error, ImportError | RuntimeError | SystemError)
    if limit is None or limit > _ENOUGH_ADDRESS_SPACE or not is_of_a_library:
        return None
    return MachineError(
        worded(
            "need-more-address-space",
            "{kind}: {error}. The limit of {limit} MB of address space ('ulimit -v') leaves too little "
            "memory for the libraries. Raise it.",
            kind=type(error).__name__,
            error=error,
            limit=limit >> 20,
        ),
        code="machine-memory-limited",
    )


def _end_with_threads(code: Any) -> None:
    """End the process at once if threads that user code has started would keep it for ever.

    Python waits for every thread that is no daemon; nobody of optbench's own is left here, and what was to be cleaned
    up at the end is.
    """
    others = [one for one in threading.enumerate() if one is not threading.current_thread() and not one.daemon]
    if not others or threading.current_thread() is not threading.main_thread():
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way to have them without waiting for the threads first
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


@contextmanager
def _signals_unwind() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the command like an exception: child processes and temporary folders go with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ending = Ending()
    before = {number: signal.signal(number, ending) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with ending.holds():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
