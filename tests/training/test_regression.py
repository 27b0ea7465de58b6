"""Regression: one linear unit, a standardised target, errors in its own unit; the bits of `fit` here too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from selection import mostly_long

from optbench.errors import ModelError
from optbench.records import Dataset, RunStatus, SplitData
from optbench.training.archive import model_archive
from optbench.training.loop import train
from optbench.training.preflight import preflight
from optbench.training.target_scale import target_scale

# Keras 3.15 saves through a TensorFlow array that NumPy 2 warns of
pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]

COEFFICIENTS = np.array([30.0, -20.0, 10.0, 0.0, 5.0, 0.0])


def numbers(n: int, *, seed: int) -> SplitData:
    """Examples whose target is linear in the inputs, around 1000, with a little noise."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 6)).astype(np.float32)
    y = 1000.0 + x.astype(np.float64) @ COEFFICIENTS + generator.normal(size=n)
    return SplitData(x, y, np.arange(n))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """A table of 100, 30 and 40 rows."""
    return Dataset(
        name="numbers",
        train=numbers(100, seed=1),
        validation=numbers(30, seed=2),
        test=numbers(40, seed=3),
        class_names=(),
        positive_class=None,
        feature_names=(),
        data_digest="0" * 64,
        split_digest="1" * 64,
        task="regression",
    )


@pytest.fixture
def config(make_config, dataset):
    """Resolve an experiment on diabetes' section, for the numbers above."""

    def make(**sections):
        return make_config(dataset, task="regression", dataset={"name": "diabetes"}, **sections)

    return make


def trained(config, dataset, tmp_path, **options):
    return train(config, dataset, base=tmp_path, **options)


LAYERS = {
    "name": "layers",
    "layers": [{"Dense": {"units": 8, "activation": "relu"}}, {"BatchNormalization": {}}, {"Dropout": {"rate": 0.2}}],
}


REGRESSIONS = [
    {"model": LAYERS},
    {"training": {"loss": "huber", "batch_size": 24}},
    {"training": {"standardize_target": False, "loss": "mean_absolute_error"}},
]


@pytest.mark.parametrize(
    "sections",
    mostly_long(
        REGRESSIONS,
        short=REGRESSIONS[:1],
        ci=REGRESSIONS[1:],
    ),
)
def test_fused_has_the_bits_of_keras_fit(sections, config, dataset, tmp_path):
    """Weights, slots, history and predictions are those of `fit`, byte for byte."""
    training = sections.get("training", {})
    fused, keras = (
        trained(config(**{**sections, "training": {**training, "engine": engine}}), dataset, tmp_path)[0]
        for engine in ("fused", "keras")
    )
    assert fused.digests == keras.digests
    assert fused.history == keras.history
    for split, found in keras.predictions.items():
        assert found.y_pred.tobytes() == fused.predictions[split].y_pred.tobytes()


@pytest.mark.long
@pytest.mark.ci
def test_xla_is_close(config, dataset, tmp_path):
    """Three epochs end within a ten-thousandth of the target's standard deviation."""
    xla, keras = (trained(config(training={"engine": engine}), dataset, tmp_path)[0] for engine in ("xla", "keras"))
    atol = 1e-4 * dataset.train.y.std()
    np.testing.assert_allclose(xla.predictions["test"].y_pred, keras.predictions["test"].y_pred, atol=atol)


def test_it_is_a_plain_keras_script_on_the_standardised_target(config, dataset, tmp_path):
    """The weights are those of `compile(loss="mse")` and `fit` on (y - mean) / sd; predictions are brought back."""
    import keras

    from optbench.random_streams import epoch_order
    from optbench.training.problem import build_problem

    experiment = config(model={"name": "mlp", "hidden_units": [8]})
    outcome, program = trained(experiment, dataset, tmp_path)
    start = build_problem(experiment, dataset, base=tmp_path).model.get_weights()
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    model.set_weights(start)
    model.compile(optimizer=keras.optimizers.Adam(), loss="mse")
    mean, sd = dataset.train.y.mean(), dataset.train.y.std()
    x, y = dataset.train.x, ((dataset.train.y - mean) / sd).astype(np.float32)
    for epoch in (1, 2, 3):
        order = epoch_order(0, epoch, len(y))
        model.fit(x[order], y[order], batch_size=16, shuffle=False, verbose=0)
    for mine, plain in zip(program.problem.model.get_weights(), model.get_weights(), strict=True):
        assert mine.tobytes() == plain.tobytes()
    in_unit = model.predict(dataset.test.x, verbose=0).reshape(-1) * sd + mean
    np.testing.assert_allclose(outcome.predictions["test"].y_pred, in_unit, rtol=1e-6)


