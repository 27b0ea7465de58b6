"""`--help` in the language that is spoken; what commands and options say of themselves stands with them, in English."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from typer.core import TyperArgument, TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter

IN_WORDS: Final = ("run", "compare", "study", "show", "predict", "validate", "init")
"""Commands that say all of themselves in every language; of the others it is the line in the list of commands."""

_SETTINGS: Final = ("OPTBENCH_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_ENGLISH: Final = ("", "en", "C", "POSIX")
_ROOT: Final = "optbench"
_OPTION: Final = "option"


class SpokenCommand(TyperCommand):
    """A command whose help is in the language that is spoken."""

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write how the command is called."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help; the command was made for this call, so that its texts can be replaced."""
        language = _other_language()
        if language and self.name in IN_WORDS:
            _put_in_words(self, ctx, language)
        super().format_help(ctx, formatter)


class SpokenGroup(TyperGroup):
    """The list of commands in the language that is spoken."""

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write how commands are called."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help, and a line of each command."""
        language = _other_language()
        if language:
            from optbench.words import text

            _put_in_words(self, ctx, language)
            for name, command in self.commands.items():
                command.help = text(f"help-{name}", language)
                command.rich_help_panel = text("help-commands", language)  # type: ignore[attr-defined]  # of Typer's own
        super().format_help(ctx, formatter)


def help_texts(group: TyperGroup) -> dict[str, str]:
    """Return what commands and options say of themselves, by its code in the catalogues.

    A command's first paragraph is `help-COMMAND`, what follows `help-COMMAND-more`. An option that is the same in all
    commands that have it is `help-option-NAME`, another one `help-COMMAND-NAME`.
    """
    spoken: dict[str, Command] = {_ROOT: group, **{name: group.commands[name] for name in IN_WORDS}}
    said: dict[str, set[str]] = {}
    for command in spoken.values():
        for param in command.params:
            said.setdefault(str(param.name), set()).add(getattr(param, "help", None) or "")
    found: dict[str, str] = {}
    for name, command in {**group.commands, **spoken}.items():
        first, _, more = (command.help or "").partition("\n\n")
        found[f"help-{name}"] = first
        if name in IN_WORDS and more:
            found[f"help-{name}-more"] = more
    for name, command in spoken.items():
        for param in command.params:
            owner = _OPTION if len(said[str(param.name)]) == 1 else name
            found[f"help-{owner}-{param.name}"] = getattr(param, "help", None) or ""
    return found


def _other_language() -> str:
    """Return the language that help has to be put into; "" for English, and where the one asked for is not there."""
    if all(re.split(r"[_.]", os.environ.get(name, ""))[0] in _ENGLISH for name in _SETTINGS):
        return ""  # and nothing of the words has been loaded: most help is asked for in English
    from optbench.errors import UsageError
    from optbench.words import CODES, DEFAULT, spoken_language

    try:
        language = spoken_language()
    except UsageError:
        return ""
    return "" if language in (DEFAULT, CODES) else language


def _put_in_words(command: Command, ctx: Context, language: str) -> None:
    from optbench.words import text
    from optbench.words.tables import word

    name = command.name or _ROOT
    more = word(f"help-{name}-more", "", language)
    command.help = "\n\n".join(filter(None, [text(f"help-{name}", language), more]))
    titles: Mapping[bool, str] = {True: text("help-arguments", language), False: text("help-options", language)}
    for param in command.get_params(ctx):
        own = word(f"help-{name}-{param.name}", getattr(param, "help", None) or "", language)
        param.help = word(f"help-{_OPTION}-{param.name}", own, language)  # type: ignore[attr-defined]
        param.rich_help_panel = titles[isinstance(param, TyperArgument)]  # type: ignore[attr-defined]


def _write_usage(command: Command, ctx: Context, formatter: HelpFormatter) -> None:
    language = _other_language()
    if not language:
        formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)))
        return
    from optbench.words import text

    command.options_metavar = text("help-options-metavar", language)
    pieces = " ".join(command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix=text("help-usage", language) + " ")
