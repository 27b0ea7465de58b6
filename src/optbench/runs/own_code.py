"""Whether the Python in a run folder is what the run was trained with: asked before any of it is executed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.errors import InvalidError, MismatchError
from optbench.user_code import source_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optbench.runs.recorded import Recorded

_DIGITS_SHOWN = 12


def require_trusted_code(
    recorded: Recorded, trusts: Callable[[Sequence[Finding]], bool], *, command: str = "reproduce"
) -> None:
    """Require that the code of a run may be executed.

    Parameters
    ----------
    trusts : asked if there is a doubt, with what speaks against it; returns whether it may be executed
    command : what would execute it

    Raises
    ------
    MismatchError
        If a file that the config names by an absolute path is another one than the run was trained with.
    InvalidError
        If it may not.
    """
    _require_files_in_place(recorded)
    doubts = doubts_about_code(recorded)
    if doubts and not trusts(doubts):
        raise InvalidError(
            worded(
                "refuse-untrusted",
                "'optbench {command}' would execute Python from {folder}, which may do anything that you "
                "may. Read it; if you trust it, give the command with --trust.",
                command=command,
                folder=recorded.paths.code,
            ),
            code="code-untrusted",
            findings=doubts,
        )


def doubts_about_code(recorded: Recorded) -> list[Finding]:
    """Return what speaks against executing the code of a run; [] if it has none, or if nothing does."""
    if not recorded.code:
        return []
    found = [
        Finding("reproduce-code-changed", Severity.WARNING, {"name": name, "before": before, "after": now})
        for name, before, now in changed_code(recorded)
    ]
    if not found and not has_its_key(recorded):
        code = "reproduce-key-shared" if recorded.has_other_paths else "reproduce-key-changed"
        found.append(Finding(code, Severity.WARNING, {"key": recorded.manifest.key[:_DIGITS_SHOWN]}))
    if not found and _is_from_elsewhere(recorded):
        found.append(Finding("reproduce-code-elsewhere", Severity.WARNING, {"names": sorted(recorded.code)}))
    return found


def changed_code(recorded: Recorded) -> list[tuple[str, str, str]]:
    """Return name, recorded and present digest of each file of code that is not the run's ("" for none)."""
    before = {name: str(digest) for name, digest in recorded.recorded_code.items()}
    now = {name: source_sha256(copy) for name, copy in recorded.code.items()}
    return [
        (name, before.get(name, "")[:_DIGITS_SHOWN], now.get(name, "")[:_DIGITS_SHOWN])
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def has_its_key(recorded: Recorded) -> bool:
    """Return whether the key of a run follows from its config, data, code and versions."""
    from optbench.config import run_key

    manifest = recorded.manifest
    key = run_key(
        recorded.config,
        data_digest=str(recorded.digests["data"]),
        code=recorded.recorded_code,
        versions=manifest.versions,
        reading=manifest.reading,
    )
    return key == manifest.key


def _require_files_in_place(recorded: Recorded) -> None:
    """Require that code with an absolute path, which is executed where it lies, is the run's."""
    for name in filter(lambda name: Path(name).is_absolute(), recorded.code):
        now = source_sha256(Path(name))
        if now != recorded.recorded_code.get(name):
            raise MismatchError(
                f"{name}, which the experiment names by its absolute path, must be the file that the run was trained "
                f"with. Received: one with sha256 {now[:_DIGITS_SHOWN]}... The run's is {recorded.code[name]}; put "
                "that there.",
                code="records-files-changed",
            )


def _is_from_elsewhere(recorded: Recorded) -> bool:
    """Return whether the run is of another machine, and its code nowhere on this one but in the run folder."""
    from optbench.provenance import machine_id

    return recorded.manifest.machine != machine_id() and not _is_beside_experiment(recorded)


def _is_beside_experiment(recorded: Recorded) -> bool:
    base = recorded.base
    try:
        return base is not None and all(
            source_sha256(base / name) == digest for name, digest in recorded.recorded_code.items()
        )
    except InvalidError:
        return False
