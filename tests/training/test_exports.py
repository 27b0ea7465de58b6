"""Exports against `predict`: read without optbench, the same raw values give the same probabilities."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optbench.datasets import date_texts
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.fitted_columns import DateFit, DatePart, Standardized
from optbench.datasets.preprocessing import Preprocessing
from optbench.errors import InvalidError, MachineError, ModelError, NoRunsError, UsageError
from optbench.evaluation.temperature import logits_of, logits_per_class, with_temperature
from optbench.runner.export import ExportOptions, ModelFormat, export
from optbench.runner.run import RunOptions, run_experiments
from optbench.runs.exportable import whole_model
from optbench.runs.new_data import rows_of_object
from optbench.runs.predictor import open_run
from optbench.training.before_activation import before_activation
from optbench.training.exports import write_keras, write_litert, write_onnx, write_savedmodel
from optbench.training.forward import ForwardPass
from optbench.training.iso_dates import iso_parts
from optbench.training.targets import scores_per_class

pytestmark = pytest.mark.tensorflow
LARGEST = 1e-5

TABLE = """\
name: table
dataset: {name: csv, path: table.csv, target: y, missing: ["", "-1"], features: {when: date, code: category}}
model: {name: mlp, hidden_units: [6]}
optimizer: {name: adam, learning_rate: 0.05}
training: {epochs: 3}
evaluation: {threshold: f1, calibration: temperature}
report: {figures: false}
"""
CHILD = """\
import json, sys
sys.modules["optbench"] = None
import numpy as np
import keras
import tensorflow as tf

folder = sys.argv[1]
columns = json.load(open(folder + "/columns.json"))

def tensor(values, dtype):
    if dtype == "string":
        return tf.constant([[value] for value in values])
    return tf.constant([[float("nan") if value is None else value] for value in values], tf.float32)

model = keras.models.load_model(folder + "/model.keras")
found = model({name: tensor(columns[name], one.dtype) for name, one in model.input.items()})
saved = tf.saved_model.load(folder + "/saved")
texts = ("two", "code", "when", "note [UNK]")
served = saved.serve({name: tensor(columns[name], "string" if name in texts else "float32")
                      for name in ("a_b", "large", "two", "code", "when", "note [UNK]")})
assert "serving_default" in saved.signatures
names = [name.decode() for name in saved.class_names()["class_names"].numpy()]
assert names == [str(name) for name in model.get_layer("class_names").get_vocabulary()]
np.savez(folder + "/found.npz", keras=found["probabilities"], saved=served["probabilities"], names=names,
         keras_answer=[answer.decode() for answer in found["answer"].numpy()],
         saved_answer=[answer.decode() for answer in served["answer"].numpy()])
"""


def rows(n=160):
    """A table with everything: a name that Keras does not take, large numbers, dates, two levels, odd levels."""
    rng = np.random.default_rng(0)
    days = pd.Timestamp("1960-02-28 23:59:59") + pd.to_timedelta(rng.integers(0, 3 * 10**9, n), unit="s")
    is_yes = rng.random(n) < 0.4
    return pd.DataFrame(
        {
            "a/b": np.where(np.arange(n) % 11 == 0, np.nan, rng.normal(is_yes, 1.0).round(4)),
            "large": np.where(np.arange(n) % 13 == 0, -1, rng.normal(2_000_000, 3.0, n).round(2)),
            "two": rng.choice(["m", "w"], n),
            "code": rng.choice(["0", "1", "2"], n),
            "when": [None if row % 17 == 0 else day.strftime("%Y-%m-%dT%H:%M:%S") for row, day in enumerate(days)],
            "note [UNK]": rng.choice(["[UNK]", "ä", "z"], n),
            "y": np.where(is_yes, "yes", "no"),
        }
    )


NUMBERS = {
    "área": "x_rea",
    "ñ ü": "x___",
    "_lead": "x_lead",
    "_": "x_",
    "?": "x__",
    "A": "A",
    "a": "a_",
    "a.b": "a.b",
    "a/b": "a_b_",
    "a_b": "a_b__",
    "9th": "9th",
    "arg_9th": "arg_9th_",
    "class": "class_",
    "self": "self_",
    "class_names": "class_names_",
    "answer": "answer",
    "probabilities": "probabilities",
    "prediction": "prediction",
    "subtract": "subtract",
    "optbench_columns": "optbench_columns_",
    "optbench/constant_0": "optbench_constant_0",
    "d_e.year": "d_e.year",
    "d_e": "d_e",
    'it\'s "so"': "it_s__so_",
    "n" * 300: "n" * 300,
    "columns": "columns",
}
"""Names that a format has for itself, cannot have, or takes for another one's; and those in a signature."""


