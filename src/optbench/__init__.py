"""Which Keras optimizer to use on a problem, by how much it is better, and how sure one can be.

`load_runs`, `load_study`, `load_diagnostics` and `compare` are those of `optbench.notebook`, `load_model` that of
`optbench.runs.shipped_model`, `load_run` that of `optbench.runner.shown_run`; each is loaded when it is first used.
"""

import sys

if sys.argv[:1] == ["-m"]:  # `python -m optbench`, which puts the working directory first on the search path
    from optbench.core.interpreter import leave_out_working_directory

    leave_out_working_directory()

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optbench.notebook import compare as compare
    from optbench.notebook import load_diagnostics as load_diagnostics
    from optbench.notebook import load_runs as load_runs
    from optbench.notebook import load_study as load_study
    from optbench.runner.shown_run import load_run as load_run
    from optbench.runs.shipped_model import load_model as load_model

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "load_diagnostics", "load_model", "load_run", "load_runs", "load_study"]


def __getattr__(name: str) -> Any:
    if name == "load_run":
        from optbench.runner import shown_run

        return shown_run.load_run
    if name == "load_model":
        from optbench.runs import shipped_model

        return shipped_model.load_model
    if name in ("compare", "load_diagnostics", "load_runs", "load_study"):
        from optbench import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'optbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