def test_history_has_scikit_learns_errors(config, dataset, tmp_path):
    """The last validation row holds what scikit-learn says of the predictions, in the unit of the target."""
    from sklearn import metrics

    outcome, _ = trained(config(), dataset, tmp_path)
    names = ("mse", "rmse", "mae", "r2")
    history = outcome.history
    assert history.columns == ("epoch", "loss", *names, "val_loss", *(f"val_{n}" for n in names), "learning_rate")
    found = outcome.predictions["validation"]
    mse = metrics.mean_squared_error(found.y_true, found.y_pred)
    last = dict(zip(history.columns, history.rows[-1], strict=True))
    assert last["val_mse"] == pytest.approx(mse, rel=1e-5)
    assert last["val_rmse"] == pytest.approx(mse**0.5, rel=1e-5)
    assert last["val_mae"] == pytest.approx(metrics.mean_absolute_error(found.y_true, found.y_pred), rel=1e-5)
    assert last["val_r2"] == pytest.approx(metrics.r2_score(found.y_true, found.y_pred), rel=1e-4)
    assert last["val_loss"] * dataset.train.y.var() == pytest.approx(mse, rel=1e-5)


def test_linear_finds_least_squares(config, dataset, tmp_path):
    """The output layer alone, trained long enough, predicts what scikit-learn's LinearRegression does."""
    from sklearn.linear_model import LinearRegression

    experiment = config(
        model={"name": "linear"},
        optimizer={"name": "sgd", "learning_rate": 0.1},
        training={"epochs": 200, "batch_size": 100},
    )
    outcome, program = trained(experiment, dataset, tmp_path)
    assert program.problem.model.count_params() == 7
    exact = LinearRegression().fit(dataset.train.x, dataset.train.y).predict(dataset.test.x)
    np.testing.assert_allclose(outcome.predictions["test"].y_pred, exact, atol=0.05)


@pytest.mark.parametrize("loss", ["mean_absolute_percentage_error", "mean_squared_logarithmic_error", "log_cosh"])
def test_every_loss_learns_on_the_target_itself(loss, config, dataset, tmp_path):
    """What a standardised target cannot have trains without it: the loss falls."""
    experiment = config(
        optimizer={"name": "adam", "learning_rate": 0.05}, training={"loss": loss, "standardize_target": False}
    )
    history = trained(experiment, dataset, tmp_path)[0].history
    assert history.column("loss")[-1] < history.column("loss")[0]


@pytest.mark.parametrize("monitor, best", [("val_mae", min), ("val_r2", max)])
def test_early_stopping_knows_which_way_is_better(monitor, best, config, dataset, tmp_path):
    """Errors are best when smallest, R2 when largest; the best epoch's weights are predicted with."""
    rule = {"monitor": monitor, "patience": 2}
    experiment = config(
        optimizer={"name": "sgd", "learning_rate": 0.3}, training={"epochs": 12, "early_stopping": rule}
    )
    outcome, _ = trained(experiment, dataset, tmp_path)
    values = outcome.history.column(monitor)
    assert values[outcome.best_epoch] == best(values[1:])
    found = outcome.predictions["validation"]
    mae = np.abs(found.residuals).mean()
    assert outcome.history.column("val_mae")[outcome.best_epoch] == pytest.approx(mae, rel=1e-5)


@pytest.mark.ci
@pytest.mark.long
def test_a_resumed_run_has_the_bits_of_an_uninterrupted_one(config, dataset, tmp_path):
    """From the checkpoint of every epoch."""
    snapshots, experiment = [], config(model=LAYERS)
    straight, _ = trained(experiment, dataset, tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot()))
    for snapshot in snapshots[1:-1]:
        resumed, _ = trained(experiment, dataset, tmp_path, resume=snapshot)
        assert resumed.digests == straight.digests
        assert resumed.history == straight.history


