"""What a user can get wrong in a config, a table, arrays or code: exit 3, a sentence that helps, and no trace left."""

from __future__ import annotations

import resource
import signal

import numpy as np
import pytest
from selection import mostly_long

GOOD = {
    "name": "name: good\n",
    "dataset": "dataset: {name: iris}\n",
    "model": "model: {name: mlp, hidden_units: [4]}\n",
    "optimizer": "optimizer: {name: adam}\n",
    "training": "training: {epochs: 1}\n",
}
CSV = "dataset: {name: csv, path: %s, target: y}\n"

# file name -> (sections that differ, what must be said)
CONFIGS = {
    "typo.yaml": ({"optimizer": "optimizer: {name: adam, beta1: 0.9}\n"}, "Did you mean 'beta_1'?"),
    "section.yaml": ({"optimizer": "optimzer: {name: adam}\n"}, "Did you mean 'optimizer'?"),
    "type.yaml": ({"training": "training: {epochs: many}\n"}, "Received: 'many'"),
    "boolean.yaml": ({"training": "training: {epochs: true}\n"}, "training.epochs"),
    "zero.yaml": ({"training": "training: {epochs: -1}\n"}, "training.epochs"),
    "nan.yaml": ({"optimizer": "optimizer: {name: adam, learning_rate: .nan}\n"}, "optimizer.learning_rate"),
    "momentum.yaml": ({"optimizer": "optimizer: {name: adam, momentum: 0.9}\n"}, "momentum"),
    "unknown.yaml": ({"dataset": "dataset: {name: irsi}\n"}, "Did you mean 'iris'?"),
    "empty-section.yaml": ({"optimizer": "optimizer:\n"}, "optimizer"),
    "duplicate.yaml": ({"training": "training: {epochs: 1, epochs: 2}\n"}, "duplicate.yaml:5"),
    "fractions.yaml": ({"dataset": "dataset: {name: iris, split: {test: 0.7, validation: 0.5}}\n"}, "split"),
    "path-in-name.yaml": ({"name": "name: ../../evil\n"}, "'../../evil'"),
    "alias.yaml": ({"name": "name: &a x\n"}, "alias.yaml:1"),
    "binary-loss.yaml": ({"training": "training: {loss: hinge_los}\n"}, "hinge"),
}
WHOLE_FILES = {
    "nothing.yaml": (b"", "nothing.yaml"),
    "list.yaml": (b"- a\n- b\n", "list.yaml"),
    "syntax.yaml": (b"name: [a\ndataset: {name: iris}\n", "syntax.yaml:"),
    "tab.yaml": (b"name: a\n\tdataset: b\n", "tab.yaml:"),
    "bytes.yaml": (b"\x00\xff\xfe\x80", "bytes.yaml"),
    "two.yaml": (b"name: a\n---\nname: b\n", "two.yaml"),
    "tag.yaml": (b"name: !!python/object/apply:os.system ['touch pwned']\n", "tag.yaml:1"),
}
TABLES = {
    "empty": ("", "is empty"),
    "header-only": ("a,b,y\n", "header-only.csv"),
    "one-class": ("a,b,y\n" + "1,2,yes\n3,4,yes\n" * 20, "one-class.csv"),
    "lonely": ("a,b,y\n" + "1,2,yes\n3,4,no\n" * 20 + "5,6,maybe\n", "'maybe'"),
    "ragged": ("a,b,y\n" + "1,2,yes\n3,4,no\n" * 20 + "1,2,3,4,yes\n", "line 42"),
    "no-target": ("a,b,z\n" + "1,2,yes\n3,4,no\n" * 20, "Received: 'y'"),
    "infinite": ("a,b,y\n" + "1,2,yes\n3,4,no\n" * 20 + "inf,1,yes\n", "'a'"),
    "twice": ("a,a,y\n" + "1,2,yes\n3,4,no\n" * 20, "'a'"),
}
X, Y = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32), np.arange(40) % 2
ARRAYS = {
    "nan": ({"x_train": np.where(np.arange(120).reshape(40, 3) == 7, np.nan, X)}, "nan.npz"),
    "infinity": ({"x_test": np.full((9, 3), np.inf)}, "infinity.npz"),
    "unseen": ({"y_test": np.full(9, 7)}, "7"),
    "lengths": ({"y_train": Y[:30]}, "40"),
    "widths": ({"x_test": np.zeros((9, 4))}, "4"),
    "flat": ({"x_train": X[:, 0]}, "flat.npz"),
    "labels": ({"y_train": X}, "y_train"),
}
RETURNS = "import numpy as np\ndef load():\n    part = {}\n    return part, part\n"
FUNCTIONS = {
    "raises": (
        "def load():\n    size = 3\n    raise ValueError('no such size')\n",
        "code_raises.py:3: raise ValueError",
    ),
    "syntax": ("def load(:\n    pass\n", "code_syntax.py:1"),
    "imports": ("import nonesuch_module\ndef load(): pass\n", "nonesuch_module"),
    "missing": ("def lode(): pass\n", "load"),
    "returns": ("def load():\n    return 3\n", "load"),
    "shapes": (RETURNS.format("np.zeros((9, 2)), np.zeros(8)"), "code_shapes.py"),
    "nans": (RETURNS.format("np.full((20, 2), np.nan), np.arange(20) % 2"), "code_nans.py"),
    "arguments": ("def load(size):\n    pass\n", "size"),
}


