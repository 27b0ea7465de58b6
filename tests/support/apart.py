"""An environment apart from that of the tests: its libraries, another optbench or none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def said(*command, cwd, **variables):
    """Run a command in a folder, without what this process has set for Python, and return its stdout."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env={**inherited, **variables}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def built_wheel(root, folder):
    """Return the wheel of a checkout, which `build` makes of the sdist alone."""
    said(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, root, cwd=folder)
    assert len([*folder.glob("optbench-*.tar.gz")]) == 1
    (made,) = folder.glob("optbench-*.whl")
    return made


def environment_without_optbench(folder):
    """Make an environment that finds every library of this one, but no optbench, and return its Python."""
    said(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    libraries = folder / "libraries"
    libraries.mkdir()
    for entry in (
        entry for place in sys.path if Path(place).name == "site-packages" for entry in Path(place).iterdir()
    ):
        link = libraries / entry.name
        # a .pth file or metadata of optbench would bring the checkout in
        if not entry.name.startswith(("optbench", "_optbench")) and entry.suffix != ".pth" and not link.exists():
            link.symlink_to(entry)
    (installed,) = folder.glob("lib/python*/site-packages")
    (installed / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "bin" / "python"
