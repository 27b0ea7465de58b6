"""`optbench ls`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, Verbose
from optbench.cli.output import note, notes, print_json, print_lines, terminal_width


def ls(
    runs_dir: Annotated[
        Path,
        typer.Argument(metavar="RUNS_DIR", readable=False, envvar="OPTBENCH_RUNS_DIR", help="Where run folders are."),
    ] = Path("runs"),
    where: Annotated[
        str | None,
        typer.Option(
            "--where", metavar="EXPR", help="List only runs that meet this: \"optimizer == 'adam' and accuracy > 0.8\"."
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="KEY", help="Sort by this: metrics best first, others rising; -KEY reverses."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """List run folders by study: finished ones with their test score, unfinished ones with what stopped them.

    Behind a run are the settings in which it differs from others of its name.
    """
    del debug, lang, verbose
    from optbench.runner.listing import list_json, list_runs, list_text
    from optbench.runner.selection import fields_of, select, without_values
    from optbench.words import text

    every, passed_over = list_runs(runs_dir)
    runs = every
    if where is not None or sort is not None:
        fields = [fields_of(run) for run in every]
        runs = select(list(zip(every, fields, strict=True)), where=where, sort=sort)
        passed_over = [*passed_over, *without_values(fields, where=where, sort=sort)]
    notes(passed_over, quiet=quiet)
    if not runs:
        note(text("list-none-chosen", n=len(every)), quiet=quiet)
    if as_json:
        print_json(list_json(runs))
    else:
        print_lines(list_text(runs, width=terminal_width(), by_study=sort is None) if runs else "")
