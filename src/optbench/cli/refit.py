"""`optbench refit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import (
    AsJson,
    DataDir,
    Debug,
    ExecutorName,
    Language,
    Quiet,
    Retries,
    RunsDir,
    TakeOver,
    Timeout,
    Verbose,
)
from optbench.cli.output import note, print_json, print_lines
from optbench.cli.reproduce import OwnData, Trust, asked_to_trust


def refit(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|STUDY",
            help="Run folder, run id or key prefix; or folder or name of a study, or its recommended.yaml.",
        ),
    ],
    problem: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a study on several data sets, the one to train on.")
    ] = None,
    trust: Trust = False,
    data: OwnData = None,
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = Path("data"),
    executor: ExecutorName = "local",
    retries: Retries = 1,
    timeout: Timeout = None,
    take_over: TakeOver = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Train the setting of a run, or the one a study recommends, on all rows: a model for use, without a test score.

    It trains for as many epochs as led to the weights that were kept, without early stopping. The same command given
    again skips a finished run and resumes an unfinished one.
    """
    del debug, lang
    from optbench.runner import refit as steps
    from optbench.runner.run import RunOptions
    from optbench.runner.summary import raise_for_failures, summary_json, summary_text
    from optbench.study.refit import origin_of

    options = RunOptions(
        configs=(),
        runs_dir=runs_dir,
        data_dir=data_dir,
        jobs=1,
        executor=executor,
        retries=retries,
        timeout=timeout,
        take_over=take_over,
        quiet=quiet or as_json,
        verbose=verbose,
    )
    ends = steps.refit(
        origin_of(run, runs_dir, problem=problem),
        options,
        say=lambda sentence: note(sentence, quiet=options.quiet),
        data=data,
        trusts=lambda doubts: trust or asked_to_trust(doubts),
    )
    if as_json:
        print_json(summary_json(ends))
    else:
        print_lines(summary_text(ends, options.language))
    raise_for_failures(ends)
