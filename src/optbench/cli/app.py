"""The list of commands. Their files import nothing heavy, so `--help` answers at once."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated

import typer

from optbench import __version__
from optbench.cli.check import check
from optbench.cli.cite import cite
from optbench.cli.compare import compare
from optbench.cli.config import config
from optbench.cli.doctor import doctor
from optbench.cli.export import export
from optbench.cli.fetch import fetch
from optbench.cli.gc import gc
from optbench.cli.help import SpokenCommand, SpokenGroup
from optbench.cli.import_ import import_archive
from optbench.cli.init import init
from optbench.cli.list import list_names
from optbench.cli.ls import ls
from optbench.cli.merge import merge
from optbench.cli.options import Debug, Language
from optbench.cli.predict import predict
from optbench.cli.refit import refit
from optbench.cli.report import report
from optbench.cli.reproduce import reproduce
from optbench.cli.rm import rm
from optbench.cli.run import run
from optbench.cli.schema import schema
from optbench.cli.share import share
from optbench.cli.show import show
from optbench.cli.study import study
from optbench.cli.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    name="optbench",
    cls=SpokenGroup,
    help="Which Keras optimizer should I use on my problem, by how much is it better, and how sure can I be?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"optbench {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    del version, debug, lang


_COMMANDS = (
    *(run, study, refit, compare, predict, export),
    *(show, ls, report, check, reproduce, cite, rm, gc, share, merge),
    *(validate, config, schema, init, doctor, fetch),
)


def _help(command: Callable[..., None]) -> str:
    """Return what a command says of itself, a line per paragraph: the terminal decides where it breaks."""
    paragraphs = inspect.getdoc(command) or ""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs.split("\n\n"))


for command in _COMMANDS:
    app.command(cls=SpokenCommand, help=_help(command))(command)
app.command("list", cls=SpokenCommand, help=_help(list_names))(list_names)
app.command("import", cls=SpokenCommand, help=_help(import_archive))(import_archive)
