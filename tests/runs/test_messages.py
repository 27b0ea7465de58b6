"""What passes between a command and its children comes back as it was sent, or is refused in a sentence."""

from __future__ import annotations

import json
import math
import re

import pytest
from working_documents import not_a_number_in

from optbench.core.findings import Finding, Severity
from optbench.errors import StorageError
from optbench.records import RunStatus
from optbench.runs.messages import (
    Detail,
    EpochEnded,
    FinishArguments,
    Finished,
    LoadArguments,
    Said,
    TrainArguments,
    TryOut,
    TryOutArguments,
    event_of,
    news_of,
)

NEWS = [
    EpochEnded(3, 10, {"epoch": 3.0, "loss": 0.1 + 0.2, "accuracy": 1e-300}),
    EpochEnded(0, 10, {"loss": float("inf")}),
    Said(Finding("checkpoint-resumed", Severity.NOTE, {"epoch": 3})),
    Detail(Finding("engine-begins", Severity.NOTE, {"pid": 12, "epoch": None})),
]

MESSAGES = [
    TryOutArguments("name: a", "/data", "/base", time_an_epoch=True),
    TryOut(10, 1000, None, 300.5),
    TryOut(10, 1000, 0.5, 300.5, (Finding("training-model-needs-code", Severity.NOTE, {"file": "own.py"}),)),
    LoadArguments("/tmp/model.keras", "own.py:build", "/base"),
    TrainArguments("/runs/a", "000001-ab", None, 2),
    TrainArguments("/runs/a", "000001-ab", "/data", 1),
    FinishArguments("/runs/a", "000001-ab", draw=False),
    FinishArguments("/runs/a", "000001-ab", draw=True, language="en"),
    Finished(RunStatus.DIVERGED, not_a_number_in(3)),
    *NEWS,
]


@pytest.mark.parametrize("message", MESSAGES, ids=repr)
def test_a_message_is_json(message):
    """There and back, through text; every value is needed, and has its type."""
    document = json.loads(json.dumps(message.to_json(), allow_nan=False))
    assert type(message).from_json(document) == message
    for name in document:
        with pytest.raises(StorageError, match=f"must have '{name}'"):
            type(message).from_json({key: value for key, value in document.items() if key != name})
        wrong = {} if isinstance(document[name], list) else []
        with pytest.raises(StorageError, match=f"for '{name}'. Received: {re.escape(str(wrong))}"):
            type(message).from_json({**document, name: wrong})


def test_what_is_no_object_is_refused():
    """A list is none."""
    with pytest.raises(StorageError, match="arguments of training must be a JSON object. Received: list"):
        TrainArguments.from_json([])


def test_true_is_no_number_and_a_whole_number_is_one():
    """As JSON has it; Python would take True for 1."""
    document = TryOut(10, 1000, 0.5, 300.5).to_json()
    assert TryOut.from_json({**document, "seconds_per_epoch": 2}).seconds_per_epoch == 2.0
    with pytest.raises(StorageError, match="a whole number for 'parameters'. Received: True"):
        TryOut.from_json({**document, "parameters": True})


def test_the_reason_of_an_older_version_is_read_as_its_sentence():
    """It stands in the record of a training that is to be finished, and in the environment of a finished run."""
    older = Finished.from_json({"finished": "diverged", "reason": "weights are not finite after epoch 2"})
    assert older.reason.values == {"text": "weights are not finite after epoch 2"}
    assert Finished.from_json({"finished": "completed", "reason": ""}).reason is None


def test_a_run_ends_in_one_of_two_ways():
    """Another word is no status of a finished run."""
    with pytest.raises(StorageError, match="completed or diverged for 'finished'. Received: 'running'"):
        Finished.from_json({"finished": "running", "reason": ""})


@pytest.mark.parametrize("news", NEWS, ids=repr)
def test_news_travel_as_events(news):
    """An executor sees JSON alone; the command finds out what kind of news it got."""
    event = json.loads(json.dumps(event_of(news), allow_nan=False))
    assert news_of(event) == news


def test_a_loss_that_is_no_number_travels_too():
    """JSON has no NaN."""
    event = json.loads(json.dumps(event_of(EpochEnded(1, 2, {"loss": float("nan")})), allow_nan=False))
    assert math.isnan(news_of(event).values["loss"])


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"sentence": "hello"}, "must have 'kind'"),
        ({"kind": "rumour"}, "epoch or said or detail for 'kind'. Received: 'rumour'"),
        ({"kind": "epoch", "epoch": 1, "epochs": 2, "values": {"loss": "low"}}, "'loss'. Received: 'low'"),
        ({"kind": "detail", "finding": {"code": "engine-begins"}}, "a finding for 'finding'"),
    ],
)
def test_an_event_that_holds_no_news_is_refused(event, said):
    """What another version or a wrong executor sends is an error in a sentence."""
    with pytest.raises(StorageError, match=said):
        news_of(event)
