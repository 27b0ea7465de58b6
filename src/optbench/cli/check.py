"""`optbench check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import notes, print_json, print_lines


def check(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN|STUDY", help="Folders, globs, ids, key prefixes; folders of studies."),
    ],
    runs_dir: RunsDir = Path("runs"),
    is_quick: Annotated[
        bool,
        typer.Option("--quick", help="Read manifests only: names and sizes of files are verified, not their contents."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Verify runs and studies against their manifests: missing, changed, truncated or added files; executes nothing."""
    del debug, lang, verbose
    from optbench.runner.check import check_json, check_runs, check_text, raise_for_problems
    from optbench.study.check import check_study
    from optbench.study.earlier import earlier_note, is_earlier
    from optbench.study.folders import parted

    studies, _ = parted(runs, runs_dir)
    of_studies = [one for paths in studies for one in check_study(paths, deep=not is_quick)]
    checked, passed_over = check_runs(runs, runs_dir, deep=not is_quick)
    checked = [*of_studies, *checked]
    passed_over += [earlier_note(paths) for paths in studies if is_earlier(paths)]
    notes(passed_over, quiet=quiet)
    if as_json:
        print_json(check_json(checked, deep=not is_quick))
    else:
        print_lines(check_text(checked))
    raise_for_problems(checked)
