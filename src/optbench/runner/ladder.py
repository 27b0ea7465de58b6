"""The ladder of digests: two runs climbed together, rung by rung, until they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from optbench.provenance import EnvironmentDifference

_ONCE_BEFORE = ("data", "split", "config", "initial_weights")
_EACH_EPOCH = ("order", "weights", "optimizer")
_ONCE_AFTER = ("predictions", "metrics")
# What of an environment can move a rung, by the start of the fact's name; everything below a rung moves it too.
# What optbench pins itself (threads, oneDNN, op determinism, the backend) is not among it.
_READING = ("packages.pandas", "packages.pyarrow", "packages.numpy", "packages.scikit-learn", "code.", "python.")
_SPELLING = ("packages.optbench", "packages.keras", "packages.pyyaml", "packages.pydantic")
_COMPUTING = (
    "software.",
    "cpu.model",
    "cpu.family",
    "cpu.flags",
    "gpus",
    "variables.ONEDNN_MAX_CPU_ISA",
    "variables.DNNL_MAX_CPU_ISA",
    "variables.MKL_CBWR",
    "variables.NVIDIA_TF32_OVERRIDE",
    "variables.XLA_FLAGS",
    "packages.tensorflow",
    "packages.keras",
    "packages.numpy",
    "packages.ml-dtypes",
    "package_digests.",
    "packages.optbench",
    "platform.libc",
    "code.",
)
_MEASURING = ("packages.scikit-learn", "packages.scipy", "packages.numpy", "packages.optbench")


def rungs(digests: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and digest of every rung of `digests.json`, from the data to the metrics."""
    for name in _ONCE_BEFORE:
        yield name, str(digests[name])
    for epoch, per_epoch in enumerate(zip(*(digests[name] for name in _EACH_EPOCH), strict=True), start=1):
        for name, digest in zip(_EACH_EPOCH, per_epoch, strict=True):
            yield f"{name} of epoch {epoch}", str(digest)
    for name in _ONCE_AFTER:
        yield name, str(digests[name])


def first_difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[str, int]:
    """Return the first rung that differs ("" if none does) and how many were equal before it."""
    ours, theirs = list(rungs(first)), list(rungs(second))
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return one[0], number
    if len(ours) != len(theirs):
        return "number of epochs", min(len(ours), len(theirs))
    return "", len(ours)


def explanations(
    rung: str, differences: Sequence[EnvironmentDifference], *, packages: Iterable[str] = ()
) -> list[EnvironmentDifference]:
    """Return those differences of two environments that could move a rung.

    Parameters
    ----------
    packages : those whose versions are in the run's key; an engine of an installed package has its own
    """
    starts = _starts(rung, tuple(f"packages.{name}" for name in packages))
    return [difference for difference in differences if difference.fact.startswith(starts)]


def _starts(rung: str, of_the_key: tuple[str, ...]) -> tuple[str, ...]:
    if rung in ("data", "split"):
        return _READING
    if rung == "config":
        return _SPELLING
    return _MEASURING if rung == "metrics" else (*_COMPUTING, *of_the_key)
