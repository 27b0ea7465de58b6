"""`optbench run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optbench.cli.options import (
    AsJson,
    Configs,
    DataDir,
    Debug,
    Detach,
    ExecutorName,
    Jobs,
    Language,
    MachineFile,
    Overrides,
    Quiet,
    Retries,
    RunsDir,
    TakeOver,
    Timeout,
    Verbose,
)
from optbench.cli.output import note, print_json, print_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from optbench.runner.run import RunOptions

Folds = Annotated[
    int | None,
    typer.Option(
        "--folds", metavar="N", help="Cross-validation: each experiment on N folds in turn, and a page of all of them."
    ),
]
Seeds = Annotated[str | None, typer.Option(metavar="SEEDS", help="Seeds: 3, or 0,1,5, or 0..9.")]


def run(
    configs: Configs,
    overrides: Overrides = None,
    seeds: Seeds = None,
    folds: Folds = None,
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = Path("data"),
    jobs: Jobs = None,
    executor: ExecutorName = "local",
    machine: MachineFile = None,
    detach: Detach = False,
    retries: Retries = 1,
    timeout: Timeout = None,
    take_over: TakeOver = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run, how long, how big; create nothing.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each run is skipped, resumed or new; create nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Train again what is finished, into a folder beside it.")
    ] = False,
    figures: Annotated[
        bool | None,
        typer.Option(
            "--figures/--no-figures",
            help="Draw pictures and page of every run; by default of up to 12 runs, more are drawn by 'report'.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Train each experiment with each seed; write accuracy, confusion matrix, report and ROC curve to a run folder.

    The same command given again skips finished runs and resumes unfinished ones.
    """
    del debug, lang
    from optbench.config import load_machine, parse_seeds
    from optbench.runner.run import RunOptions

    options = RunOptions(
        configs=tuple(configs),
        overrides=tuple(overrides or ()),
        seeds=None if seeds is None else tuple(parse_seeds(seeds)),
        folds=folds,
        runs_dir=runs_dir,
        data_dir=data_dir,
        jobs=jobs,
        executor=executor,
        machine=load_machine(machine),
        detach=detach,
        retries=retries,
        timeout=timeout,
        take_over=take_over,
        force=force,
        figures=figures,
        quiet=quiet or as_json,
        verbose=verbose,
    )

    def say(sentence: str) -> None:
        note(sentence, quiet=options.quiet)

    if dry_run or explain:
        _foresee(options, say, costs=dry_run, as_json=as_json)
    else:
        _execute(options, say, as_json=as_json)


def _foresee(options: RunOptions, say: Callable[[str], None], *, costs: bool, as_json: bool) -> None:
    from optbench.runner import foresee

    found = (foresee.dry_run if costs else foresee.explain_runs)(options, say=say)
    jobs = options.at_a_time
    if as_json:
        print_json(foresee.foreseen_json(found, jobs=jobs))
    else:
        print_lines(foresee.foreseen_text(found, jobs=jobs, language=options.language))


def _execute(options: RunOptions, say: Callable[[str], None], *, as_json: bool) -> None:
    from optbench.errors import StoppedError
    from optbench.runner.detach import detach_runs
    from optbench.runner.folds import folds_json, folds_text, gather_folds
    from optbench.runner.run import run_experiments
    from optbench.runner.summary import raise_for_failures, stopped_json, summary_json, summary_text

    try:
        ends = (detach_runs if options.detach else run_experiments)(options, say=say)
    except StoppedError as stopped:
        if as_json:
            print_json(stopped_json(stopped))
        elif stopped.ends:
            print_lines(summary_text(stopped.ends, options.language))
        raise
    groups = gather_folds(ends, options.runs_dir, options.language) if options.folds and not options.detach else []
    if as_json:
        print_json({**summary_json(ends), **({"folds": folds_json(groups)} if groups else {})})
    else:
        print_lines("\n".join([summary_text(ends, options.language), *folds_text(groups, options.language)]))
    raise_for_failures(ends)
