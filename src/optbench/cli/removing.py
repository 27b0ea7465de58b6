"""What `rm` and `gc` share: list, ask, move."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from optbench.cli.output import note, print_json, print_lines
from optbench.core.text import counted
from optbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.runner.removal import Removal


def remove(planned: Sequence[Removal], *, yes: bool, as_json: bool, quiet: bool, command: str, **more: Any) -> None:
    """List folders, ask, and move them into the trash.

    Parameters
    ----------
    more : for the JSON document

    Raises
    ------
    UsageError
        If there is nobody to ask.
    """
    from optbench.runner.removal import carry_out, removal_text
    from optbench.words import text

    if planned and not yes and (as_json or not sys.stdin.isatty()):
        raise UsageError(
            f"{command} asks before it moves anything, and there is no terminal to ask at. Received: "
            f"{counted(len(planned), 'folder')}, without --yes. Look at them with 'optbench ls', then add --yes.",
            code="usage-nobody-to-ask",
        )
    if not as_json:
        print_lines(removal_text(planned) if planned else "")
    is_wanted = bool(planned) and (yes or _is_confirmed(text("remove-question", n=len(planned))))
    places = carry_out(planned) if is_wanted else []
    if as_json:
        moved = [{**one.to_json(), "now": str(place)} for one, place in zip(planned, places, strict=True)]
        print_json({"schema_version": 1, **more, "moved": moved})
    elif places:
        trash = sorted({str(place.parent) for place in places})
        note(text("remove-done", n=len(places), trash=trash), quiet=quiet)
    else:
        note(text("remove-kept" if planned else "remove-nothing"), quiet=quiet)


def _is_confirmed(question: str) -> bool:
    import typer

    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:  # the end of the input is no consent
        return False
