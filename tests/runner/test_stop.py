"""Ctrl-C and SIGTERM: the first stops gently, the second at once; afterwards everything is as before."""

from __future__ import annotations

import os
import signal
import weakref

import pytest

from optbench.core.ending import Ending
from optbench.runner.stop import StoppedError, stops_on_signals


class Recorder:
    """An executor that only notes what it is told."""

    def __init__(self):
        self.told = []

    def stop(self):
        self.told.append("stop")

    def close(self):
        self.told.append("close")


@pytest.fixture(autouse=True)
def _handlers_come_back():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    assert {number: signal.getsignal(number) for number in before} == before


def signalled(*numbers, then):
    for number in numbers:
        os.kill(os.getpid(), number)
    then.append(True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_lets_the_block_end(number, code):
    """Running work goes on to its safe point; the exit code names the signal, the message the next step."""
    executor, said, reached = Recorder(), [], []
    with (
        pytest.raises(StoppedError, match="with the same command") as stopped,
        stops_on_signals(executor, say=said.append),
    ):
        signalled(number, then=reached)
    assert (stopped.value.exit_code, executor.told, reached) == (code, ["stop"], [True])
    assert len(said) == 1


def test_the_second_signal_ends_at_once():
    """Children are killed and the block is left."""
    executor, reached = Recorder(), []
    with pytest.raises(StoppedError) as stopped, stops_on_signals(executor, say=lambda _said: None):
        signalled(signal.SIGINT, signal.SIGTERM, then=reached)
    assert (stopped.value.exit_code, executor.told, reached) == (130, ["stop", "close"], [])


def test_without_a_signal_nothing_happens():
    """The block ends as it would."""
    executor = Recorder()
    with stops_on_signals(executor, say=pytest.fail):
        pass
    assert executor.told == []


def test_an_error_of_the_block_is_not_hidden():
    """A failure stays the failure it is."""
    with pytest.raises(KeyError), stops_on_signals(Recorder(), say=pytest.fail):
        raise KeyError("x")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_a_callback_passes_over_ends_what_begins_next():
    """The interpreter ignores exceptions of callbacks, of which every import has some: nothing is begun after it."""
    ending, thing = Ending(), Recorder()
    before = signal.signal(signal.SIGTERM, ending)
    try:
        seen = weakref.ref(thing, lambda _dead: signal.raise_signal(signal.SIGTERM))
        del thing
        assert (seen(), ending.received) == (None, signal.SIGTERM)
        with pytest.raises(StoppedError) as stopped, stops_on_signals(Recorder(), say=pytest.fail):
            pytest.fail("it has begun")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert stopped.value.exit_code == 143
