"""The blocks of code that README and docs show, and how a test carries them out as a reader would.

A page is carried out from top to bottom in one folder. What a block is, is said by its language and its first line:

- no language: commands, one a line, for a shell;
- yaml or python whose first line is a comment with a file's name: that file; other Python is executed;
- text, json, csv, powershell, latex: something to read, not to type.

A comment above a block says what is not as usual: `<!-- not carried out: REASON -->`, or `<!-- long: REASON -->` for
what only the nightly tests have time for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ_ONLY = {"text", "json", "csv", "powershell", "latex"}
_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>not carried out|long): (?P<reason>[^>]+?) -->\s*)?"
    r"^(?P<indent>[ ]*)```(?P<language>[a-z]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_NAMED = re.compile(r"# (?P<name>[\w./-]+\.(?:yaml|py))\n")


@dataclass(frozen=True)
class Block:
    """A block of a page; `mark` is what the comment above it says, with its `reason`."""

    language: str
    text: str
    mark: str = ""
    reason: str = ""

    @property
    def file(self) -> str:
        """The name of the file that it is, or an empty text."""
        found = _NAMED.match(self.text)
        return found["name"] if found and self.language in {"yaml", "python"} else ""

    @property
    def commands(self) -> list[str]:
        """Its command lines."""
        lines = self.text.splitlines() if not self.language else []
        return [line for line in lines if line.strip() and not line.startswith("#")]


def documented_pages() -> list[Path]:
    """Return README, CONTRIBUTING and the like, and every page of docs/ that is written by hand."""
    docs = [path for path in ROOT.glob("docs/**/*.md") if not {"_build", "generated"} & set(path.parts)]
    return sorted([*ROOT.glob("*.md"), *docs, *ROOT.glob("data/*.md"), *ROOT.glob("runs/*.md")])


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a page, in order."""
    found = []
    for block in _BLOCK.finditer(text):
        if block["language"] or not block["text"].startswith("{"):  # ```{toctree} has no language
            lines = [line.removeprefix(block["indent"]) for line in block["text"].splitlines(keepends=True)]
            found.append(Block(block["language"], "".join(lines), block["mark"] or "", block["reason"] or ""))
    return found


def carry_out(blocks: list[Block], folder: Path, variables: dict[str, str] | None = None) -> dict[str, str]:
    """Carry out the blocks of a page in a folder, as its reader does.

    Returns
    -------
    stdout by command
    """
    said = {}
    for block in blocks:
        if block.mark == "not carried out" or block.language in READ_ONLY:
            continue
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
        elif block.language == "python":
            said[block.text] = _output([sys.executable, "-c", block.text], folder, variables)
        for command in block.commands:
            said[command] = _output(["/bin/bash", "-c", command], folder, variables)
    return said


def _output(command: list[str], folder: Path, variables: dict[str, str] | None) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        env={**os.environ, "PATH": path, **(variables or {})},
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout
