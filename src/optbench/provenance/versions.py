"""Versions of installed packages, read from their metadata; no package is imported for its version."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from optbench.core.worded import worded
from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Files = Callable[[str], Sequence[metadata.PackagePath] | None]

# The same library under several distribution names: builds with and without GPU support.
_KEY_PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "tf-nightly"),
    "keras": ("keras", "keras-nightly"),
    "numpy": ("numpy",),
    "scikit-learn": ("scikit-learn",),
}


DATA_PACKAGES: Final = ("numpy", "scikit-learn")
"""Of these, what computes with data and metrics, whichever engine trains."""


def key_versions(
    packages: Sequence[str] = tuple(_KEY_PACKAGES), *, version_of: Callable[[str], str] = metadata.version
) -> dict[str, str]:
    """Return the versions of the packages that can change a run's numbers, by package name.

    Parameters
    ----------
    packages : without them, those of a run that is trained by an engine of optbench's own
    version_of : version of a distribution; PackageNotFoundError if it is not installed

    Raises
    ------
    MachineError
        If one of them is not installed.
    """
    return {package: _first_installed(package, version_of) for package in packages}


def key_package_digests(files_of: Files = metadata.files) -> dict[str, str]:
    """Return sha256 hex of what each key package installed, by package name; two builds of one version differ here.

    Taken over the names and digests of its library files as the installer recorded them; "" where it recorded none.
    Scripts beside the library are left out: their first line is the path of the environment.
    """
    return {package: _recorded_digest(names, files_of) for package, names in _KEY_PACKAGES.items()}


def key_package_digests_like(recorded: Mapping[str, Any], files_of: Files = metadata.files) -> dict[str, str]:
    """Return the same, to be compared with what a run recorded: earlier versions counted the scripts, too."""
    here = key_package_digests(files_of)
    for package, names in _KEY_PACKAGES.items():
        before = recorded.get(package)
        if before and before != here[package] and before == _recorded_digest(names, files_of, scripts=True):
            here[package] = str(before)
    return here


def installed_packages() -> dict[str, str]:
    """Return every installed distribution's version by its normalised name, sorted; of two copies the one imported."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:  # a half-removed package has none
            found.setdefault(name.lower().replace("_", "-"), distribution.version)
    return dict(sorted(found.items()))


def _recorded_digest(names: tuple[str, ...], files_of: Files, *, scripts: bool = False) -> str:
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            files = files_of(name) or []
            library = (f for f in files if ".dist-info" not in str(f) and (scripts or ".." not in f.parts))
            lines = sorted(f"{f} {f.hash.value}" for f in library if f.hash)
            return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""
    return ""


def _first_installed(package: str, version_of: Callable[[str], str]) -> str:
    for name in _KEY_PACKAGES[package]:
        try:
            return version_of(name)
        except metadata.PackageNotFoundError:
            continue
    raise MachineError(
        worded(
            "need-package",
            "optbench needs {package}, which is not installed. Install it with 'pip install {package}'.",
            package=package,
        ),
        code="machine-package-missing",
    )
