"""`linear`: the output layer alone, for a number."""

from __future__ import annotations

from typing import Literal

from optbench.catalog.model import NUMBERS, Example, InputForm, Model, ModelSection
from optbench.catalog.model_layers import flat
from optbench.catalog.tasks import CLASSIFICATION
from optbench.core.worded import worded


class LinearConfig(ModelSection):
    """`model: {name: linear}`."""

    name: Literal["linear"]


MODEL = Model(
    order=20,
    section=LinearConfig,
    takes=NUMBERS,
    examples=(Example({}, InputForm((6,))),),
    layers=lambda _section, inputs: flat(inputs),
    not_for={
        CLASSIFICATION: worded(
            "must-number-linear",
            "linear predicts a number. For classes take logistic; for a number write 'task: regression' "
            "at the top of the file.",
        )
    },
)
