"""What a `.keras` file would take, found before Keras makes anything of it: a stranger's may ask for any size.

Keras writes the members of an archive as they are, unpacked, and the values of every variable of its own layers among
them. So an honest archive holds no packed member, and its model no more variables than the file has bytes for.
"""

from __future__ import annotations

import json
import math
import zipfile
from typing import TYPE_CHECKING, Any, Final

from optbench.config import MOST_NUMBERS
from optbench.training.keras_internals import tensors_of, variables_only_named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG: Final = "config.json"
_LONGEST_CONFIG: Final = 1 << 24  # bytes; of a hundred layers it has some 100 kB
_SLACK: Final = 1 << 20  # bytes of variables that a file may not hold: states of random generators


def why_too_large(archive: Path) -> str:
    """Return why a file is not loaded, as the end of "... cannot be loaded again: ", or "".

    Parameters
    ----------
    archive : a `.keras` file

    Notes
    -----
    Of layers that are not Keras' own nothing is known before their code is executed; a file with such is let through.
    """
    try:
        with zipfile.ZipFile(archive) as members:
            reason = _why_packed(members.infolist(), archive.stat().st_size)
            if reason:
                return reason
            config = json.loads(members.read(_CONFIG))
    except (OSError, KeyError, ValueError, RecursionError, zipfile.BadZipFile) as error:
        return f"it is no archive of Keras ({type(error).__name__})"
    return _why_large(config, archive.stat().st_size)


def _why_packed(members: list[zipfile.ZipInfo], size: int) -> str:
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            return f"{member.filename[:50]!r} in it is packed, which Keras does not do"
    declared = sum(member.file_size for member in members)
    if declared > size:
        return f"its parts are {declared} bytes long, and the file {size}"
    longest = max((member.file_size for member in members if member.filename == _CONFIG), default=0)
    if longest > _LONGEST_CONFIG:
        return f"{_CONFIG} in it has {longest} bytes; at most {_LONGEST_CONFIG} are read"
    return ""


def _why_large(config: Any, size: int) -> str:
    """Return why the model of a configuration does not fit into a file of so many bytes, or ""."""
    import keras

    with variables_only_named() as variables:
        try:
            model = keras.saving.deserialize_keras_object(_uncompiled(config), safe_mode=True)
        except Exception:  # noqa: BLE001 - whatever it is, loading tells it, and is needed for layers of the user's own
            model = None
        needed = sum(math.prod(variable.shape) * _bytes_of(variable.dtype) for variable in variables)
    if needed > size + _SLACK:
        return f"its layers declare {needed} bytes of weights, and the file has {size}"
    largest = max((math.prod(one or 1 for one in shape) for shape in _shapes(model)), default=0)
    if largest > MOST_NUMBERS:
        return f"a layer of it makes {largest} numbers of one example; at most {MOST_NUMBERS} are computed"
    return ""


def _uncompiled(config: Any) -> Any:
    """Return a model's configuration without loss and optimizer, which using a model does not need."""
    return {**config, "compile_config": None} if isinstance(config, dict) else config


def _bytes_of(dtype: Any) -> int:
    import tensorflow as tf

    return int(tf.as_dtype(dtype).size)


def _shapes(model: Any) -> Iterator[tuple[int | None, ...]]:
    """Yield the shape of what goes into and comes out of each layer, of one example; None where it is not known."""
    operations: Any = getattr(model, "operations", None) or getattr(model, "layers", ())
    for operation in operations:
        yield from _shapes(operation)
        yield from (tuple(tensor.shape)[1:] for tensor in tensors_of(operation))
