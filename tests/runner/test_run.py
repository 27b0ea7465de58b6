"""`run` as a list of steps, with a trainer that needs no TensorFlow: skip, resume, retry, fail, force, refuse."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from fake_training import FakeExecutor, identity, write_results
from run_folders import claimed

from optbench.errors import (
    ConfigError,
    InvalidError,
    MachineError,
    RunFailedError,
    StorageError,
    UsageError,
)
from optbench.executors.interface import TaskEnd
from optbench.run_store import (
    Asker,
    Claim,
    Holder,
    RunPaths,
    claim_run_folder,
    last_attempt,
    read_latest_checkpoint,
    run_status,
    verify_manifest,
    write_checkpoint,
)
from optbench.run_store.folders import recorded_key
from optbench.runner.listing import list_runs, list_text, show_run
from optbench.runner.plan import load_experiments, plan_runs
from optbench.runner.run import RunOptions, is_finished, run_experiments
from optbench.runner.summary import raise_for_failures, summary_json, summary_text
from optbench.runs.finish import finish_run

EXPERIMENT = """\
name: {name}
dataset: {{name: iris}}
model: {{name: mlp, hidden_units: [4]}}
optimizer: {{name: {optimizer}}}
training: {{epochs: 3}}
report: {{figures: false}}
"""


@pytest.fixture
def experiment(tmp_path):
    """Write an experiment file for an optimizer; returns its path."""

    def write(optimizer="adam", name=None):
        path = tmp_path / f"{name or optimizer}.yaml"
        path.write_text(EXPERIMENT.format(name=name or optimizer, optimizer=optimizer))
        return path

    return write


@pytest.fixture
def command(tmp_path):
    """Run experiments with a fake executor; `command.executor` is the one of the last call."""

    class Command:
        runs_dir = tmp_path / "runs"
        quiet = True
        said: list[str]

        def options(self, *configs, **options):
            return RunOptions(tuple(configs), runs_dir=self.runs_dir, quiet=self.quiet, **options)

        def __call__(self, *configs, behaviour=None, instead_of=None, **options):
            self.executor = FakeExecutor(behaviour, instead_of)
            self.said = []
            return run_experiments(
                self.options(*configs, **options), say=self.said.append, executor_for=lambda *_: self.executor
            )

    return Command()


def outcomes(ends):
    return [end.outcome for end in ends]


def test_every_config_and_seed_becomes_a_finished_folder(command, experiment):
    """Two files and three seeds are six folders whose manifests verify, named by experiment, seed and key."""
    ends = command(experiment("adam"), experiment("sgd"), seeds=(0, 1, 2))
    assert outcomes(ends) == ["completed"] * 6
    folders = sorted(path.name for path in command.runs_dir.iterdir())
    assert len(folders) == 6
    for end in ends:
        paths = end.planned.paths
        assert paths.folder.name == f"{end.planned.config.name}-s{end.planned.config.seed}-{end.planned.key[:8]}"
        assert verify_manifest(paths, deep=True) == []
        assert not paths.state.exists()


def test_models_are_tried_out_once_for_all_seeds(command, experiment):
    """Ten seeds of one experiment build one model before anything is created."""
    command(experiment(), seeds=tuple(range(10)))
    assert len(command.executor.tried_out) == 1


def test_the_same_command_again_trains_nothing(command, experiment):
    """Finished runs are skipped, not even tried out, and no byte changes; a new seed is trained alone."""
    (first,) = command(experiment())
    manifest = first.planned.paths.manifest.read_bytes()
    assert outcomes(command(experiment())) == ["skipped"]
    assert (command.executor.tried_out, command.executor.trained) == ([], [])
    assert outcomes(command(experiment(), seeds=(0, 7))) == ["skipped", "completed"]
    assert first.planned.paths.manifest.read_bytes() == manifest


def test_a_finished_folder_of_another_key_is_not_this_run(command, experiment):
    """The folder's name holds the start of the key alone: two keys may share it."""
    (end,) = command(experiment())
    assert is_finished(end.planned)
    assert not is_finished(replace(end.planned, key=end.planned.key[:8] + "0" * 56))


