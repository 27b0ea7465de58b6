"""Imported once by the process that worker processes are forked from: it imports TensorFlow and does not use it."""

import gc

from optbench.training.start import import_backend

import_backend()

import optbench.training.loop  # noqa: E402, F401 - what a worker needs, loaded before the fork

# what is loaded stays loaded: no worker's garbage collector has to walk through it, or to copy its pages
gc.freeze()
