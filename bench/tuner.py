"""Peer of bench/time_to_verdict.py: KerasTuner searches Adam's learning rate on Telco, then the best is fitted again.

python bench/tuner.py [TRIALS]      two executions a trial; prints a JSON line with seconds of CPU time, imports apart
"""

import json
import os
import sys
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import keras
import keras_tuner
from many_configs import BATCH_SIZE, EPOCHS, HIDDEN_UNITS
from telco_arrays import load

EXECUTIONS = 2
FITS = 3


def build(hp):
    """Return the model of bench/many_keras.py with a searched learning rate."""
    layers = [keras.layers.Dense(units, activation="relu") for units in HIDDEN_UNITS]
    model = keras.Sequential([keras.Input(x_train.shape[1:]), *layers, keras.layers.Dense(1, activation="sigmoid")])
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    model.compile(keras.optimizers.Adam(rate), loss="binary_crossentropy", metrics=["accuracy"])
    return model


(x_train, y_train), (x_val, y_val), (x_test, y_test) = load()
trials = int(sys.argv[1]) if len(sys.argv) > 1 else 3
fit = {"validation_data": (x_val, y_val), "epochs": EPOCHS, "batch_size": BATCH_SIZE, "verbose": 0}
with tempfile.TemporaryDirectory() as folder:
    tuner = keras_tuner.RandomSearch(
        build,
        objective="val_loss",
        max_trials=trials,
        executions_per_trial=EXECUTIONS,
        directory=folder,
        project_name="telco",
        seed=0,
    )
    begin = time.process_time()
    tuner.search(x_train, y_train, **fit)
    per_execution = (time.process_time() - begin) / (trials * EXECUTIONS)
    best = tuner.get_best_hyperparameters()[0]
begin = time.process_time()
for seed in range(FITS):
    keras.utils.set_random_seed(seed)
    model = build(best)
    model.fit(x_train, y_train, **fit)
    model.evaluate(x_test, y_test, verbose=0)
    keras.backend.clear_session()
print(json.dumps({"per_execution": per_execution, "per_fit": (time.process_time() - begin) / FITS}))