def test_a_changed_value_is_another_run(command, experiment):
    """Another epoch count gets a folder of its own; another report does not."""
    (first,) = command(experiment())
    (other,) = command(experiment(), overrides=("training.epochs=4",))
    assert (other.outcome, other.planned.run != first.planned.run) == ("completed", True)
    assert outcomes(command(experiment(), overrides=("report.format=svg",))) == ["skipped"]


def test_force_trains_beside_the_finished_run(command, experiment):
    """The finished folder is untouched, the new one has the same digests."""
    (first,) = command(experiment())
    before = first.planned.paths.manifest.read_bytes()
    (again,) = command(experiment(), force=True)
    assert again.planned.paths.folder.name == f"{first.planned.run}-again2"
    assert identity(again.planned.paths.folder) == identity(first.planned.paths.folder)
    assert first.planned.paths.manifest.read_bytes() == before
    (third,) = command(experiment(), force=True)
    assert third.planned.paths.folder.name == f"{first.planned.run}-again3"


def test_a_run_that_fails_does_not_stop_the_others(command, experiment):
    """The failure has its kind and reason, the folder is unfinished, the end of the command says so with exit 1."""
    ends = command(experiment("adam"), experiment("sgd"), experiment("rmsprop"), behaviour={"sgd": ["fail"]})
    assert sorted(outcomes(ends)) == ["completed", "completed", "failed"]
    failed = next(end for end in ends if end.outcome == "failed")
    assert (failed.kind, failed.reason) == ("crashed", "ValueError: no")
    assert str(run_status(failed.planned.paths)) == "unfinished"
    assert last_attempt(failed.planned.paths).kind == "crashed"
    with pytest.raises(RunFailedError, match=r"1 of 3 runs failed[\s\S]*sgd-s0-.*crashed: ValueError: no"):
        raise_for_failures(ends)
    assert [row["outcome"] for row in summary_json(ends)["runs"]] == outcomes(ends)
    assert "failed" in summary_text(ends)


def test_the_same_command_tries_a_failed_run_again(command, experiment):
    """What failed once is finished by the next call, and ends like a run that never failed."""
    command(experiment("sgd"), behaviour={"sgd": ["fail"]})
    (end,) = command(experiment("sgd"))
    (plain,) = command(experiment("sgd"), force=True)
    assert end.outcome == "completed"
    assert identity(end.planned.paths.folder) == identity(plain.planned.paths.folder)


def test_a_killed_run_is_retried_as_often_as_asked(command, experiment):
    """A signal is retried, an exit code of the run's own is not."""
    assert outcomes(command(experiment("sgd"), behaviour={"sgd": ["crash", "ok"]})) == ["completed"]
    ends = command(experiment("adam"), behaviour={"adam": ["crash"]}, retries=2)
    assert outcomes(ends) == ["failed"]
    assert set(command.executor.attempts.values()) == {3}
    command(experiment("rmsprop"), behaviour={"rmsprop": ["fail", "ok"]}, retries=5)
    assert set(command.executor.attempts.values()) == {1}


def test_a_run_that_others_interrupt_goes_on_as_long_as_it_comes_on(command, experiment):
    """A scheduler's time limit may end it any number of times; interruptions without an epoch count as retries."""
    interrupted = ["comes on", "comes on", "interrupted", "comes on", "ok"]
    assert outcomes(command(experiment("sgd"), behaviour={"sgd": interrupted}, retries=1)) == ["completed"]
    ends = command(experiment("adam"), behaviour={"adam": ["comes on", "interrupted"]}, retries=1)
    assert outcomes(ends) == ["failed"]
    assert set(command.executor.attempts.values()) == {3}


def test_a_run_killed_for_memory_is_tried_again_alone(command, experiment):
    """The second attempt shares the machine with no other run; a third is not made."""
    both = experiment("adam"), experiment("sgd")
    ends = command(*both, behaviour={"adam": ["oom", "ok"], "sgd": ["oom", "oom", "ok"]})
    assert sorted((end.planned.config.name, end.outcome, end.kind) for end in ends) == [
        ("adam", "completed", ""),
        ("sgd", "failed", "oom"),
    ]
    assert [len(batch) for batch in command.executor.batches] == [2, 2, 1, 1]


