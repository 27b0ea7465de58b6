"""The one place that spells the file names of a run folder and of the runs directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.user_code import recorded_name

if TYPE_CHECKING:
    from pathlib import Path

KEY_DIGITS_SHOWN = 8
STUDY_RECORD = "study.json"
"""What makes a folder that of a study; its runs lie beside this file."""
MANIFEST = "MANIFEST.json"
"""Written last, of a run as of a study."""
SHARED = "SHARED.json"
"""What says, in a folder that was passed on, which files are other than they were sealed."""
VERDICTS = "verdicts"
"""Folder of a study with its verdicts: no runs."""
_IDENTITY = (
    *("config", "config_resolved", "history", "diagnostics", "metrics", "predictions"),
    *(
        "report_text",
        "report_json",
        "confusion",
        "roc_curve",
        "precision_recall_curve",
        "reliability",
        "hardest",
        "evaluation",
    ),
    *("residuals", "preprocessing", "digests"),
)


def run_id(name: str, seed: int, key: str) -> str:
    """Return `<name>-s<seed>-<key8>`, the name of a run's folder."""
    return f"{name}-s{seed}-{key[:KEY_DIGITS_SHOWN]}"


@dataclass(frozen=True, slots=True)
class RunPaths:
    """Paths of one run folder. Properties only: nothing here touches the disk."""

    folder: Path

    @property
    def config(self) -> Path:
        """The experiment file as the user gave it."""
        return self.folder / "config.yaml"

    @property
    def config_resolved(self) -> Path:
        """The experiment with every default, override and `auto` resolved."""
        return self.folder / "config.resolved.yaml"

    @property
    def history(self) -> Path:
        """Metrics per epoch; epoch 0 is before training."""
        return self.folder / "history.csv"

    @property
    def diagnostics(self) -> Path:
        """Gradient norm, update ratio and weight norm per layer and epoch, where they were asked for."""
        return self.folder / "diagnostics.csv"

    @property
    def metrics(self) -> Path:
        """Final metrics per split."""
        return self.folder / "metrics.json"

    @property
    def predictions(self) -> Path:
        """Per split: labels and class probabilities, or true and predicted numbers; row numbers."""
        return self.folder / "predictions.npz"

    @property
    def report_text(self) -> Path:
        """scikit-learn's classification report on the test split, as text."""
        return self.folder / "classification_report.txt"

    @property
    def report_json(self) -> Path:
        """The same report as JSON."""
        return self.folder / "classification_report.json"

    @property
    def confusion(self) -> Path:
        """Confusion matrix, rows true, columns predicted."""
        return self.folder / "confusion_matrix.csv"

    @property
    def roc_curve(self) -> Path:
        """ROC curves of train and test."""
        return self.folder / "roc_curve.csv"

    @property
    def precision_recall_curve(self) -> Path:
        """Precision-recall curves of train and test."""
        return self.folder / "precision_recall_curve.csv"

    @property
    def reliability(self) -> Path:
        """Probabilities beside what happened, in bins, of train and test."""
        return self.folder / "reliability.csv"

    @property
    def hardest(self) -> Path:
        """Classes: numbers of the test rows that were answered wrongly with the highest probability."""
        return self.folder / "hardest_examples.csv"

    @property
    def evaluation(self) -> Path:
        """Threshold and temperature chosen on validation rows, where the experiment asks for them."""
        return self.folder / "evaluation.json"

    @property
    def residuals(self) -> Path:
        """Regression: true value, prediction and residual of every test row."""
        return self.folder / "residuals.csv"

    @property
    def identity_files(self) -> dict[str, Path]:
        """Every file that has the same bytes wherever and however a run was executed, by the name of its property.

        `model.keras` is none of them: its arrays are the same, but the archive holds dates.
        """
        return {name: getattr(self, name) for name in _IDENTITY}

    def figure(self, stem: str, image_format: str = "png") -> Path:
        """Return the path of a picture.

        `learning_curves`, `diagnostics`; for classes `confusion_matrix`, `roc_curve`, `precision_recall_curve`; for
        regression `predicted_against_true`, `residuals`.
        """
        return self.folder / f"{stem}.{image_format}"

    @property
    def report_html(self) -> Path:
        """One self-contained page."""
        return self.folder / "report.html"

    @property
    def model(self) -> Path:
        """The trained model, loadable by plain Keras."""
        return self.folder / "model.keras"

    @property
    def preprocessing(self) -> Path:
        """What turns raw rows into the model's input, and its output into answers."""
        return self.folder / "preprocessing.json"

    @property
    def digests(self) -> Path:
        """The ladder of digests."""
        return self.folder / "digests.json"

    @property
    def timing(self) -> Path:
        """Clock times and memory."""
        return self.folder / "timing.json"

    @property
    def environment(self) -> Path:
        """What could explain a difference elsewhere."""
        return self.folder / "environment.json"

    @property
    def patch(self) -> Path:
        """Uncommitted changes of the git checkout the run was started in, if there were any."""
        return self.folder / "git.patch"

    @property
    def code(self) -> Path:
        """Folder with copies of the user's Python files."""
        return self.folder / "code"

    def code_copy(self, name: str) -> Path:
        """Return where the copy of a user's file lies, by the name that the config uses."""
        return self.old_code_copy(recorded_name(name))

    def old_code_copy(self, name: str) -> Path:
        """Return where it lies in a folder from before absolute paths were left out of names."""
        return self.code / name.replace("/", "__").replace("..", "_")

    @property
    def log(self) -> Path:
        """What was said."""
        return self.folder / "log.txt"

    @property
    def manifest(self) -> Path:
        """Written last: the run is finished if and only if this verifies."""
        return self.folder / MANIFEST

    @property
    def shared(self) -> Path:
        """Of a run that was passed on: which files were replaced or held back, with their first digests."""
        return self.folder / SHARED

    @property
    def lock(self) -> Path:
        """What optbench held with flock before there were claims; looked at, never made."""
        return self.folder / ".lock"

    @property
    def state(self) -> Path:
        """Working files of an unfinished run."""
        return self.folder / ".state"

    @property
    def old_claim(self) -> Path:
        """Where optbench recorded the key of an unfinished run before there were claims."""
        return self.state / "claim.json"

    def claim(self, number: int) -> Path:
        """Return the folder that exists once a claim has been made, with `claim_record` in it."""
        return self.state / f"claim-{number:06d}"

    def claim_record(self, number: int) -> Path:
        """Return the file that says who made a claim, and the key that the folder is for."""
        return self.claim(number) / "holder.json"

    @property
    def job(self) -> Path:
        """What the worker needs beside the resolved config: key, dataset facts, user's code, options."""
        return self.state / "job.json"

    @property
    def staged_environment(self) -> Path:
        """What was known of the environment before training; becomes `environment.json` when the run is finished."""
        return self.state / "environment.json"

    @property
    def fitted_preprocessing(self) -> Path:
        """What was fitted before training; becomes `preprocessing.json` when the run is finished."""
        return self.state / "preprocessing.json"

    @property
    def training_result(self) -> Path:
        """Marks training as done: what evaluation and reports need beyond the files above."""
        return self.state / "training.json"

    @property
    def attempts(self) -> Path:
        """Folder with a folder for every claim, the only place its holder writes to."""
        return self.state / "attempts"

    def checkpoint(self, epoch: int, claim: int) -> Path:
        """Return the checkpoint that the holder of a claim wrote after `epoch`."""
        return self.state / f"ckpt-{epoch:06d}-{claim:06d}.npz"
