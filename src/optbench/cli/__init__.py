"""The command line: commands declare, other rooms do; here errors become exit codes."""

from __future__ import annotations

from optbench.cli.main import main

__all__ = ["main"]