@pytest.fixture
def inputs(tmp_path):
    """Write every bad input; returns the expected sentence by experiment file, for configs and for data."""

    def write(file, /, **sections):
        (tmp_path / file).write_text("".join({**GOOD, "name": f"name: {file[:-5]}\n", **sections}.values()))

    configs, data = {}, {}
    for name, (sections, said) in CONFIGS.items():
        write(name, **sections)
        configs[name] = said
    for name, (content, said) in WHOLE_FILES.items():
        (tmp_path / name).write_bytes(content)
        configs[name] = said
    for name, (content, said) in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(content)
        write(f"csv-{name}.yaml", dataset=CSV % f"{name}.csv")
        data[f"csv-{name}.yaml"] = said
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "noise.npz").write_bytes(b"PK\x03\x04 cut off")
    for name, dataset, said in (
        ("csv-noise", CSV % "noise.csv", "noise.csv"),
        ("csv-absent", CSV % "absent.csv", "absent.csv"),
        ("csv-folder", CSV % ".", "csv-folder.yaml"),
        ("npz-noise", "dataset: {name: npz, path: noise.npz}\n", "noise.npz"),
        ("npz-absent", "dataset: {name: npz, path: absent.npz}\n", "absent.npz"),
        ("py-absent", "dataset: {name: python, function: 'absent.py:load'}\n", "absent.py"),
    ):
        write(f"{name}.yaml", dataset=dataset)
        data[f"{name}.yaml"] = said
    for name, (arrays, said) in ARRAYS.items():
        whole = {"x_train": X, "y_train": Y, "x_test": X[:9], "y_test": Y[:9]}
        np.savez(tmp_path / f"{name}.npz", **{**whole, **arrays})
        write(f"npz-{name}.yaml", dataset=f"dataset: {{name: npz, path: {name}.npz}}\n")
        data[f"npz-{name}.yaml"] = said
    for name, (code, said) in FUNCTIONS.items():
        (tmp_path / f"code_{name}.py").write_text(code)
        write(f"py-{name}.yaml", dataset=f"dataset: {{name: python, function: 'code_{name}.py:load'}}\n")
        data[f"py-{name}.yaml"] = said
    write("good.yaml")
    return configs, data


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts)


def missing(expected, text):
    return {name: said for name, said in expected.items() if said not in text or name not in text}


def test_each_bad_config_alone_is_3(command, inputs, tmp_path):
    """`validate` names the file and what is wrong; nothing on stdout, no traceback, nothing created."""
    before = names(tmp_path)
    for name, said in {**inputs[0], **inputs[1]}.items():
        done = command("validate", name)
        assert (name, done.code, done.out) == (name, 3, "")
        assert missing({name: said}, done.err) == {}
        assert "Traceback" not in done.err
        assert done.err.startswith("optbench: ")
    assert names(tmp_path) == before


def test_run_tells_every_config_at_once(process, inputs, tmp_path):
    """All findings of all files in one go, and a valid file among them is not begun."""
    before = names(tmp_path)
    done = process("run", *inputs[0], "good.yaml", "--runs-dir", "deep/runs")
    assert (done.code, done.out) == (3, "")
    assert missing(inputs[0], done.err) == {}
    assert "Traceback" not in done.err
    assert names(tmp_path) == before


