"""Seeded mistakes that the tests have to notice: each is made in a copy of the tree, and its tests must fail.

    python tools/mutants.py            # all of tests/mutants/*.toml
    python tools/mutants.py study      # of one room
    python tools/mutants.py --list     # which still apply, without running anything
    python tools/mutants.py --clean    # the tests alone, without a mistake: what fails here would kill any mutant

A mutant names a file, a text that stands in it once, what stands there instead, and the tests that have to fail. One
whose text is gone is reported as stale: the source has moved on, and so has to the mutant.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "tests" / "mutants"
COPIED = ("src", "tests", "configs", "schemas", "docs", "tools", "bench", "data", "runs")
TESTS_FAILED = 1  # exit code of pytest; any other but 0 says that the tests did not run as they should
LONGEST = 600.0  # seconds for the tests of one mutant; a mutant that never ends is noticed too


@dataclass(frozen=True)
class Mutant:
    """One seeded mistake.

    Attributes
    ----------
    room, name : where it stands, and what is wrong with it, in a few words
    file : relative to the tree
    old, new : the text that stands there once, and what replaces it
    tests : arguments of pytest that choose the tests which have to fail
    """

    room: str
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def is_stale(self, tree: Path) -> bool:
        """Return True if its text does not stand in its file exactly once."""
        path = tree / self.file
        return not path.is_file() or path.read_text().count(self.old) != 1


def read_mutants() -> list[Mutant]:
    """Return all mutants, by room."""
    found = []
    for path in sorted(LISTS.glob("*.toml")):
        for entry in tomllib.loads(path.read_text())["mutant"]:
            tests = tuple(entry.pop("tests").split())
            found.append(Mutant(room=path.stem, tests=tests, **entry))
    return found


def copy_tree(target: Path) -> None:
    """Copy what the tests need; runs, caches and data stay where they are."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".hypothesis")
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, ignore=ignored, symlinks=True)
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copy2(path, target / path.name)


def run_tests(tree: Path, tests: tuple[str, ...]) -> int | None:
    """Run tests in the copy, with the copy's own source; return pytest's exit code, None if it took too long."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    variables = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=tree, env=variables, stdout=subprocess.DEVNULL, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def outcome_of(mutant: Mutant, tree: Path) -> str:
    """Make the mistake in the copy, run its tests, and take it back."""
    if mutant.is_stale(tree):
        return "STALE"
    path = tree / mutant.file
    whole = path.read_text()
    path.write_text(whole.replace(mutant.old, mutant.new))
    try:
        code = run_tests(tree, mutant.tests)
    finally:
        path.write_text(whole)
    if code in (TESTS_FAILED, None):
        return "killed"
    return "SURVIVED" if code == 0 else f"NOT TESTED (pytest ended with {code})"


def chosen_mutants(words: list[str]) -> list[Mutant]:
    """Return the mutants of the rooms, or with the parts of names, that were asked for; all without."""
    return [
        mutant
        for mutant in read_mutants()
        if not words or any(word == mutant.room or word in mutant.name for word in words)
    ]


def failing_without(mutants: list[Mutant], tree: Path) -> int:
    """Run the tests of the mutants without any mistake; return how many choices of tests do not pass."""
    failing = 0
    for tests in dict.fromkeys(mutant.tests for mutant in mutants):
        code = run_tests(tree, tests)
        failing += code != 0
        sys.stdout.write(f"{'pass' if code == 0 else f'FAIL ({code})':9} {' '.join(tests)}\n")
        sys.stdout.flush()
    return failing


def main() -> int:
    """Run the chosen mutants and tell how each ended; 1 if one survived, was not tested or is stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chosen", nargs="*", help="rooms, or parts of names; all without")
    parser.add_argument("--list", action="store_true", help="say which are stale, and run nothing")
    parser.add_argument("--clean", action="store_true", help="make no mistake: the tests have to pass")
    arguments = parser.parse_args()
    mutants = chosen_mutants(arguments.chosen)
    if arguments.list:
        stale = [mutant for mutant in mutants if mutant.is_stale(ROOT)]
        sys.stdout.writelines(f"STALE {mutant.room}: {mutant.name}\n" for mutant in stale)
        sys.stdout.write(f"{len(mutants) - len(stale)} of {len(mutants)} mutants apply\n")
        return 1 if stale else 0
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy_tree(Path(folder))
        if arguments.clean:
            return 1 if failing_without(mutants, Path(folder)) else 0
        for mutant in mutants:
            begin = time.monotonic()
            outcome = outcome_of(mutant, Path(folder))
            counts[outcome] += 1
            sys.stdout.write(f"{outcome:9} {mutant.room}: {mutant.name} ({time.monotonic() - begin:.0f} s)\n")
            sys.stdout.flush()
    sys.stdout.write(", ".join(f"{number} {outcome}" for outcome, number in counts.items()) + "\n")
    return 0 if set(counts) == {"killed"} else 1


if __name__ == "__main__":
    sys.exit(main())