def oddly_named(n=120):
    """A table whose columns have such names; two dates and a text among them."""
    rng = np.random.default_rng(1)
    days = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    is_yes = rng.random(n) < 0.5
    return pd.DataFrame(
        {
            **{name: rng.normal(is_yes, 1.0).astype(np.float32).astype(float) for name in NUMBERS},
            "day": days.strftime("%Y-%m-%d"),
            "d/e": days[::-1].strftime("%Y-%m-%d"),
            "名前": rng.choice(["m", "w", "ü"], n),
            "y": np.where(is_yes, "yes", "no"),
        }
    )


def raw_values(frame, when):
    """Return columns as plain JSON: numbers rounded to float32, null for missing ones; dates as text and in parts."""
    numbers = {name: [None if np.isnan(v) else float(np.float32(v)) for v in frame[name]] for name in ("a/b", "large")}
    texts = {name: [value if isinstance(value, str) else "" for value in frame[name]] for name in frame.columns[2:6]}
    moment = pd.to_datetime(frame["when"])
    parts = {
        "year": moment.dt.year,
        "month": moment.dt.month,
        "day_of_week": moment.dt.day_of_week + 1,
        "hour": (moment - moment.dt.normalize()).dt.total_seconds() / 3600,
        "days": (moment.dt.normalize() - pd.Timestamp("1970-01-01")).dt.days,
    }
    dates = {
        f"when.{part.part}": [None if np.isnan(v) else float(np.float32(v)) for v in parts[part.part]]
        for part in when.parts
    }
    return {**numbers, "a_b": numbers["a/b"], **texts, **dates}


def predicted(folder, data):
    """What `predict` says of rows: probabilities and answers by name."""
    predictor = open_run(folder)
    found = list(predictor.predict(rows_of_object(data, predictor.preprocessing).parts))
    names = np.array(predictor.preprocessing.class_names or ("",))
    answers = np.concatenate([part.answers for part in found])
    if found[0].scores is None:
        return None, answers
    return np.concatenate([part.scores for part in found]), names[answers]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def trained(place, warm_workers):
    """Run experiments of a few small kinds; returns folders by name."""
    rows().to_csv(place / "table.csv", index=False)
    oddly_named().to_csv(place / "names.csv", index=False)
    others = {
        "names": "dataset: {name: csv, path: names.csv, target: y, features: {day: date, d/e: date}}\n"
        "model: {name: mlp, hidden_units: [4]}\ntraining: {epochs: 1}",
        "digits": "dataset: {name: digits}\nmodel: {name: cnn, filters: [4]}\ntraining: {epochs: 1}",
        "numbers": "task: regression\ndataset: {name: diabetes}\nmodel: {name: mlp, hidden_units: [4]}\n"
        "training: {epochs: 1}",
    }
    (place / "table.yaml").write_text(TABLE)
    for name, text in others.items():
        (place / f"{name}.yaml").write_text(
            f"name: {name}\n{text}\noptimizer: {{name: adam}}\nreport: {{figures: false}}\n"
        )
    files = tuple(place / f"{name}.yaml" for name in ("table", *others))
    options = RunOptions(files, runs_dir=place / "runs", quiet=True, jobs=1)
    ends = run_experiments(options, say=lambda _: None, executor_for=warm_workers.executor_for)
    assert {end.outcome for end in ends} == {"completed"}
    return {end.planned.config.name: end.planned.paths.folder for end in ends}


def exported(trained, name, to, place, *, suffix=""):
    """Write an export; returns its path."""
    return export(ExportOptions(str(trained[name]), to, place, place / f"{name}-{to}{suffix}")).path


@pytest.fixture(scope="module")
def table(trained):
    """The run of the table, its values as they are given, and what `predict` says of them."""
    folder, frame = trained["table"], rows().drop(columns="y")
    source = whole_model(folder).preprocessing.source
    when = next(column for column in source.inputs if column.name == "when")
    given = raw_values(frame, when)
    return folder, given, predicted(folder, rounded(given))


def rounded(given):
    """The rows with numbers as float32 has them."""
    return rows().drop(columns="y").assign(**{name: np.array(given[name], dtype=float) for name in ("a/b", "large")})


