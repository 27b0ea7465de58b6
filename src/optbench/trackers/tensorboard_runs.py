"""Runs for TensorBoard: a folder per run, one per group, and one for the verdict, in one of the study or problem.

A file of events is named after the key of its run or the digest of its comparison, so what is there is left alone.
"""

from __future__ import annotations

import io
import json
from functools import partial
from typing import TYPE_CHECKING, Final

from optbench.core.text import markdown_table, markdown_text
from optbench.records import RunStatus
from optbench.trackers.outgoing import config_text, environment_of
from optbench.trackers.tables import GROUP, PAIR
from optbench.trackers.tensorboard_events import EventFile, event_file_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from optbench.trackers.outgoing import OutgoingComparison, OutgoingRun

_DIGITS, _DIGITS_SHOWN = 16, 8
_NUMBERS: Final = ("mean", "sd", "n", "n_diverged", "ci_low", "ci_high", "training_seconds")


def send(comparisons: Sequence[OutgoingComparison], folder: Path) -> tuple[int, int, int]:
    """Write event files; return how many runs are new, were known, and how many comparisons are new.

    Raises
    ------
    StorageError
        If a file cannot be written, or a link has the name of a folder in the folder.
    UsageError
        If a folder in the folder is that of a run or study; nothing is written then.
    """
    from optbench.run_store import make_folder, require_outside

    for one in comparisons:
        for run in one.runs:  # in a runs directory, the runs of a study
            require_outside(folder / folder_name(one.name) / run.record.run, option="--out")
    make_folder(folder, follow_link=True)
    counts = [_send(one, folder / folder_name(one.name)) for one in comparisons]
    new, known, added = (sum(column) for column in zip(*counts, strict=True))
    return new, known, added


def _send(comparison: OutgoingComparison, folder: Path) -> tuple[int, int, int]:
    """Write what one comparison says and its runs; return the same numbers as `send`."""
    file_of_runs = [((run.record.run, event_file_name(run.record.key[:_DIGITS])), run) for run in comparison.runs]
    new = sum(_write_new(folder, way, partial(_write_run, run=run, comparison=comparison)) for way, run in file_of_runs)
    begin, name = comparison.digest[:_DIGITS_SHOWN], event_file_name(comparison.digest[:_DIGITS])
    for group in comparison.groups:
        way = (f"groups-{begin}", folder_name(group["optimizer"]), name)
        _write_new(folder, way, partial(_write_group, group=group, comparison=comparison))
    added = _write_new(folder, (f"verdict-{begin}", name), partial(_write_verdict, comparison=comparison))
    return new, len(comparison.runs) - new, int(added)


def folder_name(title: str) -> str:
    """Return a title as the name of a folder, which TensorBoard shows: its own characters as far as files take them."""
    kept = "".join(letter if letter.isprintable() and letter not in '/\\:*?"<>|' else "_" for letter in title)
    return kept.strip(". ")[:100] or "_"


def _write_new(folder: Path, way: tuple[str, ...], write: Callable[[EventFile], None]) -> bool:
    """Write a file of events as a whole; return False if it is there.

    Parameters
    ----------
    folder : of the comparison
    way : names of the folders in it, then of the file
    """
    from optbench.run_store import make_folder, remove_leftovers, write_bytes

    path = folder.joinpath(*way)
    if path.exists():
        return False
    target = _Kept()
    events = EventFile(target)
    write(events)
    events.close()
    for n_names in range(len(way)):
        make_folder(folder.joinpath(*way[:n_names]))
    remove_leftovers(path.parent, of=path.name)
    write_bytes(path, target.content, replace=False)
    return True


class _Kept(io.BytesIO):
    """Bytes in memory that are still there when the file is closed."""

    content: bytes = b""

    def close(self) -> None:
        """Keep what was written."""
        self.content = self.getvalue()
        super().close()


