"""`schema`, `init`, `list` and `doctor`: what is printed can be used as it is."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_schema_accepts_the_shipped_experiments(command):
    """The printed schema is a valid one, accepts every shipped experiment and refuses a typo."""
    schema = json.loads(command("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema)
    experiments = [
        path
        for path in (ROOT / "configs").rglob("*.yaml")
        if not {"experiment:", "experiments:"} & set(path.read_text().split())
    ]
    assert experiments
    for path in experiments:
        # PyYAML reads 1e-3 as a text; what counts here is keys and kinds
        assert [error.message for error in checker.iter_errors(yaml.safe_load(path.read_text()))] == []
    assert not checker.is_valid({"name": "a", "dataset": {"name": "iris"}, "optimzer": {"name": "adam"}})


def test_init_starts_a_valid_experiment(command, tmp_path):
    """The starter is accepted by `validate` as it is."""
    done = command("init")
    assert (done.code, done.err) == (0, "")
    (tmp_path / "start.yaml").write_text(done.out)
    assert command("validate", "start.yaml").code == 0


def test_init_for_a_table(command, tmp_path):
    """What was inferred goes to stderr, an experiment that is valid to stdout."""
    rows = [f"k{i},{i * 7 % 31},{'yes' if i % 4 else 'no'}" for i in range(80)]
    (tmp_path / "my table.csv").write_text("\n".join(["key,amount,Churn", *rows]))
    done = command("init", "my table.csv", "--target", "Churn")
    assert done.code == 0
    assert "target 'Churn'" in done.err
    (tmp_path / "my.yaml").write_text(done.out)
    assert command("validate", "my.yaml").code == 0
    assert command("init", "my table.csv", "--target", "Churn", "-q").err == ""


def test_init_takes_a_tab_as_it_is_typed(command, tmp_path):
    r"""A shell passes the two characters of `\t` on as they are."""
    (tmp_path / "my.csv").write_text("a\tchurn\n" + "1\tyes\n2\tno\n" * 20)
    done = command("init", "my.csv", "--target", "churn", "--separator", r"\t")
    assert (done.code, yaml.safe_load(done.out)["dataset"]["separator"]) == (0, "\t")


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["init", "absent.csv"], 3, "absent.csv"),
        (["init", "my.csv", "--target", "chrun"], 3, "Did you mean 'churn'?"),
        (["init", "my.csv", "--target", "churn", "--separator", "|"], 3, 'set dataset.separator: ","'),
        (["init", "rare.csv", "--target", "churn"], 3, 'set dataset.separator: "~" (the option --separator of init)'),
        (["init", "--target", "churn"], 2, "optbench init my.csv"),
    ],
    ids=["absent", "typo", "separator", "rare separator", "no table"],
)
def test_init_refuses(command, tmp_path, argv, code, said):
    """Each refusal names what is wrong."""
    (tmp_path / "my.csv").write_text("a,churn\n" + "1,yes\n2,no\n" * 20)
    (tmp_path / "rare.csv").write_text("a~churn\n" + "1~yes\n2~no\n" * 20)
    done = command(*argv)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("what", "known"),
    [("datasets", {"iris", "telco_churn", "csv"}), ("models", {"mlp", "cnn"}), ("optimizers", {"adam", "sgd"})],
)
def test_list(command, what, known):
    """Names begin their lines; JSON holds the same names."""
    text = command("list", what)
    names = {row["name"] for row in json.loads(command("list", what, "--json").out)[what]}
    assert known <= names
    assert names <= {line.split()[0] for line in text.out.splitlines() if line}
    assert (text.code, text.err) == (0, "")


def test_optimizer_defaults_are_those_of_keras(command):
    """The numbers a user compares, from Keras' own documentation."""
    rows = {
        row["name"]: row["arguments"] for row in json.loads(command("list", "optimizers", "--json").out)["optimizers"]
    }
    assert (rows["sgd"]["learning_rate"], rows["sgd"]["momentum"]) == (0.01, 0.0)
    assert (rows["adam"]["beta_1"], rows["adam"]["beta_2"], rows["adam"]["epsilon"]) == (0.9, 0.999, 1e-7)
    assert rows["adamw"]["weight_decay"] == 0.004


def test_doctor_without_a_trial(command, tmp_path, monkeypatch):
    """A fit machine is 0; nothing stays behind."""
    for name in ("TF_XLA_FLAGS", "XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)
    done = command("doctor", "--no-trial")
    assert (done.code, done.err) == (0, "")
    assert all(line.startswith("ok ") for line in done.out.splitlines())
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_what_would_hurt(command, tmp_path, monkeypatch):
    """A setting that changes bits and a runs directory in the way are named, with exit 3."""
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    done = command("doctor", "--no-trial", "--runs-dir", "taken", "--json")
    assert done.code == 3
    document = json.loads(done.out)
    assert document["ok"] is False
    assert {one["topic"] for one in document["findings"] if not one["ok"]} == {"environment", "runs directory"}
