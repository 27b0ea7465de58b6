"""Every attribute of TensorFlow and Keras that is private, or replaced for a while: the one room that may break.

Speed and equal bits need some of what Keras does not promise: methods with an underscore, functions that its layers
happen to call, the words of its errors. Each is listed in `INTERNALS` with a check and with what would break without
it. The checks run once a process, before the first use; they build no tensor that outlives them and draw no random
number. After an update of Keras or TensorFlow they fail with a sentence, where the run would otherwise be slower, or
other, in silence.

A test reads the syntax trees of the package: nothing outside this room may do such a thing.
"""

from __future__ import annotations

from optbench.training.keras_internals.assumed import INTERNALS, check_generator, check_internals
from optbench.training.keras_internals.read import (
    array_of,
    has_onednn,
    is_activation_alone,
    is_decayed,
    is_op_determinism_enabled,
    last_operation,
    lines_behind,
    rate_source,
    reason_behind,
    state_weight_decay,
    steps_taken,
    tensors_of,
)
from optbench.training.keras_internals.replaced import (
    decay_read_from,
    dropout_replaced,
    global_seed_kept,
    gradients_summed_before,
    saved_uncompiled,
    shared_reads,
    variables_only_named,
    weights_kept,
    wrap_train_step,
)

__all__ = [
    "INTERNALS",
    "array_of",
    "check_generator",
    "check_internals",
    "decay_read_from",
    "dropout_replaced",
    "global_seed_kept",
    "gradients_summed_before",
    "has_onednn",
    "is_activation_alone",
    "is_decayed",
    "is_op_determinism_enabled",
    "last_operation",
    "lines_behind",
    "rate_source",
    "reason_behind",
    "saved_uncompiled",
    "shared_reads",
    "state_weight_decay",
    "steps_taken",
    "tensors_of",
    "variables_only_named",
    "weights_kept",
    "wrap_train_step",
]