def _write_run(file: EventFile, run: OutgoingRun, comparison: OutgoingComparison) -> None:
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    pace = run.times.get("seconds_per_epoch", 0.0)
    group = next((one for one in comparison.groups if run.record.run in one["runs"]), None)
    trial = run.label if group else f"{run.label} ({run.stage})"
    file.summary(hparams_pb(_hyperparameters(run), trial_id=trial, start_time_secs=0))
    for row in run.history.rows:
        values = dict(zip(run.history.columns, row, strict=True))
        epoch = int(values.pop("epoch"))
        file.scalars({f"epoch/{name}": value for name, value in values.items()}, step=epoch, seconds=pace * epoch)
    end = int(run.history.rows[-1][0])
    final = {f"final/{name.replace('.', '/')}": value for name, value in run.metrics.items()}
    file.scalars(
        {**final, **{f"time/{name}": value for name, value in run.times.items()}}, step=end, seconds=pace * end
    )
    for path in run.pictures:
        file.picture(path.stem, path.read_bytes())
    facts = markdown_table(("", ""), [(name, value) for name, value in run.facts.items() if value is not None])
    file.text("run", facts)
    file.text("config", _fenced(config_text(run), "yaml"))
    file.text("environment", _fenced(json.dumps(environment_of(run), indent=2, ensure_ascii=False), "json"))
    file.summary(_end_of(run))


def _end_of(run: OutgoingRun) -> Any:
    """Return the message that ends a session of the plugin for hyperparameters; its own function imports TensorFlow."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    failed = run.record.status is RunStatus.DIVERGED
    ended = plugin_data_pb2.SessionEndInfo(
        status=api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS,
        end_time_secs=run.times.get("training_seconds", 0.0),
    )
    told = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(session_end_info=ended))
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=told, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])


def _hyperparameters(run: OutgoingRun) -> dict[str, bool | float | str]:
    return {name: value for name, value in run.parameters.items() if value is not None}


def _write_group(file: EventFile, group: Any, comparison: OutgoingComparison) -> None:
    numbers = {name: group[name] for name in _NUMBERS if isinstance(group.get(name), int | float)}
    file.scalars({f"group/{comparison.metric}/{name}": float(value) for name, value in numbers.items()}, step=0)


def _write_verdict(file: EventFile, comparison: OutgoingComparison) -> None:
    from tensorboard.plugins.hparams.summary_v2 import HParam, Metric, hparams_config_pb

    varied = _varied(comparison.runs)
    decides = f"test.{comparison.metric}"
    every = sorted({name for run in comparison.runs for name in run.metrics if name.startswith("test.")})
    names = dict.fromkeys([decides, *every])
    metrics = [Metric(f"final/{name.replace('.', '/')}", display_name=name) for name in names]
    file.summary(hparams_config_pb([HParam(name) for name in varied], metrics, time_created_secs=0))
    file.text("verdict", markdown_text(comparison.verdict))
    file.text("warnings", "\n".join(f"- {markdown_text(one)}" for one in comparison.warnings) or "-")
    file.text("groups", _markdown(comparison.groups, GROUP[:10]))
    file.text("pairs", _markdown(comparison.pairs, PAIR))
    for name, png in comparison.draw().items():
        file.picture(name.removesuffix(".png"), png)


def _varied(runs: Sequence[OutgoingRun]) -> list[str]:
    """Return the settings that are not the same in all runs: those that a table of hyperparameters is about."""
    names = dict.fromkeys(name for run in runs for name in run.parameters)
    different = [name for name in names if len({json.dumps(run.parameters.get(name)) for run in runs}) > 1]
    return different or ["optimizer.name"]


def _markdown(rows: Sequence[Any], columns: Sequence[str]) -> str:
    header = [name for name in columns if name != "name"]
    return markdown_table(header, [["" if row.get(name) is None else row[name] for name in header] for row in rows])


def _fenced(text: str, language: str) -> str:
    """Return text as a block of code that nothing in it ends."""
    return "\n".join([f"    {line}" for line in text.splitlines()]) if "```" in text else f"```{language}\n{text}\n```"
