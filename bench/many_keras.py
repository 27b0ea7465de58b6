"""Peer of bench/many_runs.py: plain Keras, one process, `compile` and `fit` for each run, and its test scores.

python bench/many_keras.py RUNS     the first RUNS of the 200, spread over the optimizers; prints a JSON line
"""

import json
import os
import sys
import time

BEGIN = time.perf_counter()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras
from many_configs import BATCH_SIZE, EPOCHS, HIDDEN_UNITS, SEEDS, settings
from telco_arrays import load

OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
}


def train(optimizer: str, rate: float, seed: int) -> float:
    """Train one run; returns its test accuracy."""
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(units, activation="relu") for units in HIDDEN_UNITS]
    model = keras.Sequential([keras.Input(x_train.shape[1:]), *layers, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(OPTIMIZERS[optimizer](rate), loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=0)
    scores = model.predict(x_test, batch_size=1024, verbose=0)
    keras.backend.clear_session()
    return float(((scores[:, 0] > 0.5) == y_test).mean())


(x_train, y_train), (x_val, y_val), (x_test, y_test) = load()
runs = [(optimizer, rate, seed) for seed in range(SEEDS) for optimizer, rate in settings()]
count = int(sys.argv[1])
chosen = runs[:: len(runs) // count][:count]
start, start_cpu = time.perf_counter(), time.process_time()
accuracies = [train(*run) for run in chosen]
per_run, per_run_cpu = (time.perf_counter() - start) / count, (time.process_time() - start_cpu) / count
told = {"start": start - BEGIN, "start_cpu": start_cpu, "per_run": per_run, "per_run_cpu": per_run_cpu}
print(json.dumps({**told, "accuracy": sum(accuracies) / count}))
