"""Downloads from a server on this machine: checked, resumed, never mistaken for data when they are not."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading
import time
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from optbench.catalog.dataset import DataFile, DatasetEntry, TableEntry
from optbench.catalog.datasets import DATASETS
from optbench.config import NamedDataset, SplitConfig
from optbench.datasets import fetch, load_dataset
from optbench.datasets.downloads import ensure_file
from optbench.errors import DataError, MachineError

CONTENT = np.random.default_rng(0).bytes(300_000)
OTHER = b"<html>please log in</html>"


@dataclass
class Server:
    """What the server does, and what it was asked: (path, Range header or None) each."""

    url: str
    knows_ranges: bool = True
    cut_after: int | None = None
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    sent: int = 0
    may_answer: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server(monkeypatch):
    """Serve `/good`, `/other` and nothing else; everything is closed at the end."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    state = Server("")
    state.may_answer.set()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            state.requests.append((self.path, wanted))
            state.may_answer.wait(10)
            content = {"/good": CONTENT, "/other": OTHER, "/long": CONTENT * 20}.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and state.knows_ranges else 0
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            part = content[start:][: state.cut_after]
            state.sent += len(part)
            with contextlib.suppress(ConnectionError):  # the other side may have had enough
                self.wfile.write(part)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        state.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            listening.shutdown()
            thread.join()


def data_file(server, *paths):
    return DataFile(
        name="set/file.bin",
        size_bytes=len(CONTENT),
        sha256={hashlib.sha256(CONTENT).hexdigest(): "original"},
        urls=tuple(server.url + path for path in paths),
    )


def ensured(server, folder, *paths, quiet=True):
    return ensure_file(data_file(server, *(paths or ("/good",))), data_dir=folder, quiet=quiet, dataset="set")


def refused(server, folder, *paths):
    with pytest.raises(DataError) as caught:
        ensured(server, folder, *paths)
    assert caught.value.exit_code == 3
    return str(caught.value)


def names(folder):
    return sorted(path.name for path in (folder / "set").iterdir())


def test_missing_file_is_downloaded_and_checked(server, tmp_path):
    """What lies there afterwards is the pinned file, under its name, and nothing else."""
    file = ensured(server, tmp_path)
    assert file.path == tmp_path / "set" / "file.bin"
    assert file.path.read_bytes() == CONTENT
    assert file.to_json() == {
        "name": "set/file.bin",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "bytes": 300_000,
        "copy": "original",
    }
    assert names(tmp_path) == ["file.bin"]


def test_present_file_needs_no_network(server, tmp_path):
    """A file that matches is used as it is: nothing is asked of any server, nothing is written."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin").write_bytes(CONTENT)
    (tmp_path / "set").chmod(0o555)
    ensured(server, tmp_path)
    assert server.requests == []
    assert names(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT[:-1] + b"?", b""])
def test_present_file_of_other_bytes_is_an_error(server, tmp_path, content):
    """A cut or altered file is never data, and never overwritten."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin").write_bytes(content)
    told = refused(server, tmp_path)
    assert f"{tmp_path / 'set' / 'file.bin'} is not the file it should be: its sha256 is " in told
    assert "Move it away and type 'optbench fetch set'." in told
    assert (tmp_path / "set" / "file.bin").read_bytes() == content


def test_wrong_bytes_from_the_server_never_look_like_data(server, tmp_path):
    """A page in place of the file is refused, with its digest, and leaves nothing behind."""
    told = refused(server, tmp_path, "/other")
    assert f"set could not be downloaded from {server.url}/other (it gave bytes with sha256 " in told
    told = refused(server, tmp_path, "/long")
    assert f"{server.url}/long (it sends more than the 300000 bytes of the file)" in told
    assert "Get the file by hand and put it at" in told
    assert not (tmp_path / "set").exists()


def test_next_address_is_tried(server, tmp_path):
    """An address that is gone or lies is passed over for the next one."""
    assert ensured(server, tmp_path, "/gone", "/other", "/good").path.read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/gone", "/other", "/good"]


def test_all_addresses_that_failed_are_named(server, tmp_path):
    """The error says of each address what was wrong with it."""
    told = refused(server, tmp_path, "/gone")
    assert f"{server.url}/gone (it answered 404 Not Found)" in told
    file = DataFile("set/file.bin", 1, {"0" * 64: "original"}, ("http://127.0.0.1:1/nobody",))
    with pytest.raises(DataError, match=r"127\.0\.0\.1:1/nobody \(it cannot be reached from here\)"):
        ensure_file(file, data_dir=tmp_path, quiet=True, dataset="set")


