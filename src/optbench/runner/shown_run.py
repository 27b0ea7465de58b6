"""A finished run as people hold it in a notebook: it shows itself, and gives tables and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import METRICS
from optbench.core.printable import printable
from optbench.core.worded import worded
from optbench.errors import NoRunsError
from optbench.records import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from optbench.records import RunRecord


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    record : what its folder tells: settings, metrics, times, digests
    """

    record: RunRecord

    @property
    def metrics(self) -> pd.DataFrame:
        """One row per metric, one column per split that exists; missing where a metric is undefined."""
        import pandas as pd

        found = {split: self.record.metrics.get(split) or {} for split in SPLITS}
        return pd.DataFrame({split: values for split, values in found.items() if values}, dtype="float64")

    @property
    def history(self) -> pd.DataFrame:
        """One row per epoch, 0 before training: the columns of history.csv."""
        import pandas as pd

        from optbench.run_store import RunPaths, read_history

        history = read_history(RunPaths(Path(self.record.folder)).history)
        return pd.DataFrame(history.rows, columns=list(history.columns)).astype({"epoch": "int64"})

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that was chosen, by dotted name."""
        from optbench.comparison import chosen_settings

        return chosen_settings(self.record.config)

    def figures(
        self, language: str | None = None, *, width: float = 7.0, font_size: float = 9.5
    ) -> Mapping[str, Figure]:
        """Return matplotlib figures by name, drawn from what the run stored: every chart of its page.

        Parameters
        ----------
        language : None is that of the machine setting
        width, font_size : in inches and points; 3.4 and 8 are those of a column

        Notes
        -----
        They are those that `optbench report RUN --figures DIR` writes. Each is drawn when it is asked for.
        """
        from optbench.reporting.paper.sheet import Paper
        from optbench.run_store import RunPaths
        from optbench.runner.report import stored_figures

        return stored_figures(RunPaths(Path(self.record.folder)), Paper(width, font_size), language)

    def __repr__(self) -> str:
        """Return the id and the metrics of the test split, not every number."""
        told = ", ".join(f"{name} {value}" for name, value in self._test())
        return printable(f"{self.record.run} ({self.record.status}): {told}")

    def _repr_html_(self) -> str:
        """Return what a notebook shows; names are escaped."""
        from optbench.reporting.notebook_html import html_paragraph, html_table
        from optbench.reporting.task_part import split_titles
        from optbench.words import text

        header = [text("table-metric"), *split_titles(["test"])]
        return html_paragraph(str(self.record.status), title=self.record.run) + html_table(header, self._test())

    def _test(self) -> list[tuple[str, str]]:
        from optbench.words.tables import localised

        values = self.record.metrics.get("test") or {}
        return [
            (name, localised(METRICS[name].score_text(value)))
            for name, value in values.items()
            if name in METRICS and value is not None
        ]


def load_run(path: str | Path) -> RunResult:
    """Return a finished run.

    Parameters
    ----------
    path : run folder; or the id of a run, or the beginning of its key, in the folder `runs`

    Raises
    ------
    NoRunsError
        If it names no finished run, or several.

    Examples
    --------
    >>> import optbench
    >>> run = optbench.load_run("runs/telco-adam-s0-3f2a9c1e")  # doctest: +SKIP
    >>> run.figures()["learning_curves"]  # doctest: +SKIP
    """
    from optbench.run_store import find_runs

    records, _ = find_runs([str(path)], Path("runs"))
    if len(records) != 1:
        raise NoRunsError(
            worded(
                "typed-load-run",
                "load_run takes one run. Received: {path!r}, which names {n}. load_runs takes a folder.",
                path=str(path),
                n=len(records),
            ),
            code="runs-name-ambiguous",
        )
    return RunResult(records[0])