def test_a_diverged_run_is_a_result(command, experiment):
    """It is finished, counts as diverged, is not tried again, and is no failure."""
    (end,) = command(experiment(), behaviour={"adam": ["diverge"]})
    assert (end.outcome, end.told("en")) == ("diverged", "the training loss is nan in epoch 3")
    raise_for_failures([end])
    assert outcomes(command(experiment())) == ["skipped"]


def test_a_trained_run_is_only_finished(command, experiment):
    """Failed between training and manifest, a run is evaluated by the next call, not trained again."""

    def refuse(task, _finish):
        return TaskEnd(task.name, 1, {}, "no space left", "storage")

    (first,) = command(experiment(), instead_of={"finish": refuse})
    assert (first.outcome, first.kind) == ("failed", "storage")
    (second,) = command(experiment())
    assert (second.outcome, command.executor.trained) == ("completed", [])


def test_a_bad_model_creates_nothing(command, experiment):
    """Exit 3 names the file; neither the bad nor the good experiment has left a trace."""
    with pytest.raises(InvalidError, match=r"sgd\.yaml: the model cannot be built"):
        command(experiment("adam"), experiment("sgd"), behaviour={"sgd": ["bad model"]})
    assert not command.runs_dir.exists()
    assert command.executor.closed


def test_findings_of_all_files_are_told_together(command, experiment, tmp_path):
    """Two broken files are two findings, and nothing is created."""
    first, second = experiment("adam", "one"), experiment("adam", "two")
    first.write_text(first.read_text().replace("epochs", "epoch"))
    second.write_text(second.read_text().replace("iris", "irus"))
    with pytest.raises(ConfigError, match=r"one\.yaml:5:\d+[\s\S]*two\.yaml:2:\d+"):
        command(first, second)
    assert not command.runs_dir.exists()


def test_two_experiments_of_one_name_get_two_folders(command, experiment, tmp_path):
    """Equal names are no clash as long as the keys differ; the same experiment twice is one run."""
    first, second = experiment("adam", "same"), tmp_path / "other.yaml"
    second.write_text(first.read_text().replace("epochs: 3", "epochs: 4"))
    assert outcomes(command(first, second, first)) == ["completed", "completed"]


def test_an_unusable_runs_directory_is_found_before_training(command, experiment):
    """A file in its place is exit 3, and nothing was tried out."""
    command.runs_dir.write_text("in the way")
    with pytest.raises(MachineError, match="runs directory"):
        command(experiment())
    assert command.executor.tried_out == []


def test_a_foreign_folder_is_never_touched(command, experiment):
    """A folder of the run's name that is no run stays as it is; the run fails with a way out."""
    (end,) = command(experiment())
    folder = end.planned.paths.folder
    moved = folder.rename(folder.with_name("moved"))
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine")
    (again,) = command(experiment())
    assert (again.outcome, again.kind) == ("failed", "storage")
    assert "Move that folder away" in again.reason
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]
    assert moved.is_dir()


def test_a_changed_finished_run_is_neither_skipped_nor_written_over(command, experiment):
    """A number changed at equal size is found; the folder stays as it is, and `--force` trains beside it."""
    (first,) = command(experiment())
    paths = first.planned.paths
    text = paths.metrics.read_text()
    paths.metrics.write_text(text.replace('"epochs_run": 3', '"epochs_run": 4'))
    before = {path.name: path.read_bytes() for path in paths.folder.iterdir() if path.is_file()}
    (again,) = command(experiment())
    assert (again.outcome, again.kind) == ("failed", "storage")
    assert "metrics.json has changed since the run finished" in again.reason
    assert {path.name: path.read_bytes() for path in paths.folder.iterdir() if path.is_file()} == before
    (forced,) = command(experiment(), force=True)
    assert forced.planned.paths.folder.name == f"{first.planned.run}-again2"


