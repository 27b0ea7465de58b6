"""How rare looks become while nothing comes, by a clock that the pauses themselves move."""

from __future__ import annotations

from itertools import takewhile

import pytest

from optbench.executors.pause import LONGEST_S, SHARE, SHORTEST_S, Pause


class Clock:
    """Time passes only in sleep."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def looks(pause, clock):
    """Yield the seconds since now at which somebody looks."""
    begin = clock.now
    while True:
        pause.wait()
        yield clock.now - begin


@pytest.mark.parametrize("ends", [0.001, 0.05, 0.4, 3.0, 14.0])
def test_an_end_is_found_late_by_a_small_part_of_what_it_took(ends):
    """So short runs do not wait for the next look, and long ones cost few looks."""
    clock = Clock()
    before = [0.0, *takewhile(lambda look: look < ends, looks(Pause(clock=clock, sleep=clock.sleep), clock))]
    assert clock.now - 100.0 - ends <= SHORTEST_S + SHARE * ends
    assert len(before) <= 1 + ends / SHORTEST_S
    assert len(before) < 350


def test_what_takes_for_ever_is_looked_at_twice_a_second():
    """A file system between machines answers others, too."""
    clock = Clock()
    pause = Pause(clock=clock, sleep=clock.sleep)
    clock.now += 3600
    before = clock.now
    pause.wait()
    assert clock.now - before == LONGEST_S


def test_looks_are_frequent_again_after_something_has_come():
    """What is begun then may end soon."""
    clock = Clock()
    pause = Pause(shortest=0.01, clock=clock, sleep=clock.sleep)
    clock.now += 3600
    pause.restart()
    assert next(looks(pause, clock)) == pytest.approx(0.01)
