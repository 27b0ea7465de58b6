"""What a step of the small CNN on Fashion-MNIST is made of: each layer, forward and gradients, timed alone.

OPTBENCH_DATA_DIR=... python bench/cnn_step.py [REPETITIONS]

The layers run as the engine runs them, in one thread, in a compiled graph without anything else; what they take
together is what no engine that calls the same kernels can save.
"""

import statistics
import sys
import time
from types import SimpleNamespace

from steps import CASES, epoch_of, problem_of

from optbench.training.start import configure_process

BATCH = 64
CALLS = 20


def timed(function):
    """Return the seconds of a call that works CALLS times."""
    begin = time.perf_counter()
    function()
    return (time.perf_counter() - begin) / CALLS


def layer_alone(layer, shape, *, needs_input_gradient):
    """Return a function that works through a layer CALLS times, forward and with its gradients."""
    import tensorflow as tf

    x = tf.random.stateless_normal((BATCH, *shape), (0, 1))

    def once(total):
        with tf.GradientTape() as tape:
            inputs = x + total * 0.0
            tape.watch(inputs)
            outputs = layer(inputs)
        wanted = [*layer.trainable_variables, *([inputs] if needs_input_gradient else [])]
        parts = tape.gradient(outputs, [getattr(one, "value", one) for one in wanted]) if wanted else []
        return tf.add_n([tf.reduce_max(part) for part in parts] or [tf.reduce_max(outputs)])

    @tf.function(autograph=False)
    def many():
        return tf.while_loop(
            lambda i, _: i < CALLS,
            lambda i, total: (i + 1, once(total)),
            (tf.constant(0), tf.constant(0.0)),
            parallel_iterations=1,
        )[1]

    return lambda: many().numpy()


def main():
    """Alternate the parts, the whole step and `fit`; print medians and shares."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    configure_process(SimpleNamespace(threads=1, device="cpu", op_determinism=True))
    case = CASES["Fashion-MNIST, CNN 32-64, batch 64"]
    problem = problem_of(case, "fused")
    parts, is_first = {}, True
    for layer in problem.model.layers:
        if layer.__class__.__name__ in ("Conv2D", "MaxPooling2D", "Dense"):
            parts[layer.name] = layer_alone(layer, layer.input.shape[1:], needs_input_gradient=not is_first)
            is_first = False
    steps = len(problem.examples["train"].y) // BATCH
    whole, fit = epoch_of(problem, "fused"), epoch_of(problem_of(case, "keras"), "keras")
    found = {name: [] for name in (*parts, "fused", "fit")}
    for function in parts.values():
        function()
    whole(1), fit(1)
    for number in range(2, repetitions + 2):
        for name, function in parts.items():
            found[name].append(timed(function))
        found["fused"].append(whole(number) / steps)
        found["fit"].append(fit(number) / steps)
    medians = {name: statistics.median(seconds) for name, seconds in found.items()}
    for name, seconds in medians.items():
        print(f"{name:16} {1e6 * seconds:8.0f} us  {seconds / medians['fused']:5.2f} of a fused step")
    alone = sum(medians[name] for name in parts)
    share, of_fit = alone / medians["fused"], alone / medians["fit"]
    print(f"layers alone     {1e6 * alone:8.0f} us  {share:5.2f} of a fused step, {of_fit:.2f} of fit's")


if __name__ == "__main__":
    main()
