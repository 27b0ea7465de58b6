"""Files near what is valid, a third of them and more valid: accepted or refused in a sentence, never a bug."""

from __future__ import annotations

import copy
import io
import json
import zipfile

import numpy as np
import pytest
from fuzzed_experiments import VALID, mutated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from selection import drawn

from optbench.errors import InvalidError
from optbench.runner.validate import validate_configs

pytestmark = [pytest.mark.long, pytest.mark.ci]

FUZZED = settings(deadline=None, suppress_health_check=list(HealthCheck))

# values that a key of the schema takes, and some it does not
NEAR = {
    ("training", "epochs"): st.integers(-1, 5),
    ("training", "batch_size"): st.sampled_from([0, 1, 16, 10**9]),
    ("optimizer", "learning_rate"): st.sampled_from([0.1, 0.0, -1.0, 1e-300, {"schedule": "cosine_decay"}]),
    ("dataset", "split", "test"): st.sampled_from([0.2, 0.5, 0.0, 1.0, 2]),
    ("dataset", "split", "validation"): st.sampled_from([0.1, 0.0, 0.9, None]),
    ("dataset", "split", "seed"): st.integers(0, 3),
    ("model", "dropout"): st.sampled_from([0.0, 0.5, 1.0, "0.1"]),
    ("model", "hidden_units"): st.lists(st.integers(0, 9), max_size=3),
    ("name",): st.sampled_from(["a", "b-1", "../a", "", "x" * 200, "é"]),
    ("seeds",): st.sampled_from([[0], [0, 1], [], [0, 0], "0..3"]),
}


def often(good, other):
    """Draw what is good seven times of eight, or so."""
    return st.integers(1, 8).flatmap(lambda number: other if number == 8 else st.sampled_from(good))


@st.composite
def near_the_schema(draw):
    """A valid experiment on a bundled data set with up to two values changed to others of their kind."""
    plain = copy.deepcopy(VALID[0])
    for path in draw(st.lists(st.sampled_from(sorted(NEAR)), max_size=2, unique=True)):
        parent = plain
        for part in path[:-1]:
            parent = parent.setdefault(part, {})
        parent[path[-1]] = draw(NEAR[path])
    return plain


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def counts():
    """How many of what was drawn were valid."""
    return {}


def validated(folder, counts, what):
    """Validate a.yaml; an error that is none of optbench's own fails the test."""
    found = validate_configs([folder / "a.yaml"], overrides=(), data_dir=folder / "data")
    valid, all_of = counts.get(what, (0, 0))
    try:
        found.raise_for_findings()
    except InvalidError:
        counts[what] = (valid, all_of + 1)
    else:
        counts[what] = (valid + 1, all_of + 1)


def require_a_third(counts, what, record_property):
    valid, all_of = counts[what]
    record_property("count", f"{what}: {valid} of {all_of} were valid")
    assert 3 * valid >= all_of


def section(folder, dataset, *, task="classification"):
    plain = {"name": "a", "dataset": dataset, "model": {"name": "mlp"}, "optimizer": {"name": "adam"}, "task": task}
    (folder / "a.yaml").write_text(json.dumps(plain), encoding="utf-8")


def test_experiments(folder, counts, record_property):
    """Near the schema, and with changes of any kind."""

    @settings(FUZZED, max_examples=drawn(1200))
    @given(plain=near_the_schema())
    def near(plain):
        (folder / "a.yaml").write_text(json.dumps(plain), encoding="utf-8")
        validated(folder, counts, "experiments")

    @settings(FUZZED, max_examples=drawn(400))
    @given(plain=mutated())
    def far(plain):
        text = json.dumps(plain).replace("Infinity", ".inf").replace("NaN", ".nan")
        (folder / "a.yaml").write_text(text, encoding="utf-8")
        validated(folder, counts, "mutated")

    near()
    require_a_third(counts, "experiments", record_property)
    far()


CELLS = st.one_of(
    st.sampled_from(
        ["1", "2.5", "-3", "x", "", "NA", "1e5", "0x10", "inf", "nan", "1,5", "true", '"', "'", "\x00", "=1+1"]
    ),
    st.text(max_size=3),
)