def test_run_tells_all_bad_data_at_once(process, inputs, tmp_path):
    """The same for tables, arrays and functions."""
    before = names(tmp_path)
    done = process("run", *inputs[1], "good.yaml", "--runs-dir", "deep/runs")
    assert (done.code, done.out) == (3, "")
    assert missing(inputs[1], done.err) == {}
    assert "Traceback" not in done.err
    assert names(tmp_path) == before


def test_a_bad_override_is_3_and_named(command, inputs, tmp_path):
    """`--set` is checked like the file, and the argument is shown."""
    before = names(tmp_path)
    for override in ("training.epochs=abc", "nonsense", "training.epoch=3", "=3", "optimizer.name=", "training=3"):
        done = command("run", "good.yaml", "--set", override)
        assert (override, done.code, done.out) == (override, 3, "")
        assert override.split("=")[0] in done.err
    assert names(tmp_path) == before


MODELS = {
    "logits": (
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(classes)])\n",
        "",
        "logits",
    ),
    "nothing": ("    return None\n", "", "None"),
    "text": ("    return 'a model'\n", "", "model"),
    "units": (
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(7, activation='softmax')])\n",
        "",
        "7",
    ),
    "inputs": (
        "    return keras.Sequential([keras.Input((99,)), keras.layers.Dense(classes, activation='softmax')])\n",
        "",
        "99",
    ),
    "raises": ("    units = 3\n    raise KeyError('width')\n", "", "model_raises.py:4: raise KeyError('width')"),
    "one_unit": (
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(1, activation='sigmoid')])\n",
        "training: {epochs: 1, loss: categorical_crossentropy}\n",
        "categorical_crossentropy",
    ),
}


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.tensorflow
def test_run_tells_all_bad_models_at_once(process, inputs, tmp_path):
    """What only building can tell: output, shape, loss, and exceptions with the user's own line."""
    expected = {}
    for name, (body, training, said) in MODELS.items():
        (tmp_path / f"model_{name}.py").write_text(f"import keras\ndef build(shape, classes):\n{body}")
        sections = {
            **GOOD,
            "name": f"name: {name}\n",
            "dataset": "dataset: {name: breast_cancer}\n",
            "model": f"model: {{name: python, function: 'model_{name}.py:build'}}\n",
            "training": training or GOOD["training"],
        }
        (tmp_path / f"{name}.yaml").write_text("".join(sections.values()))
        expected[f"{name}.yaml"] = said
    before = names(tmp_path)
    done = process("run", *expected, "good.yaml", "--runs-dir", "deep/runs")
    assert (done.code, done.out) == (3, "")
    assert missing(expected, done.err) == {}
    assert "Traceback" not in done.err
    assert names(tmp_path) == before


def limit_file_size():
    """Make every file larger than 100 kB fail, as a full disk does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.parametrize("where", mostly_long(["/proc/runs", "full"], short=["full"], ci=["/proc/runs"]))
def test_unusable_runs_directory_is_3(process, inputs, tmp_path, where):
    """A place that takes no folders, a full disk: told before anything is trained."""
    before = names(tmp_path)
    options = {"preexec_fn": limit_file_size} if where == "full" else {}
    done = process("run", "good.yaml", "--runs-dir", where, **options)
    assert (done.code, done.out) == (3, "")
    assert f"the runs directory {where} is not usable" in done.err
    assert "Traceback" not in done.err
    assert names(tmp_path) == before


@pytest.mark.parametrize("where", ["taken", "taken/below"])
@pytest.mark.parametrize("option", [(), ("--dry-run",)], ids=["run", "dry-run"])
def test_a_file_in_place_of_the_runs_directory_is_3(command, inputs, no_executor, tmp_path, where, option):
    """What is in the way is named, by `--dry-run` as well."""
    (tmp_path / "taken").write_text("a file")
    before = names(tmp_path)
    done = command("run", "good.yaml", "--runs-dir", where, *option)
    assert (done.code, done.out) == (3, "")
    assert f"the runs directory {where} cannot be created" in done.err
    assert (tmp_path / "taken").read_text() == "a file"
    assert names(tmp_path) == before
