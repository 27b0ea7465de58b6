"""`optbench run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import (
    AsJson,
    Configs,
    DataDir,
    Debug,
    ExecutorName,
    Jobs,
    Overrides,
    Quiet,
    Retries,
    RunsDir,
    Timeout,
    Verbose,
)
from optbench.cli.output import note, print_data, print_json

Seeds = Annotated[str | None, typer.Option(metavar="SEEDS", help="Seeds: 3, or 0,1,5, or 0..9.")]


def run(
    configs: Configs,
    overrides: Overrides = None,
    seeds: Seeds = None,
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = Path("data"),
    jobs: Jobs = None,
    executor: ExecutorName = "local",
    retries: Retries = 1,
    timeout: Timeout = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run, how long, how big; create nothing.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each run is skipped, resumed or new; create nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Train again what is finished, into a folder beside it.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Train each experiment with each seed; write accuracy, confusion matrix, report and ROC curve to a run folder.

    The same command given again skips finished runs and resumes unfinished ones.
    """
    del debug, verbose
    from optbench.config import parse_seeds
    from optbench.runner.run import RunOptions, available_cores, run_experiments

    options = RunOptions(
        configs=tuple(configs),
        overrides=tuple(overrides or ()),
        seeds=None if seeds is None else tuple(parse_seeds(seeds)),
        runs_dir=runs_dir,
        data_dir=data_dir,
        jobs=jobs,
        executor=executor,
        retries=retries,
        timeout=timeout,
        force=force,
        quiet=quiet or as_json,
    )

    def say(sentence: str) -> None:
        note(sentence, quiet=options.quiet)

    if dry_run or explain:
        from optbench.runner import foresee

        found = (foresee.dry_run if dry_run else foresee.explain_runs)(options, say=say)
        workers = jobs or available_cores()
        if as_json:
            print_json(foresee.foreseen_json(found, jobs=workers))
        else:
            print_data(foresee.foreseen_text(found, jobs=workers))
        return
    from optbench.runner.summary import raise_for_failures, summary_json, summary_text

    ends = run_experiments(options, say=say)
    if as_json:
        print_json(summary_json(ends))
    else:
        print_data(summary_text(ends))
    raise_for_failures(ends)