def test_tables(folder, counts, record_property):
    """Cells, headers, line ends, encodings; a target that may be anything."""

    @settings(FUZZED, max_examples=drawn(800))
    @given(
        names=often(
            [["a"], ["a", "b"], ["é", "b"]], st.lists(st.sampled_from(["a", "b", "", "y"]), min_size=1, max_size=3)
        ),
        damage=often([[], [(3, "5")], [(7, "-2.5")]], st.lists(st.tuples(st.integers(0, 200), CELLS), max_size=3)),
        end=st.sampled_from(["\n", "\n", "\r\n", "\r"]),
        raw=often([b""], st.binary(max_size=4)),
    )
    def fuzz(names, damage, end, raw):
        header = [*names, "y"]
        rows = [[str((i * k) % 7) for k in range(1, len(names) + 1)] + ["pq"[i % 2]] for i in range(40)]
        for place, cell in damage:
            rows[place % 40][place % len(header)] = cell
        lines = [",".join(row) for row in (header, *rows)]
        (folder / "t.csv").write_bytes(end.join(lines).encode("utf-8", "surrogatepass") + raw)
        section(folder, {"name": "csv", "path": "t.csv", "target": "y"})
        validated(folder, counts, "tables")

    fuzz()
    require_a_third(counts, "tables", record_property)


def test_arrays(folder, counts, record_property):
    """Shapes, types, bytes of the archive; the same file, cut or changed somewhere."""
    kinds = st.sampled_from(["<f4", "<f8", ">f4", "<i8", "|u1", "|b1", "<f2", "<c8", "<U3", "|S3", "<M8[s]", "<f16"])

    @settings(FUZZED, max_examples=drawn(800))
    @given(
        kind=often(["<f4", "|u1", "<i8"], kinds),
        shape=often([(3,), (2, 2), (4, 4, 1)], st.sampled_from([(), (0,)])),
        labels=often(["<i8", "<U3"], kinds),
        damage=often([None], st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))),
        packed=st.booleans(),
    )
    def fuzz(kind, shape, labels, damage, packed):
        rng = np.random.default_rng(0)
        try:
            x = (rng.normal(size=(40, *shape)) * 3).astype(kind)
            y = (np.arange(40) % 2).astype(labels)
        except (TypeError, ValueError):
            return
        buffer = io.BytesIO()
        (np.savez_compressed if packed else np.savez)(buffer, x_train=x, y_train=y, x_test=x[:10], y_test=y[:10])
        data = bytearray(buffer.getvalue())
        if damage is not None:
            at = damage[0] % len(data)
            data[at : at + len(damage[1])] = damage[1]
        (folder / "d.npz").write_bytes(bytes(data))
        section(folder, {"name": "npz", "path": "d.npz"})
        validated(folder, counts, "arrays")

    fuzz()
    require_a_third(counts, "arrays", record_property)


def test_images(tmp_path_factory, counts, record_property):
    """Formats, modes, and bytes changed anywhere."""
    folder = tmp_path_factory.mktemp("images")
    for name in ("cat", "dog"):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (5, 4), (number, 3 * number, 7)).save(folder / "pictures" / name / f"{number}.png")
    section(folder, {"name": "image_folder", "path": "pictures", "size": [4, 4]})

    @settings(FUZZED, max_examples=drawn(400))
    @given(
        form=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "PPM", "WEBP"]),
        mode=st.sampled_from(["RGB", "L", "1", "P", "RGBA", "CMYK", "I;16", "F"]),
        damage=st.one_of(st.none(), st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=4))),
    )
    def fuzz(form, mode, damage):
        buffer = io.BytesIO()
        try:
            Image.new(mode, (6, 5)).save(buffer, form)
        except (OSError, KeyError, ValueError):
            return
        data = bytearray(buffer.getvalue())
        if damage is not None:
            at = damage[0] % len(data)
            data[at : at + len(damage[1])] = damage[1]
        ending = {"JPEG": "jpg", "PPM": "ppm"}.get(form, form.lower())
        path = folder / "pictures" / "cat" / f"fuzzed.{ending}"
        path.write_bytes(bytes(data))
        validated(folder, counts, "images")
        path.unlink()

    fuzz()
    require_a_third(counts, "images", record_property)


@settings(FUZZED, max_examples=drawn(400))
@given(data=st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda tail: b"PK\x03\x04" + tail)))
def test_bytes_in_the_place_of_an_archive(folder, data):
    """Nothing that zipfile or NumPy raise reaches the user as a bug."""
    (folder / "d.npz").write_bytes(data)
    section(folder, {"name": "npz", "path": "d.npz"})
    validated(folder, {}, "bytes")


def test_an_archive_with_two_arrays_of_one_name(folder):
    """The later one counts, as for NumPy, or the file is refused; never both."""
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((40, 3), dtype=np.float32))
    with zipfile.ZipFile(folder / "d.npz", "w") as archive:
        archive.writestr("x_train.npy", buffer.getvalue())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("x_train.npy", buffer.getvalue())
    section(folder, {"name": "npz", "path": "d.npz"})
    validated(folder, {}, "twice")
