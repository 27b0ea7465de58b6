"""Take the pictures of docs/trackers.md: the pages of MLflow and TensorBoard with an exported study.

    python tools/tracker_pictures.py STUDY [--out docs/pictures]

It needs headless Chromium, the extras `mlflow` and `tensorboard`, and the pages of MLflow, which only the package
`mlflow` brings: `pip install --no-deps --target FOLDER mlflow` and `--mlflow FOLDER`. Servers listen on loopback and
end with the command.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from optbench.study.export import export_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST = 600.0
SIZES = {"mlflow": (1280, 900), "tensorboard": (1800, 560)}
COLOURS = 96


def main() -> None:
    """Export the study, show it, and take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--mlflow", type=Path, help="folder with the package mlflow")
    parser.add_argument("--chromium", default="chromium")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for tracker in ("mlflow", "tensorboard"):
            export_runs([str(asked.study)], asked.study.parent, to=tracker, out=folder / tracker)
        store = f"sqlite:///{folder / 'mlflow' / 'mlflow.db'}"
        pages = {
            "mlflow": (
                ["mlflow", "server", "--host", "127.0.0.1", "--workers", "1", "--backend-store-uri", store],
                f"/#/experiments/1/runs/{compared(store)}",
            ),
            "tensorboard": (
                ["tensorboard.main", "--host", "127.0.0.1", "--logdir", str(folder / "tensorboard")],
                "/#hparams",
            ),
        }
        for name, (command, page) in pages.items():
            with served(command, asked.mlflow if name == "mlflow" else None, folder / f"{name}.log") as address:
                picture = taken(asked.chromium, address + page, folder, SIZES[name])
            (asked.out / f"tracker-{name}.png").write_bytes(smaller(picture))


def compared(store: str) -> str:
    """Return the id of the run that holds the verdict."""
    from mlflow import MlflowClient

    (run,) = MlflowClient(tracking_uri=store).search_runs(["1"], "tags.`optbench.comparison` != ''")
    return str(run.info.run_id)


@contextmanager
def served(command: Sequence[str], packages: Path | None, log: Path) -> Iterator[str]:
    """Start a server on a free port; yield its address."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    variables = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    if packages is not None:
        variables["PYTHONPATH"] = str(packages.resolve())
    with log.open("w") as target:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--port", str(port)],
            env=variables,
            stdout=target,
            stderr=target,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + LONGEST
        while not answers(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(address: str) -> bool:
    """Return whether a server is there."""
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - of this command itself
            return True
    except OSError:
        return False


def taken(chromium: str, address: str, folder: Path, size: tuple[int, int]) -> bytes:
    """Return what Chromium shows of a page once its scripts have drawn it."""
    picture = folder / "page.png"
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={picture}"]
    window = f"--window-size={size[0]},{size[1]}"
    profile = f"--user-data-dir={folder / 'profile'}"
    subprocess.run(
        [chromium, *options, window, profile, "--timeout=120000", "--virtual-time-budget=60000", address],
        check=True,
        timeout=LONGEST,
        capture_output=True,
    )
    return picture.read_bytes()


def smaller(picture: bytes) -> bytes:
    """Return a picture with few colours, which a page of plain areas does not miss."""
    target = BytesIO()
    shown = Image.open(BytesIO(picture)).convert("RGB")
    shown.quantize(COLOURS).save(target, "PNG", optimize=True)
    return target.getvalue()


if __name__ == "__main__":
    main()
