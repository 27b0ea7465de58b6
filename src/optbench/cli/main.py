"""The entry point: every error optbench raises becomes one message on stderr and its exit code."""

from __future__ import annotations

import sys
import traceback

from optbench.errors import OptbenchError

_INTERNAL_ERROR = 70


def main() -> None:
    """Run the command line.

    Raises
    ------
    SystemExit
        Always: 0 ok; 1 a run failed; 2 usage; 3 invalid config or data; 4 no runs matched; 5 mismatch; 70 a bug of
        ours; 130 and 143 interrupted.
    """
    from optbench.cli.app import app

    try:
        app()
    except OptbenchError as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        sys.stderr.write(f"optbench: {error}\n")
        raise SystemExit(error.exit_code) from None
    except Exception as error:  # noqa: BLE001 - the last resort, or Typer would end with 1, "a run failed"
        if "--debug" in sys.argv:
            traceback.print_exc()
        else:
            sys.stderr.write(
                f"optbench: internal error: {type(error).__name__}: {error}\n"
                "This is a bug in optbench. Repeat the command with --debug and report what it prints.\n"
            )
        raise SystemExit(_INTERNAL_ERROR) from None
