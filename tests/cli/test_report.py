"""`optbench report`: pages drawn again, told one a line."""

from __future__ import annotations

from pathlib import Path

from optbench.run_store import RunPaths, verify_manifest


def test_pages_are_drawn_and_named(command, runs_dir):
    """Paths on stdout, for `xargs open`; the runs stay finished."""
    (folder,) = runs_dir.glob("adam-s0-*")
    assert not RunPaths(folder).report_html.exists()
    done = command("report", folder.name)
    assert (done.code, done.err) == (0, "")
    page = Path(done.out.strip())
    assert page.resolve() == RunPaths(folder).report_html
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert verify_manifest(RunPaths(folder), deep=True) == []


def test_a_changed_run_is_passed_over(command, runs_dir):
    """Damaged numbers get no new pictures; alone they are an error."""
    paths = RunPaths(next(runs_dir.glob("adam-s0-*")))
    data = bytearray(paths.predictions.read_bytes())
    data[-100] ^= 1
    paths.predictions.write_bytes(bytes(data))
    done = command("report", paths.folder)
    assert (done.code, done.out) == (1, "")
    assert "predictions.npz" in done.err
    assert not paths.report_html.exists()


def test_nothing_finished_is_4(command, tmp_path):
    """Neither a missing nor an empty folder has pages."""
    (tmp_path / "runs").mkdir()
    assert command("report", "runs").code == 4
    assert command("report", "nothing").code == 4


def test_figures_for_a_paper(command, runs_dir, tmp_path):
    """As wide as asked, in three formats; told on stderr. A folder that cannot be is a wrong call."""
    (folder,) = runs_dir.glob("sgd-s1-*")  # it diverged: few charts
    done = command("report", folder.name, "--figures", "figures", "--figure-width", "2.5", "--figure-font", "7")
    assert done.code == 0, done.err
    assert "figures" in done.err
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"learning_curves.svg", "learning_curves.pdf", "learning_curves.png"} <= written
    png = (tmp_path / "figures" / "learning_curves.png").read_bytes()
    assert int.from_bytes(png[16:20], "big") == 2.5 * 144
    assert command("report", folder.name, "--figures", "no/figures").code == 2
