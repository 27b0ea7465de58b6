"""Event files for TensorBoard, read back by TensorBoard's own readers."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from boards import numbers, read_board, rounded
from exported_runs import PLACE, PNG, SEEDS, stored

from optbench.study.export import export_runs

pytest.importorskip("tensorboard", reason="the package tensorboard is not installed")


@pytest.fixture(scope="module")
def board(runs_dir, tmp_path_factory):
    """The folder of the one problem."""
    out = tmp_path_factory.mktemp("board") / "out"
    exported = export_runs([str(runs_dir)], runs_dir, to="tensorboard", out=out)
    assert (exported.counts.new, exported.counts.known, exported.counts.comparisons) == (2 * SEEDS, 0, 1)
    (folder,) = out.iterdir()
    return folder


def texts(found, name):
    from tensorboard.util.tensor_util import make_ndarray

    return [part.decode() for part in make_ndarray(found.Tensors(name)[0].tensor_proto).ravel()]


def test_epochs_are_the_history(board, comparison):
    """Every column of a run, as float32."""
    for run in comparison.runs[::5]:
        found = read_board(board / run.record.run)
        for column in ("loss", "val_accuracy", "learning_rate"):
            assert list(numbers(found, f"epoch/{column}").values()) == rounded(run.history.column(column))
        for name, value in run.metrics.items():
            assert numbers(found, f"final/{name.replace('.', '/')}") == {10: rounded([value])[0]}


def test_the_server_behind_the_page_finds_the_numbers(board, comparison):
    """It reads files in its own way, and passes over what it does not know."""
    import grpc
    import tensorboard_data_server
    from tensorboard import context
    from tensorboard.data.grpc_provider import GrpcDataProvider
    from tensorboard.data.proto.data_provider_pb2_grpc import TensorBoardDataProviderStub

    command = [tensorboard_data_server.server_binary(), "--logdir", str(board), "--port", "0", "--reload", "once"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stderr.readline().rpartition(" ")[2].strip()
            with grpc.insecure_channel(address) as channel:
                provider = GrpcDataProvider(address, TensorBoardDataProviderStub(channel))
                found = loaded(provider, context.RequestContext(), 2 * SEEDS + 2)
        finally:
            server.kill()
    run = comparison.runs[0]
    assert {"epoch/loss", "epoch/val_accuracy", "final/test/accuracy"} <= set(found[run.record.run])
    assert found[run.record.run]["final/test/accuracy"].max_step == 10


def loaded(provider, asked, runs):
    """Return run -> tag -> what is known of its numbers, once all runs have been read."""
    deadline = time.monotonic() + 60
    while True:
        found = provider.list_scalars(asked, experiment_id="", plugin_name="scalars")
        if len(found) >= runs or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def test_hyperparameters_are_read_by_their_plugin(board, comparison):
    """Every setting, the group of the run, and how it ended; the experiment names what differs between runs."""
    from tensorboard.plugins.hparams import metadata

    run = next(one for one in comparison.runs if one.record.metrics["diverged"])
    contents = read_board(board / run.record.run).PluginTagToContent(metadata.PLUGIN_NAME)
    start = metadata.parse_session_start_info_plugin_data(contents[metadata.SESSION_START_INFO_TAG])
    assert start.group_name == "sgd"
    assert start.hparams["optimizer.learning_rate"].number_value == 0.01
    assert start.hparams["optimizer.name"].string_value == "sgd"
    assert metadata.parse_session_end_info_plugin_data(contents[metadata.SESSION_END_INFO_TAG]).status == 2
    (verdict,) = board.glob("verdict-*")
    contents = read_board(verdict).PluginTagToContent(metadata.PLUGIN_NAME)
    experiment = metadata.parse_experiment_plugin_data(contents[metadata.EXPERIMENT_TAG])
    assert {"optimizer.name", "seed"} <= {info.name for info in experiment.hparam_infos}
    assert "final/test/accuracy" in {info.name.tag for info in experiment.metric_infos}


def test_groups_verdict_and_pictures_are_there(board, comparison):
    """What TensorBoard does not know by itself: mean, sd and the sentence; pictures of runs and of the comparison."""
    (verdict,) = board.glob("verdict-*")
    found = read_board(verdict)
    assert texts(found, "verdict") == [comparison.verdict]
    assert {"scores", "differences", "curves", "roc", "time"} <= set(found.Tags()["tensors"])
    for group in comparison.groups:
        (folder,) = board.glob(f"groups-*/{group['optimizer']}")
        assert numbers(read_board(folder), "group/accuracy/mean") == {0: rounded([group["mean"]])[0]}
    from tensorboard.util.tensor_util import make_ndarray

    (picture,) = read_board(board / comparison.runs[0].record.run).Tensors("learning_curves")
    assert list(make_ndarray(picture.tensor_proto).ravel()) == [b"1", b"1", PNG]


def test_twice_adds_nothing_and_more_runs_add_themselves(tmp_path):
    """Every file stays as it is; of a comparison that grew, the new runs and the new verdict come beside."""
    runs_dir, out = stored(tmp_path / "runs", seeds=3), tmp_path / "out"

    def export():
        return export_runs([str(runs_dir)], runs_dir, to="tensorboard", out=out).counts

    def files():
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*") if path.is_file()}

    export()
    before = files()
    assert (export().known, files()) == (6, before)
    stored(runs_dir, seeds=4)
    grown = export()
    assert (grown.new, grown.known, grown.comparisons) == (2, 6, 1)
    assert before.items() <= files().items()
    assert len(files()) == len(before) + 2 + 3


def test_no_folder_of_the_user_leaves(board):
    """Neither in settings nor in the environment."""
    assert not any(PLACE.encode() in path.read_bytes() for path in board.rglob("*") if path.is_file())


def test_tensorflow_is_not_imported(runs_dir, tmp_path):
    """An export of runs is a light command."""
    code = (
        "import sys; from pathlib import Path; from optbench.study.export import export_runs; "
        "export_runs([sys.argv[1] + '/demo-adam-s0*'], Path('.'), to='tensorboard', out=Path('tb')); "
        "assert 'tensorboard' in sys.modules and not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(runs_dir)], check=True, cwd=tmp_path)
