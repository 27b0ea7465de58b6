"""openml:ID through scikit-learn, against a server of our own that answers as openml.org does."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import http.server
import json
import threading
import urllib.request

import numpy as np
import pytest

from optbench.datasets import fetch, load_dataset
from optbench.errors import DataError, UsageError

ROWS = [
    f"{row},{row % 7 + 0.5 if row % 5 else '?'},{('red', 'blue')[row % 3 == 0]},{'ab'[row % 2]}\n" for row in range(60)
]
ARFF = (
    "@RELATION flowers\n@ATTRIBUTE number INTEGER\n@ATTRIBUTE length REAL\n@ATTRIBUTE colour {red,blue}\n"
    f"@ATTRIBUTE kind {{a,b}}\n@DATA\n{''.join(ROWS)}"
)


def feature(index, name, kind, **more):
    told = {"index": str(index), "name": name, "data_type": kind, "is_target": "false", "is_ignore": "false"}
    return {**told, "is_row_identifier": "false", "number_of_missing_values": "0", **more}


@pytest.fixture
def server():
    """Answer with one small data set, number 7, and count the requests."""
    packed = gzip.compress(ARFF.encode(), mtime=0)
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            host = f"http://127.0.0.1:{self.server.server_port}"
            description = {
                "id": "7",
                "name": "flowers",
                "version": "1",
                "description": "made here",
                "format": "ARFF",
                "url": f"{host}/data/v1/download/9",
                "file_id": "9",
                "default_target_attribute": "kind",
                "status": "active",
                "md5_checksum": hashlib.md5(ARFF.encode()).hexdigest(),  # noqa: S324 - OpenML's own choice
            }
            features = [
                feature(0, "number", "numeric", is_row_identifier="true"),
                feature(1, "length", "numeric"),
                feature(2, "colour", "nominal", nominal_value=["red", "blue"]),
                feature(3, "kind", "nominal", is_target="true", nominal_value=["a", "b"]),
            ]
            answers = {
                "/api/v1/json/data/7": {"data_set_description": description},
                "/api/v1/json/data/features/7": {"data_features": {"feature": features}},
                "/api/v1/json/data/qualities/7": {"data_qualities": {"quality": []}},
            }
            if self.path == "/data/v1/download/9":
                content = packed
            elif self.path in answers:
                content = gzip.compress(json.dumps(answers[self.path]).encode())
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:

        class Here(urllib.request.HTTPSHandler):
            def https_open(self, request):
                request.host = f"127.0.0.1:{listening.server_port}"
                return self.do_open(http.client.HTTPConnection, request)

        urllib.request.install_opener(urllib.request.build_opener(Here))
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield asked
        urllib.request.install_opener(None)
        listening.shutdown()
        thread.join()


def test_a_table_of_openml(server, config, tmp_path):
    """Columns keep their kinds, the row identifier is left out, the target is OpenML's, missing cells are counted."""
    dataset = load_dataset(config("openml:7"), base=tmp_path, data_dir=tmp_path)
    assert dataset.name == "openml:7"
    assert dataset.class_names == ("a", "b")
    assert dataset.feature_names == ("length", "colour=red", "colour=(unknown)")
    assert sum(len(part.y) for part in dataset.splits.values()) == 60
    assert all((part.y == part.rows % 2).all() for part in dataset.splits.values())
    assert dataset.facts["preprocessing"]["length"]["missing"] == 12
    (file,) = dataset.facts["files"]
    assert (file["name"], len(file["sha256"])) == ("openml:7", 64)


def test_columns_of_it_are_of_the_kinds_that_are_named(server, config, tmp_path):
    """Numbers as categories, a category as an embedding, as in a table of the user's own."""
    features = {"length": "category", "colour": {"kind": "embedding", "size": 2}}
    dataset = load_dataset(config("openml:7", features=features), base=tmp_path, data_dir=tmp_path)
    assert [part.name for part in dataset.parts] == ["table", "colour"]
    assert dataset.preprocessing["inputs"][1]["columns"] == ["colour"]


def test_it_is_downloaded_once(server, config, tmp_path):
    """The second time it comes from the data directory, with the same digests."""
    first = load_dataset(config("openml:7"), base=tmp_path, data_dir=tmp_path)
    count = len(server)
    again = load_dataset(config("openml:7"), base=tmp_path, data_dir=tmp_path)
    assert len(server) == count
    assert (again.data_digest, again.split_digest) == (first.data_digest, first.split_digest)
    other = load_dataset(config("openml:7", target="colour", drop=["kind"]), base=tmp_path, data_dir=tmp_path)
    assert other.class_names == ("blue", "red")
    assert np.isfinite(other.train.x).all()


def test_fetched_beforehand(server, config, tmp_path):
    """`fetch openml:7` brings what loading needs, so that a machine may be offline from then on."""
    assert fetch("openml:7", data_dir=tmp_path, quiet=True) == [tmp_path / "openml"]
    count = len(server)
    load_dataset(config("openml:7"), base=tmp_path, data_dir=tmp_path)
    assert len(server) == count
    with pytest.raises(UsageError, match=r"no data set 'openml:x' to fetch.* openml:NUMBER"):
        fetch("openml:x", data_dir=tmp_path, quiet=True)


@pytest.mark.long
@pytest.mark.ci
def test_what_cannot_be_had(server, config, tmp_path):
    """A number that is not there is an error in a sentence."""
    with pytest.raises(DataError, match=r"openml:8 could not be had from openml\.org: .* is there a network"):
        load_dataset(config("openml:8"), base=tmp_path, data_dir=tmp_path)


def test_a_number_to_predict(server, config, tmp_path):
    """`task: regression` takes a numeric column of such a table."""
    section = config("openml:7", target="length", drop=["kind"])
    dataset = load_dataset(section, base=tmp_path, data_dir=tmp_path, task="regression")
    assert (dataset.task, dataset.class_names) == ("regression", ())
    assert sum(len(part.y) for part in dataset.splits.values()) == 48
    assert all((part.y == part.rows % 7 + 0.5).all() for part in dataset.splits.values())
