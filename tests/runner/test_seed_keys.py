"""The run keys of further seeds of an experiment."""

from __future__ import annotations

from optbench.runner.plan import load_experiments, plan_run


def test_a_further_seed_has_the_key_of_the_python_as_it_is_by_then(make_runs, tmp_path):
    """What is planned like an earlier run shares its text for keys, but not once a file of the user's has changed."""
    config = make_runs.write_experiment(tmp_path)
    dataset = make_runs.plan(config, tmp_path)[0].dataset
    code = tmp_path / "own.py"
    code.write_text("def build(input_shape, num_classes): ...\n")
    (loaded,) = load_experiments([config], ["model={name: python, function: 'own.py:build'}"])
    facts = {"dataset": dataset, "versions": {"keras": "3"}, "runs_dir": tmp_path / "runs"}

    first = plan_run(loaded, seed=0, **facts)
    assert plan_run(loaded, seed=1, like=first, **facts).key == plan_run(loaded, seed=1, **facts).key
    before = plan_run(loaded, seed=2, **facts).key
    code.write_text(code.read_text() + "# changed\n")
    changed = plan_run(loaded, seed=2, like=first, **facts).key
    assert changed == plan_run(loaded, seed=2, **facts).key
    assert changed != before
