"""Metrics that are begun anew inside a graph: eagerly each of their variables would cost two operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optbench.training.problem import Problem


def build_metrics(problem: Problem) -> None:
    """Let the model create its metrics' variables, which Keras does at the first batch it sees.

    Side effects: evaluates one training row and begins the metrics anew.
    """
    model = problem.model
    model.test_step(problem.batch(tuple(array[:1] for array in problem.examples["train"].arrays)))
    model.reset_metrics()


def reset_if(is_first: Any, model: Any) -> None:
    """Add to the graph being traced: where `is_first` holds, the model's metrics begin anew.

    Parameters
    ----------
    is_first : scalar bool tensor
    model : compiled, with built metrics
    """
    import tensorflow as tf

    def reset() -> Any:
        model.reset_metrics()
        return tf.constant(0)

    tf.cond(is_first, reset, lambda: tf.constant(0))
