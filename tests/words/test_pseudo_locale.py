"""In a language of wide letters nothing that people read is in ordinary ones, but for names and symbols."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from finished_runs import make_history, make_roc, make_run
from pseudo_locale import Shown, names_in, past_the_catalogue, said_by_script, widened

from optbench.catalog.keras_api import optimizers_left_out
from optbench.catalog.metrics import measured
from optbench.catalog.models import MODELS
from optbench.comparison import Disagreement, ProblemCurves, RunTrace, compare
from optbench.comparison.disagreement import ClassGap
from optbench.config import dump_value, load_experiment
from optbench.core.worded import Worded
from optbench.errors import ConfigError, DataError, UsageError
from optbench.records import LayerDiagnostics
from optbench.reporting.comparison_page import render_comparison_page
from optbench.reporting.comparison_text import render_comparison_markdown, render_comparison_table
from optbench.reporting.diagnostics_figure import diagnostics_figure
from optbench.reporting.figure_files import comparison_figures
from optbench.reporting.paper.sheet import Paper
from optbench.reporting.shown_comparison import ShownComparison
from optbench.reporting.style import plot_style
from optbench.runner.check import CheckedRun, check_text
from optbench.runner.doctor import diagnose, diagnosis_text
from optbench.runner.foresee import Foreseen, foreseen_text, state_of
from optbench.runner.init import starter, starter_for_table
from optbench.runner.listing import list_runs, list_text, show_run
from optbench.runner.names import list_rows
from optbench.runner.names import list_text as names_text
from optbench.runner.predict import Answered
from optbench.runner.predict import summary as predict_summary
from optbench.runner.progress import describe_end
from optbench.runner.run_end import RunEnd
from optbench.runner.summary import summary_text
from optbench.tasks import TASKS, task_named
from optbench.words import VARIABLE


def test_what_is_past_the_catalogue_is_found(pseudo):
    """The oracle itself: a word, an English number, a title; but no name."""
    assert not past_the_catalogue([widened("a word of adam, 1"), "adam 0\u066b5 s"], ["adam"])
    assert past_the_catalogue(["seeds"], ["adam"])
    assert past_the_catalogue(["0.5"], [])
    assert Shown('<p title="x">a<b>b</b></p><pre>c</pre>').texts == ["x", "a", "b"]


@pytest.fixture(scope="module")
def comparison():
    """Three optimizers on six problems: everything that a comparison can say is said somewhere."""
    problems = ("wine", "iris", "digits", "moons", "rings", "lines")
    return compare(
        [
            make_run(
                name,
                seed,
                score + seed % 3 / 100 - place / 50,
                diverged=name == "sgd" and seed == 1,
                dataset={"name": problem, "split": {"test": 0.2}},
                digests={"data": problem},
            )
            for place, problem in enumerate(problems)
            for name, score in (("adam", 0.9), ("sgd", 0.8), ("adamw", 0.9))
            for seed in range(7)
        ]
    )


def curves_of(problem):
    """Histories, ROC curves, costs and predictions of the runs of a problem."""
    traces = {
        one.label: [RunTrace(make_history(seed), 10, False, 0.5, 100) for seed in one.seeds]
        for one in problem.optimizers
    }
    histories = {label: [trace.history for trace in found] for label, found in traces.items()}
    roc = {one.label: [make_roc()] for one in problem.optimizers}
    found = Disagreement("adam", "sgd", 6, 0.05, 0.2, 0.1, None, 0.031, 0.042, (ClassGap("some class", 0.9, 0.7),))
    return ProblemCurves(histories, roc, traces, [found])


def test_a_comparison_on_a_terminal_and_in_markdown(comparison, pseudo):
    """Tables, warnings, verdicts."""
    for shown in (
        render_comparison_table(comparison, language=pseudo),
        render_comparison_markdown(comparison, pseudo),
    ):
        assert not past_the_catalogue(shown.splitlines(), names_in(comparison))


def test_the_page_of_a_comparison(comparison, pseudo):
    """Headings, captions, alternative texts, cells: of one problem, with all that its runs left behind."""
    problem = comparison.problems[0]
    alone = replace(comparison, problems=(problem,))
    page = render_comparison_page(alone, {problem.problem: curves_of(problem)}, language=pseudo)
    assert not past_the_catalogue(
        [*Shown(page).texts, *said_by_script(page)], [*names_in(comparison), "optbench", "yes"]
    )


def test_what_differs_between_runs(pseudo):
    """Settings, values, seeds: yes, no and none are words, too."""
    runs = [
        make_run(name, seed, 0.9, arguments=arguments, training=training)
        for name, arguments, training in (
            ("adam", {"use_ema": True, "clipnorm": None}, {"epochs": 10}),
            ("sgd", {"use_ema": False, "clipnorm": 0.5}, {"epochs": 20}),
        )
        for seed in range(3)
    ]
    found = compare(runs)
    shown = render_comparison_table(found, language=pseudo)
    assert "0\u066b5 (sgd)" in shown
    assert not past_the_catalogue(shown.splitlines(), names_in(found))


def test_a_comparison_in_a_notebook(comparison, pseudo, monkeypatch):
    """It shows itself in the language of the machine."""
    monkeypatch.setenv(VARIABLE, pseudo)
    shown = ShownComparison.of(comparison)
    texts = [*repr(shown).splitlines(), *Shown(shown._repr_html_()).texts]
    assert not past_the_catalogue(texts, names_in(comparison))


def texts_of(figure):
    """Every text of a picture, the numbers at its axes among them."""
    from matplotlib.text import Text

    with plot_style():
        figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text)]


def test_the_pictures_of_a_comparison(comparison, pseudo):
    """Titles, axes, legends."""
    problem = comparison.problems[0]
    alone = replace(comparison, problems=(problem,))
    figures = comparison_figures(alone, {problem.problem: curves_of(problem)}, Paper(), pseudo)
    assert {"scores", "differences", "curves", "curves-steps", "roc", "time", "regret", "profile"} <= set(figures)
    for name in (*figures.first_seen, "curves-seconds"):
        assert not past_the_catalogue(texts_of(figures[name]), [*names_in(comparison), "yes"])


def test_the_picture_of_diagnostics(pseudo):
    """Panels and legend; layers are names."""
    numbers = [0.1] * (len(fields(LayerDiagnostics)) - 2)
    layers = [f"dense_{number}" for number in range(9)]
    rows = [LayerDiagnostics(epoch, layer, *numbers) for epoch in range(3) for layer in layers]
    assert not past_the_catalogue(texts_of(diagnostics_figure(rows, pseudo)), layers)


def names_of(planned):
    """Names of a run: its folder, data, columns, classes, sections of the experiment, files."""
    facts = planned.dataset.facts
    columns = [column["name"] for column in facts["columns"]]
    split = [f"{name}: {dump_value(value)}" for name, value in facts["split"].items()]
    files = [path.name for path in planned.paths.folder.iterdir()]
    section = planned.config.to_plain()["optimizer"].items()
    optimizer = [name for item in section for name in item if isinstance(name, str)]
    words = ["csv", "mlp", "adam", "data.csv", "sha256", "optbench", facts["files"][0]["sha256"]]
    keys = [planned.key, planned.key[:8]]
    settings = [f"{{{name}: {kind}}}" for name in columns for kind in ("number", "category", "date", "text")]
    told = ["the size of number", "is told here", "same", *settings]  # cells of the table
    typed = [*keys, *words, *NOT_TRANSLATED]
    return [str(planned.paths.folder), planned.run, *planned.dataset.class_names, *columns, *split, *files, *optimizer,
            *typed, *told]  # fmt: skip


# Keys of the experiment file, as notes name what can be set.
NOT_TRANSLATED = (
    "dataset.target",
    "dataset.features",
    "dataset.positive_class",
    "dataset.missing",
)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_run_on_its_page_and_on_a_terminal(in_language, pseudo, task, capsys):
    """The page, `ls`, `show` and the summary of one run."""
    planned, paths = in_language(pseudo, task)
    names = names_of(planned)
    runs, _ = list_runs(paths.folder.parent)
    _, shown = show_run(str(paths.folder), paths.folder.parent, pseudo)
    end = RunEnd(planned, "completed")
    for text in (
        list_text(runs, pseudo),
        shown,
        summary_text([end], pseudo),
        describe_end(end, pseudo),
        foreseen_text([Foreseen(planned, state_of(planned), 5.0, 300.0, 700_000, 123)], jobs=1, language=pseudo),
        "\n".join(task_named(task).data_lines(planned.dataset, pseudo)),
        check_text([CheckedRun(str(paths.folder), True, ())], pseudo),
    ):
        assert not past_the_catalogue(text.splitlines(), [*names, "/tmp"])
    page = paths.report_html.read_text(encoding="utf-8")
    machine = ("Environment", "Digests")
    assert not past_the_catalogue([*Shown(page, machine).texts, *said_by_script(page)], names)


@pytest.mark.parametrize("outcome", ["completed", "diverged", "skipped", "failed"])
@pytest.mark.parametrize("kind", ["", "interrupted", "crashed", "oom", "timeout", "invalid", "cut off"])
def test_how_a_run_ended(pseudo, outcome, kind):
    """Whatever became of it."""
    planned = SimpleNamespace(run="x-s0")
    end = RunEnd(planned, outcome, kind if outcome == "failed" else "", "0" if kind else "")
    assert not past_the_catalogue([describe_end(end, pseudo)], ["x-s0"])


def test_the_pictures_of_a_run(pseudo):
    """Of each task: titles, axes, legends."""
    from optbench.evaluation import evaluate
    from optbench.records import Predictions
    from optbench.regression_records import TargetPredictions
    from optbench.reporting.regression_figures import predicted_against_true_figure, residuals_figure

    rng = np.random.default_rng(0)
    parts = {}
    for split in ("train", "validation", "test"):
        y = rng.integers(0, 3, 60)
        scores = rng.dirichlet(np.ones(3), 60).astype(np.float32)
        parts[split] = Predictions(y, scores, np.arange(60))
    history = make_history(0)
    evaluation = evaluate(parts, class_names=("c1", "c2", ""), history=history)
    figures = TASKS["classification"].figures(evaluation, history, best_epoch=3, language=pseudo)
    numbers = {
        split: TargetPredictions(rng.normal(size=9), rng.normal(size=9), np.arange(9)) for split in ("train", "test")
    }
    drawn = [*figures.values(), predicted_against_true_figure(numbers, pseudo), residuals_figure({}, pseudo)]
    assert len(drawn) == 6
    for figure in drawn:
        assert not past_the_catalogue(texts_of(figure), ["c1", "c2"])


def test_predict(pseudo):
    """How many rows, where they are, what decided, and the metrics of rows with a target."""
    scores = {metric.name: 0.5 for task in ("classification", "regression") for metric in measured(task)}
    answered = Answered("x-s0", ("row",), 1200, threshold=0.25, metrics=scores, n_scored=1000)
    for out in (None, Path("out.csv")):
        assert not past_the_catalogue(predict_summary(answered, out, pseudo), ["x-s0", "out.csv"])


def test_doctor(pseudo, tmp_path):
    """Topics and what was found; packages and folders are names."""
    shown = diagnosis_text(diagnose(data_dir=tmp_path, runs_dir=tmp_path / "runs", trial=False), pseudo)
    words = ("ok", "optbench", "tensorflow", "keras", "numpy", "scikit-learn", "-j")
    without_versions = re.sub(r"\d+\.\d+\.\d+|\b[0-9a-f]{8,}\b", "", shown)
    assert not past_the_catalogue(without_versions.splitlines(), [str(tmp_path / "runs"), str(tmp_path), *words])


@pytest.mark.parametrize("what", ["datasets", "models", "optimizers", "metrics"])
def test_list(pseudo, what):
    """Titles, units, directions, descriptions, remarks; names, settings and their values are typed as they stand."""
    rows = list_rows(what)
    arguments = [row.get("arguments", {}) for row in rows]
    typed = {str(value) for one in arguments for value in one.values()} | {"true", "false"}
    names = [*(row["name"] for row in rows), *(key for one in arguments for key in one), *typed]
    keys = ("classification", "regression", "val_", *optimizers_left_out())
    shapes = ["x".join(map(str, row["shape"])) for row in rows if "shape" in row]
    assert not past_the_catalogue(names_text(what, pseudo).splitlines(), [*names, *shapes, *keys])


def test_init(pseudo, in_language):
    """Comments of a starter, and what is said of a table; settings and cells stand as they are."""
    planned, paths = in_language(pseudo, "classification")
    table = paths.folder.parent.parent / "data.csv"
    written, said = starter_for_table(table, "y", pseudo)
    comments = [line.partition("# ")[2] for line in [*starter(pseudo).splitlines(), *written.splitlines()]]
    kinds = ("target", "number", "category", "date", "dropped", "text", "constant", "id")
    names = [*names_of(planned), *kinds, *MODELS, "features", "drop", "column", "separator", str(table), "a", "b"]
    settings = ("yaml-language-server: $schema=experiment.schema.json",)
    assert not past_the_catalogue([*comments, *said], [*settings, *names])


# What people do wrong, and what of it is typed or named: the rest of each error is in the language asked for.
WRONG = {
    "task: clasification\ndataset: {name: iriss, split: {test: 20}}\nmodel: {name: mlp, hidden_units: ten}\n"
    "optimizer: {name: adam, beta1: 1, learning_rate: '0,1'}\ntraining: {epochs: -1, metrics: [acc], loss: cross}\n": 9,
    "name: x\nname: y\n": 4,
    "name: x\n\tdataset: 1\n": 1,
    "name: a b\ndataset: {name: csv, path: x.csv}\nmodel: 3\noptimizer: [adam]\ntraining: {early_stopping: 5}\n": 5,
    "": 1,
}


@pytest.mark.parametrize(("written", "n"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_wrong_with_an_experiment_file(written, n, pseudo, tmp_path):
    """Rules, remedies and what was probably meant; what was received and how it is written are typed."""
    (tmp_path / "x.yaml").write_text(written)
    with pytest.raises(ConfigError) as refused:
        load_experiment(tmp_path / "x.yaml")
    assert len(refused.value.problems) == n
    past_the_errors(refused.value, pseudo)


def past_the_errors(error, language):
    """Require that every sentence of an error is in wide letters, but for the values it tells."""
    from optbench.words import error_text

    told = error_text(error, language)
    values = sorted(set(values_of(error.worded)), key=len, reverse=True)
    assert not [value for value in values if PROSE.search(value) and not value.startswith(IN_ENGLISH)]
    frames = [line for line in told.splitlines() if not re.match(r" *\d* \| ", line)]
    paths = [f"{problem.values['path']}:" for problem in error.problems if problem.values.get("path")]
    assert not past_the_catalogue(frames, [str(value) for value in [*values, *paths, *KNOWN]])


# A value with words of English in a row has to be words itself, but for commands, and what a key is for in the schema.
IN_ENGLISH = ("optbench ", "Column that holds", "Name of the experiment")
PROSE = re.compile(r"(?<![\w/'-])[a-z]{2,} (?!or )[a-z]{2,}(?![\w/'-])")
KNOWN = ("{name: adam}", "{monitor: val_loss, patience: 5}", "x.yaml", "'optbench init'")


def values_of(text):
    """Every value that is filled into a message, and every part of it that is a name or a mark."""
    if isinstance(text, Worded):
        for one in (*text.values.values(), *text.parts):
            yield from values_of(one)
    else:
        yield str(text)


@pytest.mark.parametrize("arguments", ["rnu", "run", "run x --jobz 3", "run x -j abc", "list dataset", "run x -j"])
def test_the_command_line(arguments, pseudo, monkeypatch):
    """The sentences of the parser, too."""
    from optbench.cli.app import app
    from optbench.cli.usage import call

    monkeypatch.setenv(VARIABLE, pseudo)
    with pytest.raises(UsageError) as refused:
        call(app, arguments.split())
    past_the_errors(refused.value, pseudo)


@pytest.mark.parametrize(
    ("table", "target"),
    [("", "y"), ("a,y\n", "y"), ("a,y\n1\n", "y"), ("a,a\n1,2\n", "a"), ("a;y\n1;2\n", "y"), ("a,b\n1,2\n2,3\n", "y")],
)
def test_what_is_wrong_with_a_table(table, target, pseudo, tmp_path):
    """Empty, a header alone, a row of another length, a name twice, another separator, no such column."""
    from optbench.config import parse_resolved
    from optbench.datasets import load_dataset

    (tmp_path / "data.csv").write_text(table)
    written = f"name: x\ndataset: {{name: csv, path: data.csv, target: {target}}}\n{MODEL_OF_TABLE}"
    config = parse_resolved(written)
    with pytest.raises(DataError) as refused:
        load_dataset(config.dataset, base=tmp_path, data_dir=tmp_path, task=config.task)
    past_the_errors(refused.value, pseudo)


MODEL_OF_TABLE = "model: {name: logistic}\noptimizer: {name: sgd}\n"


def test_an_error_without_words_is_english_below_a_sentence(pseudo):
    """The only place where English is left: marked as such, and the sentence of its code is not."""
    from optbench.words import error_text

    general, detail = error_text(DataError("nothing is here.", code="data-table-empty"), pseudo).split("\n")
    assert not past_the_catalogue([general], [])
    assert detail.endswith(": nothing is here.")
