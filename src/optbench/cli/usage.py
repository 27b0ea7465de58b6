"""What the parser of the command line refuses: an error like every other, one sentence or one JSON document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from optbench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer
    from typer.exceptions import TyperException

_CHOICE: Final = re.compile(r"'(?P<received>[^']*)' is not one of (?P<known>'.*')\.?")
_QUOTED: Final = "'([^']*)'"
_WRONG: Final = 2


def call(app: typer.Typer, arguments: Sequence[str]) -> NoReturn:
    """Call the command that arguments name.

    Raises
    ------
    SystemExit
        With the exit code of the command.
    UsageError
        If there is no such command, option or value.
    """
    from typer.exceptions import TyperException

    try:
        ended = app(args=list(arguments), prog_name="optbench", standalone_mode=False)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its help has been printed
            raise SystemExit(_WRONG) from None
        raise UsageError(_sentence(error), code="usage-command-line") from None
    raise SystemExit(ended if isinstance(ended, int) else 0)


def _sentence(error: TyperException) -> str:
    """Return what the parser says, with what it received, the word that was meant, and where to read on."""
    said = error.format_message().replace("Value error, ", "").replace("Input should be", "must be")
    choice = _CHOICE.search(said)
    if choice is not None:
        said = f"{said}{did_you_mean(choice['received'], re.findall(_QUOTED, choice['known']))}"
    elif (received := _received(error.__cause__)) is not None:
        said = f"{said.partition(', unable')[0]}. Received: {received!r}"
    context = getattr(error, "ctx", None)
    command = "optbench" if context is None else context.command_path
    return f"{said}{'' if said.endswith(('.', '?')) else '.'} '{command} -h' says what it takes."


def _received(cause: BaseException | None) -> str | None:
    """Return the value that pydantic refused, which Typer does not say; None if it is not the cause."""
    from pydantic import ValidationError

    return str(cause.errors()[0]["input"]) if isinstance(cause, ValidationError) else None
