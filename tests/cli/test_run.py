"""`optbench run` as far as it needs no TensorFlow: skipping, explaining, refusing, failing."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from optbench.config import CALIBRATION_VERSION, run_key
from optbench.run_store import RunPaths, run_id, write_checkpoint

pytestmark = pytest.mark.usefixtures("no_executor")


def explained(done):
    assert done.code == 0
    return dict(line.split("  ", 1) for line in done.out.splitlines())


def listed(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def planned(make_runs, tmp_path):
    """The run of `adam.yaml` with seed 0."""
    return make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")[0]


def test_finished_runs_are_skipped(command, runs_dir):
    """The same command again trains nothing, changes no byte and ends with 0."""
    before = {path: path.read_bytes() for path in runs_dir.rglob("*") if path.is_file()}
    done = command("run", "adam.yaml", "sgd.yaml", "--seeds", "0,1")
    assert done.code == 0
    assert done.out.count("skipped") == 4
    assert "[4/4]" in done.err
    assert {path: path.read_bytes() for path in runs_dir.rglob("*") if path.is_file()} == before


def test_json_is_one_strict_document(command, runs_dir):
    """Nothing but the document on stdout, nothing on stderr; a diverged run has nulls and no reason to fail."""
    done = command("run", "adam.yaml", "sgd.yaml", "--seeds", "0..1", "--json")
    assert (done.code, done.err) == (0, "")
    document = json.loads(done.out, parse_constant=pytest.fail)
    assert document["schema_version"] == 1
    assert {run["outcome"] for run in document["runs"]} == {"skipped"}
    accuracies = {run["run"][:6]: run["test"]["accuracy"] for run in document["runs"]}
    assert accuracies["sgd-s1"] is None
    assert accuracies["adam-s"] > accuracies["sgd-s0"] > 0


def test_quiet_leaves_the_table(command, runs_dir):
    """-q silences stderr, not the data."""
    done = command("run", "adam.yaml", "-q")
    assert (done.code, done.err) == (0, "")
    assert "adam-s0-" in done.out


def test_the_runs_directory_can_come_from_the_environment(command, runs_dir, monkeypatch):
    """OPTBENCH_RUNS_DIR replaces the default."""
    monkeypatch.setenv("OPTBENCH_RUNS_DIR", str(runs_dir.rename(runs_dir.with_name("else where"))))
    assert command("run", "adam.yaml").out.count("skipped") == 1


def test_explain_says_what_is_finished_and_what_is_new(command, runs_dir):
    """A changed value is named with its old and new value, against the nearest run; nothing is created."""
    before = listed(runs_dir.parent)
    finished = explained(command("run", "adam.yaml", "--explain"))
    ((run, why),) = finished.items()
    assert why == f"completed: same key {run[-8:]}"
    (why,) = explained(command("run", "adam.yaml", "--explain", "--set", "optimizer.learning_rate=0.1")).values()
    assert why == f"new: optimizer.learning_rate 0.01 -> 0.1 against {run}"
    (why,) = explained(command("run", "adam.yaml", "--explain", "--seeds", "7")).values()
    assert why == f"new: seed 0 -> 7 against {run}"
    (why,) = explained(command("run", "adam.yaml", "--explain", "--set", "name=other")).values()
    assert why == "new: no run of this name yet"
    assert listed(runs_dir.parent) == before


def test_explain_counts_what_it_does_not_name(command, runs_dir):
    """With many changes four are named."""
    changes = ["training.epochs=9", "training.batch_size=8", "optimizer.beta_1=0.8", "optimizer.beta_2=0.9", "seed=3"]
    arguments = [word for change in changes for word in ("--set", change)]
    (why,) = explained(command("run", "adam.yaml", "--explain", *arguments)).values()
    assert why.count(" -> ") == 4
    assert " and 1 more against adam-s" in why


def test_explain_names_changed_data_and_code(command, make_runs, tmp_path):
    """A changed table or Python file is the reason, not a riddle."""
    rows = [f"{i},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(90)]
    (tmp_path / "my.csv").write_text("\n".join(["a,b,y", *rows]))
    (tmp_path / "make.py").write_text("def make():\n    raise RuntimeError\n")
    config = tmp_path / "own.yaml"
    config.write_text(
        "name: own\ndataset: {name: csv, path: my.csv, target: y}\nmodel: {name: mlp}\n"
        "optimizer: {name: python, function: 'make.py:make'}\ntraining: {epochs: 3}\n"
    )
    (run,) = make_runs.plan(config, tmp_path / "runs")
    make_runs.finished_run(run)
    (tmp_path / "my.csv").write_text("\n".join(["a,b,y", *rows[::-1]]))
    assert explained(command("run", "own.yaml", "--explain")).popitem()[1] == f"new: the data changed against {run.run}"
    (tmp_path / "my.csv").write_text("\n".join(["a,b,y", *rows]))
    (tmp_path / "make.py").write_text("def make():\n    raise RuntimeError  # later\n")
    assert explained(command("run", "own.yaml", "--explain")).popitem()[1] == f"new: make.py changed against {run.run}"


def test_explain_names_another_way_of_calibrating(command, make_runs, tmp_path):
    """Against a run of an earlier version, alone or beside more; a run that calibrates nothing is no matter of it."""
    config = make_runs.write_experiment(tmp_path, extra="evaluation: {calibration: temperature}\n")
    (run,) = make_runs.plan(config, tmp_path / "runs")
    facts = {"data_digest": run.dataset.data_digest, "code": {}, "versions": run.versions}
    key = run_key(run.config, **facts, reading=run.dataset.reading, calibration=CALIBRATION_VERSION - 1)
    assert key != run.key
    before = replace(run, key=key, paths=RunPaths(tmp_path / "runs" / run_id(run.config.name, run.config.seed, key)))
    make_runs.finished_run(before)
    otherwise = (
        f"optbench calibrates probabilities otherwise by now ({CALIBRATION_VERSION - 1} -> {CALIBRATION_VERSION})"
    )
    assert explained(command("run", config, "--explain")) == {run.run: f"new: {otherwise} against {before.run}"}
    more = explained(command("run", config, "--explain", "--set", "training.epochs=9")).popitem()[1]
    assert otherwise in more
    assert "training.epochs 3 -> 9" in more
    without = explained(command("run", config, "--explain", "--set", "evaluation.calibration=null")).popitem()[1]
    assert "calibrates" not in without


def test_explain_says_from_where_a_run_goes_on(command, planned, make_runs):
    """Never begun, begun without a checkpoint, after an epoch, held by somebody, trained but not evaluated."""
    paths = make_runs.stage(planned)

    def why():
        return explained(command("run", "adam.yaml", "--explain"))[planned.run]

    assert why() == "begins: nothing has been trained yet"
    make_runs.interrupted_run(planned)
    assert why() == "begins again: interrupted, no checkpoint yet"
    with make_runs.claimed(paths, planned.key) as claim:
        write_checkpoint(claim, epoch=2, arrays={}, record={})
    assert why() == "resumes after epoch 2 of 3: interrupted"
    with make_runs.claimed(paths, planned.key):
        assert why() == "running: held by another process"
    make_runs.pretend_training(planned)
    assert why() == "resumes: trained, but not evaluated yet"


def test_explain_names_damage(command, planned, make_runs):
    """A run that was finished and is not whole any more is in the way, as `run` says too."""
    make_runs.finished_run(planned)
    planned.paths.metrics.unlink()
    (why,) = explained(command("run", "adam.yaml", "--explain")).values()
    assert why.startswith("blocked: it was finished, but ")
    assert why.endswith("move it away or use --force to train beside it")
    assert "metrics.json is missing" in why


@pytest.mark.parametrize("kind", ["file", "foreign", "other key"])
def test_explain_names_what_is_in_the_way(command, planned, kind):
    """A folder that `run` would refuse is told beforehand, and left as it is."""
    paths = planned.paths
    if kind == "file":
        paths.folder.parent.mkdir()
        paths.folder.write_text("a file")
    else:
        paths.folder.mkdir(parents=True)
        (paths.folder / "thesis.tex").write_text("all of it")
    if kind == "other key":
        paths.state.mkdir()
        paths.old_claim.write_text(json.dumps({"schema_version": 1, "key": "f" * 64}))
    before = listed(paths.folder.parent)
    (why,) = explained(command("run", "adam.yaml", "--explain")).values()
    assert why.startswith(f"blocked: runs/{planned.run} ")
    assert listed(paths.folder.parent) == before


def test_explain_leaves_other_experiments_alone(command, runs_dir):
    """A name that begins like another one is not that one."""
    (why,) = explained(command("run", "adam.yaml", "--explain", "--set", "name=ad")).values()
    assert why == "new: no run of this name yet"


def test_explain_as_json(command, runs_dir):
    """The same as one document."""
    document = json.loads(command("run", "adam.yaml", "--explain", "--seeds", "0..2", "--json").out)
    assert [run["why"].split(":")[0] for run in document["runs"]] == ["completed", "completed", "new"]
    assert document["training_seconds"] is None


def test_a_dry_run_of_finished_runs_needs_no_worker(command, runs_dir):
    """Nothing is left, so nothing is measured."""
    done = command("run", "adam.yaml", "--dry-run")
    assert done.code == 0
    assert "completed: same key" in done.out


def test_two_experiments_of_one_name_and_key(command, runs_dir):
    """The same file twice is one run."""
    done = command("run", "adam.yaml", "adam.yaml", "--json")
    assert len(json.loads(done.out)["runs"]) == 1


def test_machine_settings_must_agree(command, make_runs, tmp_path):
    """What a process must be told before it imports TensorFlow can only have one value in a command."""
    for name, onednn in (("a", "true"), ("b", "false")):
        path = make_runs.write_experiment(tmp_path, name=name)
        path.write_text(path.read_text().replace("epochs: 3", f"epochs: 3, onednn: {onednn}"))
    done = command("run", "a.yaml", "b.yaml")
    assert (done.code, done.out) == (2, "")
    assert "training.onednn" in done.err
    assert not (tmp_path / "runs").exists()


def test_a_trained_run_is_only_evaluated(command, planned, make_runs):
    """Whoever was cut off between training and evaluation pays for the evaluation alone."""
    make_runs.interrupted_run(planned)
    make_runs.pretend_training(planned, accuracy=0.8)
    done = command("run", "adam.yaml", "--json", "--executor", "pretended:adam=fail")
    assert done.code == 0, done.err
    (run,) = json.loads(done.out)["runs"]
    assert run["outcome"] == "completed"
    assert RunPaths(planned.paths.folder).manifest.is_file()


def test_verbose_says_which_process_and_what_it_cost(command):
    """The last line of any command; without -v there is none."""
    for arguments in (("list", "models"), ("validate", "none.yaml"), ("schema",)):
        assert re.fullmatch(
            r"process \d+: \d+\.\d\d s, .* of its own processor time, at most \d+ MiB",
            command(*arguments, "-v").err.strip().splitlines()[-1],
        )
        assert "process" not in command(*arguments).err


def test_an_executor_that_is_not_there_is_told_before_anything_is_created(command, runs_dir, monkeypatch):
    """The name is read from the option and from the variable; the nearest one is offered."""
    for arguments, env in ((("--executor", "locl"), None), ((), "locl")):
        if env:
            monkeypatch.setenv("OPTBENCH_EXECUTOR", env)
        done = command("run", "adam.yaml", "--seeds", "7", *arguments)
        assert done.code == 2
        assert (
            "--executor must be one of local, ray, slurm, pretended. Received: 'locl'. Did you mean 'local'?"
            in done.err
        )
    assert "takes no address" in command("run", "adam.yaml", "--executor", "local:host").err
    assert not list(runs_dir.glob("adam-s7-*"))


def test_a_failed_run_is_1_and_named(command, planned):
    """The reason stands on stderr even with --json; the document says the same."""
    failing = ("run", "adam.yaml", "--executor", "pretended:adam=fail")
    done = command(*failing, "--json")
    assert done.code == 1
    (run,) = json.loads(done.out)["runs"]
    assert (run["outcome"], run["kind"], run["reason"]) == ("failed", "crashed", "ValueError: no")
    assert run["finding"]["code"] == "run-crashed"
    assert f"{planned.run}: crashed: ValueError: no" in done.err
    text = command(*failing, "-q")
    assert text.code == 1
    assert "1 of 1 runs failed" in text.err
    assert "crashed: ValueError: no" in command("ls").out


def test_runs_are_left_with_a_scheduler_only(command, runs_dir):
    """Where nothing could go on with them, the command says so before anything is planned."""
    done = command("run", "adam.yaml", "--seeds", "7", "--detach")
    assert done.code == 2
    assert "--detach needs an executor that runs can be left with. Received: --executor pretended:refuse." in done.err


def test_a_machine_file_is_checked_before_anything_is_planned(command, runs_dir, tmp_path):
    """As strictly as the experiment, whatever the executor."""
    (tmp_path / "machine.yaml").write_text("slurm: {partiton: short}")
    done = command("run", "adam.yaml", "--machine", "machine.yaml")
    assert done.code == 3
    assert "machine.yaml:1:9: slurm.partiton: unknown key. Did you mean 'partition'?" in done.err