def test_divergence_is_a_result(config, dataset, tmp_path):
    """A hopeless learning rate ends as `diverged`, with a reason and predictions that are no numbers."""
    experiment = config(optimizer={"name": "sgd", "learning_rate": 1e6}, training={"epochs": 30})
    outcome, _ = trained(experiment, dataset, tmp_path)
    assert outcome.status is RunStatus.DIVERGED
    assert outcome.reason
    assert len(outcome.predictions["test"].y_pred) == 40


@pytest.mark.parametrize("standardize", [True, False])
def test_the_archive_predicts_in_the_unit_of_the_target(standardize, config, dataset, tmp_path):
    """Plain Keras loads model.keras and predicts what is stored, without knowing of any standardisation."""
    import keras

    experiment = config(training={"standardize_target": standardize})
    outcome, program = trained(experiment, dataset, tmp_path)
    path = tmp_path / "model.keras"
    path.write_bytes(model_archive(program.problem.model, experiment, dataset))
    found = keras.saving.load_model(path).predict(dataset.test.x, verbose=0).reshape(-1)
    np.testing.assert_allclose(found, outcome.predictions["test"].y_pred, rtol=1e-6)
    assert len(program.problem.model.layers) == 3  # the trained model itself is left as it was


def test_a_withheld_test_split_predicts_nothing(config, dataset, tmp_path):
    """As in the tuning runs of a study."""
    empty = SplitData(dataset.test.x[:0], dataset.test.y[:0], dataset.test.rows[:0])
    outcome, _ = trained(config(), replace(dataset, test=empty), tmp_path)
    assert outcome.predictions["test"].y_pred.shape == (0,)


@pytest.mark.parametrize(
    "source, says",
    [
        ("return keras.Sequential([keras.Input(shape), keras.layers.Dense(n)])", None),
        ("return keras.Sequential([keras.Input(shape), keras.layers.Dense(3)])", r"Dense\(1\)"),
    ],
)
def test_a_users_model_has_one_output(source, says, config, dataset, tmp_path):
    """`build` gets 1 as its second argument; another number of outputs is refused with the layer to end with."""
    (tmp_path / "m.py").write_text(f"import keras\n\ndef build(shape, n):\n    {source}\n")
    experiment = config(model={"name": "python", "function": "m.py:build"})
    if says is None:
        assert preflight(experiment, dataset, base=tmp_path)[0].parameters == 7
        outcome, program = trained(experiment, dataset, tmp_path)
        assert model_archive(program.problem.model, experiment, dataset)
        assert outcome.epochs_run == 3
    else:
        with pytest.raises(ModelError, match=says):
            preflight(experiment, dataset, base=tmp_path)


def test_a_users_loss_gets_numbers(config, dataset, tmp_path):
    """It is called on a few rows before a run, and must return a number for each."""
    code = "import keras\n\ndef loss(y, p):\n    return keras.ops.mean(keras.ops.abs(y - p) ** 1.5, axis=-1)\n"
    code += "\ndef bad(y, p):\n    return keras.ops.mean(y - p)\n"
    (tmp_path / "m.py").write_text(code)
    preflight(config(training={"loss": "python:m.py:loss"}), dataset, base=tmp_path)
    with pytest.raises(ModelError, match=r"one number per row.*\(numbers\)"):
        preflight(config(training={"loss": "python:m.py:bad"}), dataset, base=tmp_path)


def test_scale_there_and_back():
    """Standardised targets have mean 0 and standard deviation 1; going back loses nothing that float32 holds."""
    y = np.random.default_rng(0).normal(2000, 3, size=500)
    scale = target_scale(y, standardize=True)
    scaled = scale.scaled(y)
    assert scaled.dtype == np.float32
    assert scaled.shape == (500, 1)
    assert (scaled.mean(), scaled.std()) == (pytest.approx(0, abs=1e-6), pytest.approx(1, rel=1e-6))
    np.testing.assert_allclose(scale.in_unit(scaled), y, atol=1e-6)
    assert target_scale(y, standardize=False).in_unit(np.float32([[1.5]])).tolist() == [1.5]
