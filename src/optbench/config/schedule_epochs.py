"""Learning-rate schedules written in epochs: what Keras takes in steps, told without counting batches.

Every argument that Keras takes in steps has a second name in epochs: `decay_epochs: 5` is `decay_steps: 775` where an
epoch has 155 steps, and `decay_epochs: auto` is what the warm-up leaves of the training. An experiment is resolved to
steps before it is trained, so that the record says what Keras was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optbench.catalog.keras_api import Argument
from optbench.core.worded import worded
from optbench.errors import ConfigError

if TYPE_CHECKING:
    from optbench.catalog.keras_api import Signature

EPOCHS_KEYS: Mapping[str, str] = {
    "decay_steps": "decay_epochs",
    "first_decay_steps": "first_decay_epochs",
    "warmup_steps": "warmup_epochs",
    "boundaries": "boundary_epochs",
}
_ARGUMENTS: Mapping[str, Argument] = {
    "decay_epochs": Argument("auto_number", exclusive_minimum=0),
    "first_decay_epochs": Argument("number", exclusive_minimum=0),
    "warmup_epochs": Argument("number", minimum=0),
    "boundary_epochs": Argument("numbers"),
}


def epochs_key_in(given: Mapping[str, Any], name: str) -> str:
    """Return the name in epochs of an argument in steps if it is given, else ""."""
    key = EPOCHS_KEYS.get(name, "")
    return key if key and key in given else ""


def with_epochs_keys(signature: Signature) -> Signature:
    """Return a signature in which what can be told in steps can be told in epochs."""
    return {**signature, **{key: _ARGUMENTS[key] for name, key in EPOCHS_KEYS.items() if name in signature}}


def in_steps(arguments: Mapping[str, Any], *, steps_per_epoch: int, epochs: int) -> dict[str, Any]:
    """Return the arguments of an optimizer with every number of epochs as a number of steps.

    Parameters
    ----------
    arguments : of the optimizer; its schedule is a mapping in it
    epochs : of the whole training, for `decay_epochs: auto`

    Raises
    ------
    ConfigError
        If `auto` is to stand for what a warm-up leaves, and it leaves nothing.
    """
    found: dict[str, Any] = {}
    names = {key: name for name, key in EPOCHS_KEYS.items()}
    for key, value in arguments.items():
        if isinstance(value, Mapping):
            found[key] = in_steps(value, steps_per_epoch=steps_per_epoch, epochs=epochs)
        elif key in names and value is not None:
            found[names[key]] = _steps(key, value, arguments, steps_per_epoch=steps_per_epoch, epochs=epochs)
        elif key not in names:
            found[key] = value
    return found


def for_other_epochs(arguments: Mapping[str, Any], *, before: int, now: int) -> dict[str, Any]:
    """Return the arguments of a resolved optimizer for epochs of another number of steps.

    Every number of steps of its schedule is multiplied by `now / before` and rounded, so that the learning rate is in
    every epoch what it was.

    Parameters
    ----------
    before, now : steps of an epoch
    """
    found = dict(arguments)
    for key, value in arguments.items():
        if isinstance(value, Mapping):
            found[key] = for_other_epochs(value, before=before, now=now)
        elif key in EPOCHS_KEYS and isinstance(value, list):
            found[key] = [_rounded(each / before, now) for each in value]
        elif key in EPOCHS_KEYS and value is not None:
            found[key] = _rounded(value / before, now)
    return found


def _steps(key: str, value: Any, beside: Mapping[str, Any], *, steps_per_epoch: int, epochs: int) -> Any:
    if isinstance(value, list):
        return [_rounded(each, steps_per_epoch) for each in value]
    if value != "auto":
        return _rounded(value, steps_per_epoch)
    warmup = beside.get("warmup_steps") or _rounded(beside.get("warmup_epochs") or 0, steps_per_epoch)
    left = epochs * steps_per_epoch - warmup
    if left < 1:
        raise ConfigError(
            worded(
                "key-warmup-long",
                "optimizer.learning_rate.{key}: auto is what the warm-up leaves of the training, and must be "
                "at least one step. Received: {warmup} steps of warm-up in a training of {steps}. Warm up "
                "for less.",
                key=key,
                warmup=warmup,
                steps=epochs * steps_per_epoch,
            ),
            code="config-warmup-too-long",
        )
    return left


def _rounded(epochs: float, steps_per_epoch: int) -> int:
    """Return whole steps; none only for none."""
    return max(round(epochs * steps_per_epoch), 1 if epochs > 0 else 0)