@pytest.mark.long
@pytest.mark.ci
def test_keras_and_savedmodel_answer_as_predict_without_optbench(trained, table, place):
    """A process that cannot import optbench loads both, finds the class names and gets the same probabilities."""
    _, given, (scores, answers) = table
    (place / "columns.json").write_text(json.dumps(given))
    exported(trained, "table", "keras", place).rename(place / "model.keras")
    exported(trained, "table", "savedmodel", place).rename(place / "saved")
    assert json.loads((place / "saved" / "assets.extra" / "preprocessing.json").read_text())["schema_version"] == 1
    ended = subprocess.run([sys.executable, "-c", CHILD, str(place)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = np.load(place / "found.npz")
    for kind in ("keras", "saved"):
        assert np.abs(found[kind] - scores).max() < LARGEST, kind
        assert (found[f"{kind}_answer"] == answers).all()
    assert found["names"].tolist() == ["no", "yes"]


def test_onnx_takes_raw_columns(trained, table, place):
    """Texts go through lookup tables, dates come in parts; names and preprocessing are in the file."""
    onnxruntime = pytest.importorskip("onnxruntime")
    _, given, (scores, answers) = table
    session = onnxruntime.InferenceSession(exported(trained, "table", "onnx", place))
    columns = {
        one.name: np.array(given[one.name], dtype=object if "string" in one.type else np.float32)[:, None]
        for one in session.get_inputs()
    }
    found, names = session.run(["probabilities", "answer"], columns)
    assert np.abs(found - scores).max() < LARGEST
    assert names.tolist() == answers.tolist()
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["class_names"]) == ["no", "yes"]
    assert json.loads(told["preprocessing"])["source"]["kind"] == "table"


def odd_inputs(wanted, *, dates_as_text):
    """The columns of the oddly named table by what an export lists: in the table's order, dates as texts last."""
    frame = oddly_named().drop(columns="y")
    moments = {name: pd.to_datetime(frame[name]) for name in ("day", "d/e")}
    given = {}
    for name in frame:
        if name not in moments:
            given[name] = frame[[name]].to_numpy(np.float32 if name in NUMBERS else object)
        elif not dates_as_text:
            of = moments[name].dt
            numbers = {"year": of.year, "month": of.month, "day_of_week": of.day_of_week + 1}
            numbers["days"] = (moments[name] - pd.Timestamp("1970-01-01")).dt.days
            given |= {(name, part): values.to_numpy(np.float32)[:, None] for part, values in numbers.items()}
    given |= {name: frame[[name]].to_numpy(object) for name in moments if dates_as_text}
    assert len(wanted) == len(given) == len(set(wanted))
    return dict(zip(wanted, given.values(), strict=True))


@pytest.fixture(scope="module")
def odd_answers(trained):
    """What `predict` says of the oddly named table."""
    return predicted(trained["names"], oddly_named().drop(columns="y"))


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("to", ["keras", "savedmodel"])
def test_columns_may_have_any_name_in_keras_and_savedmodel(to, trained, odd_answers, place, capfd):
    """Those that layers and endpoints have, that differ by case alone, of one letter, of none of ASCII's."""
    import keras
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    made = export(ExportOptions(str(trained["names"]), to, place, place / f"names-{to}{'.keras' * (to == 'keras')}"))
    assert "absl" not in "".join(capfd.readouterr())
    scores, answers = odd_answers
    columns = odd_inputs(made.inputs, dates_as_text=to == "savedmodel")
    tensors = {name: tf.constant(values) for name, values in columns.items()}
    if to == "keras":
        ways = [keras.models.load_model(made.path)(tensors)]
    else:
        saved = tf.saved_model.load(str(made.path))
        signature = saved.signatures["serving_default"]
        names = (*NUMBERS.values(), "x____", "day", "d_e_")
        stored = saved_model_pb2.SavedModel.FromString((made.path / "saved_model.pb").read_bytes())
        assert set(stored.meta_graphs[0].signature_def["serving_default"].inputs) == set(names)
        ways = [saved.serve(tensors), signature(**dict(zip(names, tensors.values(), strict=True)))]
    for found in ways:
        assert np.abs(found["probabilities"].numpy() - scores).max() < LARGEST
        assert [answer.decode() for answer in found["answer"].numpy()] == answers.tolist()


def test_columns_may_have_any_name_in_onnx(trained, odd_answers, place):
    """Those of its outputs, too."""
    onnxruntime = pytest.importorskip("onnxruntime")
    made = export(ExportOptions(str(trained["names"]), "onnx", place, place / "names.onnx"))
    assert made.inputs[:2] == ("área", "ñ ü")
    session = onnxruntime.InferenceSession(made.path)
    found, names = session.run(["probabilities", "answer"], odd_inputs(made.inputs, dates_as_text=False))
    assert np.abs(found - odd_answers[0]).max() < LARGEST
    assert names.tolist() == odd_answers[1].tolist()


@pytest.fixture(scope="module", params=[1, 2], ids=["sigmoid", "softmax"])
def too_sure(request, trained, table):
    """The run of the table with weights as of a model trained for far too long, calibrated: it, its input, `predict`.

    Its logits go from -120 to 40, so that probabilities are 0 and 1; and where they are not, they are so by a hair.
    """
    import keras

    whole = whole_model(trained["table"])
    x = next(iter(rows_of_object(rounded(table[1]), whole.preprocessing).parts)).x
    hidden = keras.Model(whole.model.input, whole.model.layers[-1].input)
    last = keras.layers.Dense(request.param, activation="sigmoid" if request.param == 1 else "softmax")
    model = keras.Model(hidden.input, last(hidden.output))
    kernel = np.random.default_rng(0).normal(size=(hidden.output.shape[-1], request.param))
    raw = np.asarray(hidden(x)) @ kernel
    of_second = raw[:, -1] - (raw[:, 0] if request.param == 2 else 0)
    scale = 160 / np.ptp(of_second)
    bias = [0.0] * (request.param - 1) + [-120 - scale * of_second.min()]
    last.set_weights([kernel * scale, np.array(bias)])
    outputs = np.asarray(model(x))
    assert (outputs[:, -1] == 0).any()
    assert (outputs[:, -1] > 0.999999).any()
    logits = logits_per_class(ForwardPass(before_activation(model).model).outputs(x))
    return at_12(whole, model, from_logits=True), x, with_temperature(logits, 12.0)


def at_12(whole, model, *, from_logits):
    """Return a run with another model, calibrated by a temperature of 12."""
    fitted = whole.preprocessing.answers.model_dump()["calibration"]
    calibration = {**fitted, "temperature": 12.0, "from_logits": from_logits}
    document = {**whole.preprocessing.to_json(), "answers": {"threshold": None, "calibration": calibration}}
    return replace(whole, model=model, preprocessing=Preprocessing.from_json(document, "it"))


def test_a_model_that_is_too_sure_is_calibrated_as_by_predict(too_sure):
    """In Keras' own layers, also where its probabilities are 0 and 1 in float32."""
    made, x, calibrated = too_sure
    assert np.abs(np.asarray(made.numeric()(x)) - calibrated).max() < LARGEST


def test_a_run_of_an_earlier_version_is_exported_as_it_was(too_sure):
    """It was calibrated by its probabilities: beside the last ones below 1, of which one unit keeps few digits."""
    made, x, _ = too_sure
    before, scores = at_12(made, made.model, from_logits=False), scores_per_class(np.asarray(made.model(x)))
    one_unit = made.model.output_shape[-1] == 1
    apart = np.abs(np.asarray(before.numeric()(x)) - with_temperature(logits_of(scores, one_unit=one_unit), 12.0)).max(
        axis=1
    )
    assert apart[(scores[:, 1] <= 0.999) | (not one_unit)].max() < LARGEST
    assert apart.max() < 0.01


@pytest.mark.ci
@pytest.mark.long
def test_a_model_that_is_too_sure_in_onnx_and_litert(too_sure, table, tmp_path):
    """ONNX Runtime's own sigmoid ends at 1.5e-8, which after calibration would be seen."""
    onnxruntime = pytest.importorskip("onnxruntime")
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    made, x, calibrated = too_sure
    write_onnx(made, tmp_path)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    columns = {
        one.name: np.array(table[1][one.name], dtype=object if "string" in one.type else np.float32)[:, None]
        for one in session.get_inputs()
    }
    assert np.abs(session.run(["probabilities"], columns)[0] - calibrated).max() < LARGEST
    write_litert(made, tmp_path)
    lite = interpreter.Interpreter(str(tmp_path / "model.tflite"))
    taken = lite.get_input_details()[0]
    lite.resize_tensor_input(taken["index"], x.shape)
    lite.allocate_tensors()
    lite.set_tensor(taken["index"], x)
    lite.invoke()
    assert np.abs(lite.get_tensor(lite.get_output_details()[0]["index"]) - calibrated).max() < LARGEST


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.data
@pytest.mark.parametrize("name", ["telco_churn", "bank_marketing"])
def test_reference_tables_go_through_every_export_as_through_predict(name, data_dir, place, warm_workers):
    """Every row of the raw file, its texts by lookup tables of ONNX and of Keras."""
    import keras
    import tensorflow as tf

    onnxruntime = pytest.importorskip("onnxruntime")
    file = next((data_dir / name).glob("*.csv"))
    separator, target = (";", "y") if name == "bank_marketing" else (",", "Churn")
    (place / f"{name}.yaml").write_text(
        f"name: {name}\ndataset: {{name: csv, path: {file}, target: {target}, separator: '{separator}'}}\n"
        "model: {name: mlp, hidden_units: [8]}\noptimizer: {name: adam}\ntraining: {epochs: 1}\n"
        "report: {figures: false}\n"
    )
    options = RunOptions((place / f"{name}.yaml",), runs_dir=place / "runs", quiet=True, jobs=1)
    (end,) = run_experiments(options, say=lambda _: None, executor_for=warm_workers.executor_for)
    folder = {name: end.planned.paths.folder}
    session = onnxruntime.InferenceSession(exported(folder, name, "onnx", place))
    frame = pd.read_csv(file, sep=separator, dtype=str, keep_default_na=False).drop(columns=target)
    kinds = {one.name: one.type for one in session.get_inputs()}
    for column in (column for column, kind in kinds.items() if "float" in kind):
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(np.float32).astype(float)
    columns = {
        column: frame[[column]].to_numpy(object if "string" in kind else np.float32) for column, kind in kinds.items()
    }
    scores, answers = predicted(folder[name], frame)
    tensors = {column: tf.constant(values) for column, values in columns.items()}
    loaded = keras.models.load_model(exported(folder, name, "keras", place, suffix=".keras"))
    saved = tf.saved_model.load(str(exported(folder, name, "savedmodel", place)))
    for found in (loaded(tensors), saved.serve(tensors)):
        assert np.abs(found["probabilities"].numpy() - scores).max() < LARGEST
        assert [answer.decode() for answer in found["answer"].numpy()] == answers.tolist()
    found, names = session.run(None, columns)
    assert np.abs(found - scores).max() < LARGEST
    assert (names == answers).all()


@pytest.mark.ci
@pytest.mark.long
def test_images_and_numbers_in_onnx_and_litert(trained, place):
    """A CNN on pixels, and a regression: ONNX by its runtime, LiteRT by its interpreter."""
    onnxruntime = pytest.importorskip("onnxruntime")
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    from sklearn.datasets import load_diabetes, load_digits

    frame = load_diabetes(as_frame=True).data
    pixels = load_digits().data.astype(np.float32)
    raw = {"digits": pixels, "numbers": frame.astype(np.float32).astype(float)}
    for name, given in raw.items():
        whole = whole_model(trained[name])
        scores, answers = predicted(trained[name], given)
        wanted = scores if scores is not None else answers[:, None]
        x = next(iter(rows_of_object(given, whole.preprocessing).parts)).x
        session = onnxruntime.InferenceSession(exported(trained, name, "onnx", place))
        if name == "digits":
            columns = {"x": x}
        else:
            columns = {one.name: given[[one.name]].to_numpy(np.float32) for one in session.get_inputs()}
        found = session.run(None, columns)[0]
        np.testing.assert_allclose(found, wanted, rtol=LARGEST, atol=LARGEST)
        lite = interpreter.Interpreter(str(exported(trained, name, "litert", place) / "model.tflite"))
        taken = lite.get_input_details()[0]
        lite.resize_tensor_input(taken["index"], x.shape)
        lite.allocate_tensors()
        lite.set_tensor(taken["index"], x)
        lite.invoke()
        found = lite.get_tensor(lite.get_output_details()[0]["index"])
        np.testing.assert_allclose(found, wanted, rtol=LARGEST, atol=LARGEST)
        assert (place / f"{name}-litert" / "preprocessing.json").is_file()


def test_nothing_is_overwritten_and_nothing_is_left_behind(trained, place):
    """A taken name, an unknown format, no run, a changed run: a sentence, and no file."""

    taken = place / "taken"
    taken.write_text("mine")
    run = str(trained["numbers"])
    with pytest.raises(UsageError, match="nothing is overwritten"):
        export(ExportOptions(run, "keras", place, taken))
    assert taken.read_text() == "mine"
    with pytest.raises(UsageError, match="Did you mean 'savedmodel'"):
        export(ExportOptions(run, "saved_model", place, place / "new"))
    with pytest.raises(NoRunsError):
        export(ExportOptions("nobody", "keras", place, place / "new"))
    with pytest.raises(UsageError, match="a folder that exists"):
        export(ExportOptions(run, "keras", place, place / "absent" / "new"))

    damaged = shutil.copytree(run, place / "damaged")
    (damaged / "preprocessing.json").write_text("{}")
    with pytest.raises(InvalidError, match="has changed since"):
        export(ExportOptions(str(damaged), "keras", place, place / "new"))
    (damaged / "MANIFEST.json").unlink()
    with pytest.raises(InvalidError, match="no finished run"):
        export(ExportOptions(str(damaged), "keras", place, place / "new"))
    assert not list(place.glob("*new*"))


def test_dates_in_tensorflow_are_those_of_pandas():
    """Zones, blanks, days and months alone, times of day; a text that is none is refused."""
    import tensorflow as tf

    plain = Standardized(median=0.0, mean=0.0, sd=1.0, minimum=0.0, maximum=1.0)

    def fit(*parts):
        made = tuple(DatePart(part=part, standardized=plain) for part in parts)
        return DateFit(name="d", order=None, has_zone=False, parts=made)

    texts = [
        "2019-03-07",
        "1969-12-31T23:59:59",
        "2000-02-29 12:30",
        "2024-12-31T23:30:00+01:00",
        "1900-03-01T00:00:00Z",
    ]
    whole = fit("year", "month", "day_of_week", "days", "hour")
    found = {name: values.numpy()[:, 0] for name, values in iso_parts(tf.constant([[t] for t in texts]), whole).items()}
    moments = [pd.Timestamp(text) for text in texts]
    moments = [one.tz_convert("UTC").tz_localize(None) if one.tz else one for one in moments]
    assert found["year"].tolist() == [one.year for one in moments]
    assert found["month"].tolist() == [one.month for one in moments]
    assert found["day_of_week"].tolist() == [one.day_of_week + 1 for one in moments]
    assert found["days"].tolist() == [(one.normalize() - pd.Timestamp("1970-01-01")).days for one in moments]
    hours = [(one - one.normalize()).total_seconds() / 3600 for one in moments]
    np.testing.assert_allclose(found["hour"], hours, rtol=1e-6)
    assert iso_parts(tf.constant([["2019-03"]]), fit("year", "month"))["month"].numpy() == [[3.0]]
    assert iso_parts(tf.constant([["18:45:30"]]), fit("hour"))["hour"].numpy()[0, 0] == pytest.approx(18.758333)
    assert np.isnan(iso_parts(tf.constant([[""]]), fit("days"))["days"].numpy()[0, 0])
    with pytest.raises(tf.errors.InvalidArgumentError):
        iso_parts(tf.constant([["yesterday"]]), fit("days"))
    impossible = ("2019-02-31", "2019-02-29", "2019-13-01", "2019-00-10", "0000-01-01", "2019-04-31T10:00:00")
    for text in (*impossible, "2019-04-30T24:00:00", "2019-04-30T10:60:00", "2019-04-30T10:00:00+24:00"):
        with pytest.raises(tf.errors.InvalidArgumentError, match="must exist"):
            iso_parts(tf.constant([["2019-03-07"], [text]]), whole)
        assert not date_texts.moments(texts_of([text]))[0].is_read.any()  # nor does `predict` take it


@pytest.mark.parametrize(
    ("write", "remedy"),
    [
        (write_savedmodel, "to savedmodel: .*[.] Change the model[.]$"),
        (write_keras, "to keras: .*Export it to savedmodel"),
    ],
)
def test_the_remedy_is_not_what_has_failed(trained, tmp_path, write, remedy):
    """Another format, where there is one that takes more."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ModelError, match=remedy):
        write(whole_model(trained["numbers"]), tmp_path / "file")


def test_a_missing_extra_is_a_sentence(trained, place):
    """With the line that installs it."""
    lacking = ModelFormat(".onnx", "model.onnx", "write_onnx", packages=("no_such_package",), extra="onnx")
    with pytest.raises(
        MachineError, match=r'no_such_package, which is not installed. Run: pip install "optbench\[onnx\]"'
    ):
        lacking.export(ExportOptions(str(trained["numbers"]), "onnx", place, place / "missing"))
    assert not Path(place / "missing").exists()