def test_cut_download_goes_on_where_it_stopped(server, tmp_path):
    """What came before the cut is kept apart from the data, and is not asked for again."""
    server.cut_after = 100_000
    refused(server, tmp_path)
    assert names(tmp_path) == ["file.bin.part"]
    have = (tmp_path / "set" / "file.bin.part").stat().st_size
    assert 0 < have <= 100_000
    server.cut_after = None
    assert ensured(server, tmp_path).path.read_bytes() == CONTENT
    assert server.requests == [("/good", None), ("/good", f"bytes={have}-")]
    assert names(tmp_path) == ["file.bin"]


def test_server_without_ranges_sends_the_whole_file_again(server, tmp_path):
    """A server that ignores the range replaces what was there."""
    server.knows_ranges = False
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin.part").write_bytes(CONTENT[:1000])
    assert ensured(server, tmp_path).path.read_bytes() == CONTENT


@pytest.mark.parametrize("rest", [CONTENT, CONTENT + b"more"])
def test_part_that_is_as_long_as_the_file_is_fetched_anew(server, tmp_path, rest):
    """A rest of an earlier download that cannot be continued is started again."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin.part").write_bytes(rest)
    assert ensured(server, tmp_path).path.read_bytes() == CONTENT


def test_part_of_another_file_is_thrown_away(server, tmp_path):
    """Continued from foreign bytes the digest is wrong: the rest is removed, and the next try succeeds."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin.part").write_bytes(b"foreign")
    assert "it gave bytes with sha256" in refused(server, tmp_path)
    assert ensured(server, tmp_path).path.read_bytes() == CONTENT


def test_several_at_the_same_time_download_once(server, tmp_path):
    """Of several that miss the same file at the same time, one downloads it and the others wait."""
    server.may_answer.clear()
    found = []
    threads = [threading.Thread(target=lambda: found.append(ensured(server, tmp_path).sha256)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not server.requests:
        time.sleep(0.01)
    time.sleep(0.1)  # long enough for the others to have missed the file too
    server.may_answer.set()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(CONTENT).hexdigest()] * 4
    assert len(server.requests) == 1


def test_unwritable_data_directory_is_a_machine_error(server, tmp_path):
    """A data directory that cannot be made is named, with the settings that name another."""
    (tmp_path / "file").write_text("")
    with pytest.raises(
        MachineError, match=r"the data directory cannot be written: .* Name another one with --data-dir"
    ):
        ensured(server, tmp_path / "file")
    assert server.requests == []


def test_progress_is_on_stderr_and_quiet_is_quiet(server, tmp_path, capsys, monkeypatch):
    """Without a terminal one line says what is downloaded; on a terminal a bar does; quiet says nothing."""
    ensured(server, tmp_path / "line", quiet=False)
    assert capsys.readouterr() == ("", f"downloading {server.url}/good\n")
    ensured(server, tmp_path / "quiet")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    ensured(server, tmp_path / "bar", quiet=False)
    out, err = capsys.readouterr()
    assert out == ""
    assert "100%" in err


def test_fetch_and_first_use_bring_the_same_files(server, tmp_path, monkeypatch, config):
    """`fetch` downloads every file of a data set beforehand; loading does the same on first use, then never again."""
    x, y = np.random.default_rng(0).integers(0, 256, (200, 4, 4), dtype=np.uint8), np.arange(200) % 10
    np.savez(tmp_path / "m.npz", x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])
    content = (tmp_path / "m.npz").read_bytes()
    monkeypatch.setitem(globals(), "CONTENT", content)
    digest = hashlib.sha256(content).hexdigest()
    file = replace(DATASETS["mnist"].files[0], sha256={digest: "original"}, urls=(f"{server.url}/good",))
    known = {"mnist": replace(DATASETS["mnist"], files=(file,))}
    paths = fetch("mnist", data_dir=tmp_path / "a", quiet=True, known=known)
    assert paths == [tmp_path / "a" / "mnist" / "mnist.npz"]
    first = load_dataset(config("mnist"), base=tmp_path, data_dir=tmp_path / "a", known=known)
    assert len(server.requests) == 1
    second = load_dataset(config("mnist"), base=tmp_path, data_dir=tmp_path / "b", known=known)
    assert len(server.requests) == 2
    assert (first.data_digest, first.split_digest) == (second.data_digest, second.split_digest)
    assert first.input_shape == (4, 4, 1)


@pytest.fixture
def load_new(server, tmp_path, monkeypatch):
    """Load a table that the server has, described by an entry of the catalogue as a newcomer would write it."""

    def run(content, *, task="classification", **described):
        monkeypatch.setitem(globals(), "CONTENT", content.encode())
        entry = DatasetEntry(
            name="newcomer",
            form="table",
            rows=content.count("\n") - 1,
            shape=(2,),
            official_test=False,
            licence="CC0",
            citation="nobody",
            files=(replace(data_file(server, "/good"), name="newcomer/rows.csv"),),
            **described,
        )
        section = NamedDataset.model_construct(name="newcomer", split=SplitConfig())
        return load_dataset(section, base=tmp_path, data_dir=tmp_path / "data", task=task, known={"newcomer": entry})

    return run


