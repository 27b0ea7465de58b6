"""How long `optbench --help` takes, as a multiple of a Typer program that does nothing.

Both are started alternately in processes of their own, so that a busy machine slows both; medians are compared.
Usage: python bench/startup.py [REPETITIONS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

LIMIT = 2.0
EMPTY = """
import typer
app = typer.Typer()
@app.command()
def nothing(): "Do nothing."
@app.command()
def either(): "Do nothing either."
app()
"""
OPTBENCH = "from optbench.cli import main; main()"


def seconds(program: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", program, "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds(EMPTY), seconds(OPTBENCH)  # files into the cache, bytecode written
    pairs = [(seconds(EMPTY), seconds(OPTBENCH)) for _ in range(repetitions)]
    empty, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"an empty Typer program  {empty * 1e3:6.0f} ms")
    print(f"optbench --help         {ours * 1e3:6.0f} ms")
    print(f"ratio                   {ours / empty:6.2f}  (limit {LIMIT})")
    raise SystemExit(ours / empty >= LIMIT)


if __name__ == "__main__":
    main()