def test_a_held_run_is_waited_for(command, experiment):
    """While a process of this machine holds the run it waits; then it is found finished or trained."""
    (first,) = command(experiment(), behaviour={"adam": ["fail"]})
    claim = claim_run_folder(first.planned.paths, key=first.planned.key)
    threading.Timer(0.5, claim.release).start()
    (end,) = command(experiment())
    assert end.outcome == "completed"


def test_a_run_that_the_first_release_began_is_gone_on_with(command, experiment):
    """Its key, job, checkpoints, log and last attempt lie where it left them; the finished run has nothing of that."""
    (first,) = command(experiment(), behaviour={"adam": ["fail"]})
    paths = first.planned.paths
    with claimed(paths, first.planned.key) as claim:
        write_checkpoint(claim, epoch=1, arrays={}, record={"by": "the first release"})
    paths.checkpoint(1, claim.number).rename(paths.state / "ckpt-000001.npz")
    for path in [paths.attempts, *paths.state.glob("claim-*")]:
        shutil.rmtree(path)
    ended = {"schema_version": 1, "attempt": 1, "pid": 1, "kind": "timeout", "reason": "took too long."}
    paths.attempts.mkdir()
    (paths.attempts / "000001.json").write_text(json.dumps(ended))
    (paths.state / "claim.json").write_text(json.dumps({"schema_version": 1, "key": first.planned.key}))
    paths.lock.write_text("process 4711 on elsewhere\n")
    paths.log.write_text("what it said\n")
    assert "unfinished  timeout: took too long." in list_text(list_runs(command.runs_dir)[0])
    assert read_latest_checkpoint(paths).record == {"by": "the first release"}
    (end,) = command(experiment())
    assert end.outcome == "completed"
    assert paths.log.read_text() == "what it said\n"
    assert sorted(path.name for path in paths.folder.glob(".*")) == [".lock"]
    assert verify_manifest(paths, deep=True) == []


ELSEWHERE = Holder("node7", "2" * 16, "other-boot", "pid:[1]", 4711, "99")


def test_a_run_that_another_machine_holds_is_told_with_the_way_out(command, experiment):
    """It is neither waited for nor trained; the other runs of the command are."""
    (first,) = command(experiment(), behaviour={"adam": ["fail"]})
    paths = first.planned.paths
    claim_run_folder(paths, key=first.planned.key, asker=Asker(ELSEWHERE))
    held, other = sorted(command(experiment(), experiment("sgd")), key=lambda end: end.outcome, reverse=True)
    assert (other.outcome, held.outcome, held.kind) == ("completed", "failed", "held")
    assert re.search("held by process 4711 on node7.*--take-over", held.reason)
    listed = list_text(list_runs(command.runs_dir)[0])
    assert "running     held by process 4711 on node7, which cannot be verified from here" in listed
    assert "process 4711 on node7" in show_run(paths.folder.name, command.runs_dir)[1]


def test_the_user_may_say_that_a_holder_is_gone(command, experiment, capsys):
    """`--take-over` says from whom a run was taken and finishes it; a run that was only cut off is not worth a word."""
    (first,) = command(experiment(), behaviour={"adam": ["fail"]})
    claim = claim_run_folder(first.planned.paths, key=first.planned.key, asker=Asker(ELSEWHERE))
    command.quiet = False
    (end,) = command(experiment(), take_over=True)
    assert end.outcome == "completed"
    assert claim.is_lost
    said = capsys.readouterr().err
    assert "taken over from process 4711 on node7" in said
    (again,) = command(experiment("sgd"), take_over=True)
    assert again.outcome == "completed"
    assert "taken over" not in capsys.readouterr().err


