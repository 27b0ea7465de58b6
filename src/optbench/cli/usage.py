"""What the parser of the command line refuses: an error like every other, one sentence or one JSON document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from optbench.core.worded import joined, recognised, worded
from optbench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import typer
    from typer.exceptions import TyperException

_CHOICE: Final = re.compile(r"'(?P<received>[^']*)' is not one of (?P<known>'.*')\.?")
_QUOTED: Final = "'([^']*)'"
_WRONG: Final = 2

# The parser has no codes, only sentences: these are its own, with what it fills in. One that a later version of it says
# in another way is told as it is.
_SENTENCES: Final[Mapping[str, Callable[..., str]]] = {
    r"No such command '(?P<name>[^']*)'\. Did you mean (?P<near>.*)\?": lambda **found: worded(
        "typed-command-near", "No such command '{name}'. Did you mean {near}?", **found
    ),
    r"No such command '(?P<name>.*)'\.": lambda **found: worded(
        "typed-command-unknown", "No such command '{name}'.", **found
    ),
    r"No such option: (?P<option>\S+) \(Possible options: (?P<near>.*)\)": lambda **found: worded(
        "typed-option-near", "No such option: {option} (Possible options: {near})", **found
    ),
    r"No such option: (?P<option>.*)": lambda **found: worded(
        "typed-option-unknown", "No such option: {option}", **found
    ),
    r"Missing argument '(?P<name>.*)'\.": lambda **found: worded(
        "typed-argument-missing", "Missing argument '{name}'.", **found
    ),
    r"Missing option (?P<name>'.*')\.": lambda **found: worded(
        "typed-option-missing", "Missing option {name}.", **found
    ),
    r"Option '(?P<option>.*)' requires an argument\.": lambda **found: worded(
        "typed-option-without", "Option '{option}' requires an argument.", **found
    ),
    r"Option '(?P<option>.*)' does not take a value\.": lambda **found: worded(
        "typed-option-takes-none", "Option '{option}' does not take a value.", **found
    ),
    r"Got unexpected extra argument\(s\) \((?P<arguments>.*)\)": lambda **found: worded(
        "typed-arguments-many", "Got unexpected extra argument(s) ({arguments})", **found
    ),
    r"Invalid value for (?P<name>.+?): '(?P<received>[^']*)' is not one of (?P<known>.*)\.": lambda **found: worded(
        "typed-choice", "Invalid value for {name}: '{received}' is not one of {known}.", **found
    ),
    r"Invalid value for (?P<name>.+?): (?P<rule>must be .*)": lambda rule, **found: worded(
        "typed-value", "Invalid value for {name}: {rule}", rule=_rule(rule), **found
    ),
}
_RULES: Final[Mapping[str, Callable[..., str]]] = {
    r"must be a valid integer": lambda: worded("typed-integer", "must be a valid integer"),
    r"must be a valid number": lambda: worded("typed-number", "must be a valid number"),
    r"must be greater than or equal to (?P<limit>\S+)": lambda **found: worded(
        "typed-least", "must be greater than or equal to {limit}", **found
    ),
    r"must be less than or equal to (?P<limit>\S+)": lambda **found: worded(
        "typed-most", "must be less than or equal to {limit}", **found
    ),
    r"must be greater than (?P<limit>\S+)": lambda **found: worded(
        "typed-above", "must be greater than {limit}", **found
    ),
    r"must be less than (?P<limit>\S+)": lambda **found: worded("typed-below", "must be less than {limit}", **found),
}


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
    choice, told, behind = _CHOICE.search(said), said, ""
    if choice is not None:
        behind = did_you_mean(choice["received"], re.findall(_QUOTED, choice["known"]))
    elif (received := _received(error.__cause__)) is not None:
        told = said.partition(", unable")[0]
        behind = worded("typed-received", ". Received: {received!r}", received=received)
    stop = "" if (behind or told).endswith((".", "?")) else "."
    context = getattr(error, "ctx", None)
    command = "optbench" if context is None else context.command_path
    help_of = worded("typed-help", " '{command} -h' says what it takes.", command=command)
    return joined(recognised(told, _SENTENCES), behind, stop, help_of)


def _rule(said: str) -> str:
    return recognised(said, _RULES)


def _received(cause: BaseException | None) -> str | None:
    """Return the value that pydantic refused, which Typer does not say; None if it is not the cause."""
    from pydantic import ValidationError

    return str(cause.errors()[0]["input"]) if isinstance(cause, ValidationError) else None
