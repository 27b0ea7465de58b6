"""`optbench study`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import (
    AsJson,
    DataDir,
    Debug,
    Detach,
    ExecutorName,
    FigureFont,
    FiguresDir,
    FigureWidth,
    Jobs,
    Language,
    MachineFile,
    Quiet,
    Retries,
    RunsDir,
    TakeOver,
    Timeout,
    Verbose,
    figure_folder,
)
from optbench.cli.output import note, notes, print_json, print_lines, takes_colour, terminal_width


def study(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", readable=False, help="Study file.")],
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = Path("data"),
    jobs: Jobs = None,
    executor: ExecutorName = "local",
    machine: MachineFile = None,
    detach: Detach = False,
    retries: Retries = 1,
    timeout: Timeout = None,
    take_over: TakeOver = False,
    figures: FiguresDir = None,
    figure_width: FigureWidth = 3.4,
    figure_font: FigureFont = 8.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many runs, how long, and what the seeds can decide.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each run is skipped, resumed or new; create nothing.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Compare optimizers fairly: tune each with the same budget, repeat the best on fresh seeds, end with a verdict.

    The same command given again resumes an unfinished study; more seeds or points extend a finished one.
    """
    del debug, lang
    from optbench.config import load_machine
    from optbench.runner.detach import LeftWithSchedulerError
    from optbench.study.run import StudyOptions, run_study

    folder = figure_folder(figures, figure_width, figure_font)
    if folder is not None:
        folder.require()
    options = StudyOptions(
        config=config,
        runs_dir=runs_dir,
        data_dir=data_dir,
        jobs=jobs,
        executor=executor,
        machine=load_machine(machine),
        detach=detach,
        retries=retries,
        timeout=timeout,
        take_over=take_over,
        quiet=quiet or as_json,
        verbose=verbose,
    )

    def say(sentence: str) -> None:
        note(sentence, quiet=options.quiet)

    if dry_run or explain:
        from optbench.study import foresee

        found = (foresee.dry_run if dry_run else foresee.explain)(options, say=say)
        if as_json:
            print_json(found.to_json())
        else:
            print_lines(found.text(options.language), indent=2)
        return
    try:
        end = run_study(options, say=say)
    except LeftWithSchedulerError as left:
        from optbench.runner.summary import raise_for_failures, summary_json, summary_text
        from optbench.words import text

        if as_json:
            print_json(summary_json(left.ends))
        else:
            print_lines(summary_text(left.ends, options.language))
        raise_for_failures(left.ends)
        say(text("study-left", options.language))
        return
    if folder is not None:
        from optbench.study.figures import study_figures

        folder.write(study_figures(end.findings, folder.paper, options.language))
        notes([folder.note], quiet=options.quiet)
    if as_json:
        from optbench.study.verdict_json import verdict_document

        print_json(verdict_document(end.findings))
    else:
        from optbench.study.summary import study_summary

        width, colour = terminal_width(), takes_colour()
        shown = study_summary(end.findings, width=width, colour=colour, language=options.language)
        print_lines(shown, indent=2)
    say(end.sentence(options.language))
