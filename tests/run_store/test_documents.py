"""JSON documents are strict on the way out and on the way in."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.errors import StorageError
from optbench.run_store import read_json, write_json
from optbench.run_store.documents import decode_json, encode_json, require_schema

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(codec=None)), VALUES, max_size=5))
@settings(max_examples=100, deadline=None)
def test_round_trip(document):
    """What is encoded decodes to the same values in the same order, and encodes to the same bytes again."""
    data = encode_json(document)
    back = decode_json(data, Path("x"))
    assert back == document
    assert list(back) == list(document)
    assert encode_json(back) == data
    assert data.endswith(b"\n")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_refused(tmp_path, value):
    """NaN is never written; nothing is left behind."""
    with pytest.raises(StorageError, match="finite numbers"):
        write_json(tmp_path / "a.json", {"loss": [value]})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1} x',
        b"\xff\xfe{}",
        b'{"a":' * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_damaged_documents_are_sentences(tmp_path, data):
    """Whatever a file holds, the reader answers with StorageError and the path."""
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"a\.json"):
        read_json(path)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_document_or_an_error(data):
    """No bytes lead to another exception, and what is accepted is plain JSON."""
    try:
        document = decode_json(data, Path("x"))
    except StorageError:
        return
    assert json.loads(data) == document


@pytest.mark.parametrize("version, ok", [(1, True), (2, False), (0, False), (True, False), ("1", False), (None, False)])
def test_newer_documents_are_refused(version, ok):
    """A schema version this program does not know is refused, with the remedy."""
    document = {"schema_version": version}
    if ok:
        require_schema(document, Path("x"))
    else:
        with pytest.raises(StorageError, match="schema_version"):
            require_schema(document, Path("x"))


def test_write_replaces():
    """Writing twice leaves the second document."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        write_json(path, {"a": 1})
        write_json(path, {"a": 2})
        assert read_json(path) == {"a": 2}
