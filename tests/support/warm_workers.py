"""Executors for commands that tests run in this process: one start of TensorFlow serves all tests of a process.

A command of its own starts a fork server, which imports TensorFlow for five seconds and ends with the command. These
executors share servers that stay. Workers are forked from them as ever, so the bits are the same.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import psutil

from optbench.executors.fork_server import ForkServer
from optbench.executors.local import LocalExecutor
from optbench.runner.run import RunOptions
from optbench.training.start import recorded_environment


class WarmWorkers:
    """Makes executors whose fork servers are kept, one for each environment that experiments ask for."""

    def __init__(self) -> None:
        self._variables = dict(os.environ)
        self._servers: dict[tuple[bool, str], ForkServer] = {}

    def executor_for(self, options: RunOptions, experiments: Sequence[Any]) -> LocalExecutor:
        """Return an executor for a command, as `make_executor` does; meant for `run_experiments(executor_for=...)`."""
        (needs,) = {(loaded.config.training.onednn, loaded.config.training.device) for loaded in experiments}
        return LocalExecutor(
            jobs=options.jobs or 1,
            server=self._server(*needs),
            owns_server=False,
            timeout=options.timeout,
            forks_helpers=False,  # tests may have used TensorFlow in this process
        )

    def at_work(self) -> list[psutil.Process]:
        """Return the workers that there are now, whichever server they were forked from."""
        servers = [psutil.Process(server.pid) for server in list(self._servers.values()) if server.pid is not None]
        return [worker for server in servers for worker in server.children()]

    def close(self) -> None:
        """End the servers."""
        for server in self._servers.values():
            server.close()

    def _server(self, onednn: bool, device: str) -> ForkServer:
        if (onednn, device) not in self._servers:
            environment = recorded_environment(self._variables, onednn=onednn, device=device)
            self._servers[onednn, device] = ForkServer(environment=environment, preload="optbench.preload")
        return self._servers[onednn, device]
