"""`logistic`: the output layer alone, for classes."""

from __future__ import annotations

from typing import Literal

from optbench.catalog.model import NUMBERS, Example, InputForm, Model, ModelSection, Penalty
from optbench.catalog.model_layers import flat
from optbench.catalog.tasks import REGRESSION
from optbench.core.worded import worded


class LogisticConfig(ModelSection):
    """`model: {name: logistic}`."""

    name: Literal["logistic"]
    l2: Penalty = 0.0


MODEL = Model(
    order=10,
    section=LogisticConfig,
    takes=NUMBERS,
    examples=(Example({}, InputForm((6,))),),
    layers=lambda _section, inputs: flat(inputs),
    not_for={
        REGRESSION: worded(
            "must-classes-logistic",
            "logistic is for classes. For regression its counterpart is linear; mlp and the others fit too.",
        )
    },
)