@pytest.mark.parametrize("finishes", [False, True])
@pytest.mark.parametrize("step", ["train_run", "finish"])
def test_a_command_that_loses_a_run_stops_writing_it(command, experiment, finishes, step):
    """While it trains or finishes, another machine takes the run over, and finishes it at once or later."""

    def taken_over(task, go_on):
        paths, name = RunPaths(Path(task.arguments["folder"])), task.arguments["claim"]
        taken = claim_run_folder(paths, key=recorded_key(paths), asker=Asker(ELSEWHERE, take_over=True))
        if finishes:
            if not paths.training_result.exists():
                write_results(taken, task.arguments["data"])
            finish_run(taken)
        assert Claim(paths, name).is_lost
        before = {path: path.read_bytes() for path in paths.folder.rglob("*") if path.is_file()}
        try:
            return go_on(task)
        except StorageError as error:
            return TaskEnd(task.name, 1, {}, str(error), "storage")
        finally:
            assert {path: path.read_bytes() for path in paths.folder.rglob("*") if path.is_file()} == before

    for end in command(experiment("adam"), experiment("sgd"), instead_of={step: taken_over}):
        if finishes:
            assert (end.outcome, end.kind, end.reason) == ("completed", "", "")
        else:
            assert (end.outcome, end.kind) == ("failed", "lost")
            assert "was taken over from this process" in end.reason


def test_experiments_of_one_command_agree_on_what_a_process_is_told(experiment):
    """oneDNN and the device are fixed before TensorFlow is imported."""
    from optbench.runner.plan import load_experiments
    from optbench.runner.run import make_executor

    files = (experiment("adam"), experiment("sgd"))
    loaded = [
        load_experiments([file], [f"training.onednn={flag}"])[0]
        for file, flag in zip(files, ("true", "false"), strict=True)
    ]
    with pytest.raises(UsageError, match="must agree in training.onednn"):
        make_executor(RunOptions(files), loaded)


def test_a_run_keeps_what_it_was_given(command, experiment, tmp_path):
    """The folder holds the file as given, with the override in the resolved one, and the data's notes."""
    path = experiment()
    (end,) = command(path, overrides=("optimizer.learning_rate=0.5",))
    paths = RunPaths(end.planned.paths.folder)
    assert paths.config.read_text() == path.read_text()
    assert "learning_rate: 0.5" in paths.config_resolved.read_text()
    assert Path(paths.environment).is_file()


@pytest.mark.parametrize(("runs", "figures", "drawn"), [(2, None, 2), (13, None, 0), (13, True, 13), (2, False, 0)])
def test_many_runs_are_drawn_on_demand(command, experiment, runs, figures, drawn):
    """Pictures of up to a dozen runs are drawn at once; of more, and with --no-figures, `report` draws them."""
    asked = []

    def undrawn(task, finish):
        asked.append(task.arguments["draw"])
        return finish(replace(task, arguments={**task.arguments, "draw": False}))

    seeds = tuple(range(runs))
    ends = command(experiment(), seeds=seeds, figures=figures, instead_of={"finish": undrawn})
    assert outcomes(ends) == ["completed"] * runs
    assert sum(asked) == drawn


def test_a_run_that_ended_is_forgotten(command, experiment):
    """What a command holds does not grow with the runs it has done: no lock, no file that stays open."""
    import psutil

    command(experiment(), seeds=(0, 1))
    before = len(psutil.Process().open_files())
    command(experiment(), seeds=tuple(range(2, 12)))
    assert len(psutil.Process().open_files()) == before


KILLED = (-9, {}, "was ended by signal SIGKILL.", "crashed")


def test_a_helper_that_dies_costs_one_try(command, experiment):
    """A trained run whose helper was killed is finished by another, not trained again."""
    tries = []

    def dies_once(task, finish):
        tries.append(task.name)
        return TaskEnd(task.name, *KILLED) if len(tries) == 1 else finish(task)

    ends = command(experiment("adam"), experiment("sgd"), instead_of={"finish": dies_once})
    assert outcomes(ends) == ["completed", "completed"]
    assert len(command.executor.trained) == 2
    assert len(tries) == 3


def test_a_helper_that_always_dies_fails_the_run(command, experiment):
    """It is not tried for ever, and the run stays trained."""
    dies = {"finish": lambda task, _finish: TaskEnd(task.name, *KILLED)}
    ends = command(experiment("adam"), experiment("sgd"), instead_of=dies)
    assert outcomes(ends) == ["failed", "failed"]
    assert {end.kind for end in ends} == {"crashed"}
    assert all(end.planned.paths.training_result.exists() for end in ends)


