"""Imported once by the process that workers of Keras engines are forked from: it imports TensorFlow and only that."""

import gc
import importlib

# what a worker needs, loaded before the fork
_NEEDED = (
    "optbench.config",
    "optbench.datasets",
    "optbench.runs.artefacts",
    "optbench.training.archive",
    "optbench.training.facts",
    "optbench.training.in_force",
    "optbench.training.loop",
    "optbench.training.preflight",
    "optbench.training.program",
    "optbench.worker",
)

gc.disable()  # what modules define stays; looking through it again and again takes a fifth of the time
importlib.import_module("optbench.training.start").import_backend()
for module in _NEEDED:
    importlib.import_module(module)
# no worker's garbage collector has to walk through what is loaded, or to copy its pages
gc.freeze()
gc.enable()
