"""`optbench compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from optbench.cli.options import (
    AsJson,
    Debug,
    FigureFont,
    FiguresDir,
    FigureWidth,
    Language,
    Quiet,
    RunsDir,
    Verbose,
    figure_folder,
)
from optbench.cli.output import notes, print_data, takes_colour, terminal_width

Runs = Annotated[
    list[str], typer.Argument(metavar="RUNS", help="Run folders, globs, run ids or 8-character key prefixes.")
]
OutputFormat = Annotated[
    Literal["table", "json", "csv", "md", "latex"], typer.Option("--format", help="How to print it.")
]


def compare(
    runs: Runs,
    metric: Annotated[
        str | None, typer.Option(help="Metric of the test split that decides (default: accuracy, for numbers rmse).")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="Compare every optimizer with this one (default: every pair).")
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Largest difference that does not matter, in units of the metric "
            "(default: 0.005, half a point of accuracy; for errors 0.5 % of that of the mean)."
        ),
    ] = None,
    alpha: Annotated[float, typer.Option(help="Level of the tests over all pairs.")] = 0.05,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Compare values of this setting, such as training.epochs or model, instead of optimizers.",
        ),
    ] = None,
    output_format: OutputFormat = "table",
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Write a page with curves and pictures as well.")
    ] = None,
    figures: FiguresDir = None,
    figure_width: FigureWidth = 3.4,
    figure_font: FigureFont = 8.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 5 if in a compared pair more than the optimizer differs.")
    ] = False,
    runs_dir: RunsDir = Path("runs"),
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Compare optimizers on the test split: table, paired differences over seeds, and a verdict with its doubt.

    What differs besides what is compared stands above the table. Unfinished and foreign folders are passed over.
    """
    del debug, lang, verbose
    from optbench.runner.compare import CompareOptions, compare_runs, raise_for_mismatches

    options = CompareOptions(
        runs=runs,
        runs_dir=runs_dir,
        metric=metric,
        baseline=baseline,
        alpha=alpha,
        margin=margin,
        by=by,
        output_format="json" if as_json else output_format,
        html=html,
        figures=figure_folder(figures, figure_width, figure_font),
        width=terminal_width(),
        colour=takes_colour(),
    )
    outcome = compare_runs(options)
    notes(outcome.notes, quiet=quiet)
    print_data(outcome.text)
    if strict:
        raise_for_mismatches(outcome)