def test_a_downloaded_table_can_hold_a_number_to_predict(load_new):
    """Its targets are the numbers of the file, unscaled, and rows are drawn without strata; no class is left over."""
    prices = [round(100 + 7.5 * row, 2) for row in range(60)]
    content = "size,rooms,price\n" + "".join(f"{row},{row % 5},{price}\n" for row, price in enumerate(prices))
    house = {"classes": 0, "table": TableEntry(target="price")}
    dataset = load_new(content, task="regression", **house)
    assert (dataset.task, dataset.num_classes, dataset.class_names) == ("regression", 0, ())
    for part in dataset.splits.values():
        assert part.y.tolist() == [prices[row] for row in part.rows]
    assert dataset.facts["split"]["stratify"] is False
    with pytest.raises(DataError, match=r"newcomer is for task: regression\. Received: task: classification"):
        load_new(content, **house)


def test_a_downloaded_table_can_hold_any_number_of_classes(load_new):
    """Three classes in the order of their names, all in every split, and none of them positive."""
    kinds = ["oak", "ash", "elm"]
    content = "height;girth;tree\n" + "".join(f"{row};{row % 7};{kinds[row % 3]}\n" for row in range(90))
    dataset = load_new(content, classes=3, table=TableEntry(target="tree", separator=";"))
    assert (dataset.class_names, dataset.positive_class) == (("ash", "elm", "oak"), None)
    for part in dataset.splits.values():
        assert [dataset.class_names[label] for label in part.y] == [kinds[row % 3] for row in part.rows]
        assert set(part.y) == {0, 1, 2}


def test_a_downloaded_table_says_which_of_two_classes_is_positive(load_new):
    """It need not be the last one in order."""
    content = "a,b,ill\n" + "".join(f"{row},{row % 7},{('no', 'yes')[row % 2]}\n" for row in range(60))
    table = TableEntry(target="ill")
    assert load_new(content, classes=2, table=table, positive_class="no").positive_class == 0
    assert load_new(content, classes=2, table=table).positive_class == 1


def test_downloaded_arrays_say_which_of_two_classes_is_positive(server, tmp_path, monkeypatch):
    """The class of the entry by the name that the entry gives it, and then there is nothing left to note."""
    x, y = np.random.default_rng(0).normal(size=(80, 3)), np.arange(80) % 2
    np.savez(tmp_path / "rows.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    monkeypatch.setitem(globals(), "CONTENT", (tmp_path / "rows.npz").read_bytes())
    file = replace(data_file(server, "/good"), name="mnist/rows.npz")
    entry = replace(DATASETS["mnist"], classes=2, labels=("ill", "well"), files=(file,))
    for wanted, number, codes in (("ill", 0, set()), (None, 1, {"data-positive-class"})):
        known = {"mnist": replace(entry, positive_class=wanted)}
        section = NamedDataset(name="mnist")
        dataset = load_dataset(section, base=tmp_path, data_dir=tmp_path / str(number), known=known)
        assert (dataset.class_names, dataset.positive_class) == (("ill", "well"), number)
        assert {note.code for note in dataset.notes} & {"data-positive-class"} == codes


def test_a_downloaded_table_leaves_out_columns(load_new):
    """An entry says which columns are no input and what kind a column is, as a user's own table does."""
    content = "key,code,size,kind\n" + "".join(f"{row},{row % 3},{row / 7},{'ab'[row % 2]}\n" for row in range(60))
    table = TableEntry(target="kind", drop=("key",), features={"code": "category"})
    names = load_new(content, classes=2, table=table).feature_names
    assert {"code=0", "code=1", "code=2", "size"} <= set(names)
    assert not {"code", "key"} & set(names)


def test_registry_is_pinned():
    """Every file has sha256 digests, its own folder below the data directory, and an address."""
    for entry in DATASETS.values():
        assert entry.licence
        assert entry.citation
        for file in entry.files:
            assert file.name.startswith(f"{entry.name}/")
            assert all(len(digest) == 64 and int(digest, 16) for digest in file.sha256)
            assert file.urls
            assert file.size_bytes > 0


@pytest.mark.data
@pytest.mark.parametrize("name", ["telco_churn", "fashion_mnist"])
def test_reference_directory_is_a_data_directory(data_dir, name):
    """The reference files are found by their names, match their digests and sizes, and need no network."""
    paths = fetch(name, data_dir=data_dir, quiet=True)
    assert [path.stat().st_size for path in paths] == [file.size_bytes for file in DATASETS[name].files]
