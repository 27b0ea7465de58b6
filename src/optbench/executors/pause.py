"""Waiting for what shows only when one looks, as files of another machine do: looks become rarer if nothing comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST_S: Final = 0.005
LONGEST_S: Final = 0.5
SHARE: Final = 1 / 30  # what comes is found late by at most this part of the time it took, and SHORTEST_S


class Pause:
    """Waits between looks, from SHORTEST_S up to LONGEST_S.

    Parameters
    ----------
    shortest : seconds; more where a look asks another machine
    """

    def __init__(
        self,
        *,
        shortest: float = SHORTEST_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._shortest, self._clock, self._sleep = shortest, clock, sleep
        self.restart()

    def restart(self) -> None:
        """Look often again: something has come, or has been begun that may end soon."""
        self._since = self._clock()

    @property
    def seconds(self) -> float:
        """How long to wait until the next look."""
        return min(LONGEST_S, self._shortest + SHARE * (self._clock() - self._since))

    def wait(self) -> None:
        """Wait until the next look."""
        self._sleep(self.seconds)