@pytest.mark.parametrize(("what", "outcome"), [("ok", "completed"), ("diverge", "diverged")])
def test_a_helper_killed_after_the_manifest_has_finished_the_run(command, experiment, what, outcome):
    """The manifest says how the run ended, not the helper that could not say so any more."""

    def dies_late(task, finish):
        finish(task)
        return TaskEnd(task.name, *KILLED)

    ends = command(
        experiment("adam"),
        experiment("sgd"),
        behaviour={"sgd": [what], "adam": [what]},
        instead_of={"finish": dies_late},
    )
    assert outcomes(ends) == [outcome] * 2
    assert {end.told("en") for end in ends} == {"the training loss is nan in epoch 3" if what == "diverge" else ""}
    assert not any(end.planned.paths.state.exists() for end in ends)


def test_a_traceback_of_a_helper_is_kept_in_the_log(command, experiment):
    """A bug in finishing leaves its traceback where one in training does."""

    def broken(task, _finish):
        return TaskEnd(task.name, 1, {}, "KeyError: 'x'", "crashed", "Traceback: here\n")

    ends = command(experiment("adam"), experiment("sgd"), instead_of={"finish": broken})
    assert [(end.outcome, end.reason) for end in ends] == [("failed", "KeyError: 'x'")] * 2
    assert all("Traceback: here\n" in end.planned.paths.log.read_text() for end in ends)


def test_a_run_is_finished_by_the_executor(command, experiment):
    """Finishing is a task like another: where a run is finished, the executor decides; it learns how many there are."""
    finished = []

    def seen(task, finish):
        finished.append(task.name)
        return finish(task)

    for configs in ([experiment("adam")], [experiment("sgd"), experiment("rmsprop")]):
        ends = command(*configs, instead_of={"finish": seen})
        assert outcomes(ends) == ["completed"] * len(configs)
        assert command.executor.expected == len(configs)
    assert len(finished) == 3


def test_the_executor_may_know_that_a_holder_is_gone(command, experiment):
    """A scheduler has seen the job end that held a run on another machine: it is taken over without `--take-over`."""
    (first,) = command(experiment(), behaviour={"adam": ["fail"]})
    paths, asked = first.planned.paths, []
    claim_run_folder(paths, key=first.planned.key, asker=Asker(ELSEWHERE))
    executor = FakeExecutor()
    executor.is_gone = lambda holder: asked.append(holder) or holder == ELSEWHERE
    (end,) = run_experiments(command.options(experiment()), say=lambda _: None, executor_for=lambda *_: executor)
    assert end.outcome == "completed"
    assert set(asked) == {ELSEWHERE}


def test_notes_of_several_data_sets_name_an_experiment(tmp_path, make_runs):
    """With one data set its notes stand alone; with two each says which it is about."""
    iris = make_runs.write_experiment(tmp_path)
    digits = tmp_path / "digits.yaml"
    digits.write_text(iris.read_text().replace("name: iris", "name: digits").replace("name: adam\n", "name: c\n", 1))

    def notes(*files):
        said = []
        plan_runs(load_experiments(list(files), ()), seeds=(0,), runs_dir=tmp_path, data_dir=tmp_path, say=said.append)
        return said

    assert notes(iris) == ["1 of 30 test rows has the same inputs as a training row"]
    both = notes(iris, digits)
    assert both[0] == "adam: 1 of 30 test rows has the same inputs as a training row"
    assert len(both) > 1
    assert all(sentence.startswith("c: ") for sentence in both[1:])


def test_runs_of_a_group_may_share_a_process_until_one_is_tried_again(command, experiment):
    """Seeds of one experiment are handed out as one group, and a second try of a run as one of its own."""
    groups = defaultdict(list)

    def train(task, step):
        groups[task.name].append(task.group)
        return step(task)

    ends = command(experiment(), seeds=(0, 1, 2), behaviour={"adam": ["crash", "ok"]}, instead_of={"train_run": train})
    assert outcomes(ends) == ["completed"] * 3
    first, second = zip(*groups.values(), strict=True)
    assert len(set(first)) == 1
    assert first[0] != ""
    assert set(second) == {""}
