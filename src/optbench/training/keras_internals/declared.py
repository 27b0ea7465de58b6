"""How what Keras and TensorFlow do not promise is relied on: declared, checked before its first use, or refused."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from types import CodeType
from typing import TYPE_CHECKING, Any

from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Internal:
    """One thing that is relied on.

    Attributes
    ----------
    name : as a person would look for it
    assumed : what it has to do, as the end of "... must ..."
    otherwise : what breaks, as the end of "otherwise ..."
    holds : given the modules keras and tensorflow, whether it does; may raise AttributeError, which means no
    """

    name: str
    assumed: str
    otherwise: str
    holds: Callable[[Any, Any], bool]


def require(internals: Sequence[Internal], keras: Any, tensorflow: Any) -> None:
    """Require of these modules all of some things.

    Raises
    ------
    MachineError
        If a name is missing or does something else; it says what would break and which versions to install.
    """
    broken = [internal for internal in internals if not _holds(internal, keras, tensorflow)]
    if broken:
        first, more = broken[0], f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise MachineError(
            f"{first.name} must {first.assumed}, otherwise {first.otherwise}{more}. "
            f"Received: Keras {keras.__version__} and TensorFlow {tensorflow.__version__}, in which that is not so. "
            f"Install the versions that optbench is tested with: pip install {' '.join(tested_versions())}.",
            code="machine-keras-unfit",
        )


def tested_versions() -> tuple[str, ...]:
    """Return what the package requires of Keras and TensorFlow, quoted for a shell."""
    try:
        listed = requires("optbench") or []
    except PackageNotFoundError:  # run from a checkout
        listed = []
    found = tuple(f"'{one}'" for one in listed if one.startswith(("keras", "tensorflow")) and ";" not in one)
    return found or ("keras", "tensorflow")


def _holds(internal: Internal, keras: Any, tensorflow: Any) -> bool:
    try:
        return internal.holds(keras, tensorflow)
    except (AttributeError, ImportError, TypeError, ValueError):  # a name that is gone, arguments that have changed
        return False


def mentions(function: Any, name: str) -> bool:
    """Return True if the code of a function, or of a function in it, names an attribute."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return isinstance(code, CodeType) and _codementions(code, name)


def _codementions(code: CodeType, name: str) -> bool:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return name in code.co_names or any(_codementions(each, name) for each in inner)


def mentions_constant(function: Any, text: str) -> bool:
    """Return True if the code of a function, or of a function in it, has a text, or one that it is part of."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return isinstance(code, CodeType) and any(text in constant for constant in _texts(code))


def _texts(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _texts(constant)


def takes(function: Any, *names: str) -> bool:
    """Return True if a function has these parameters, in this order, at its beginning."""
    return tuple(inspect.signature(function).parameters)[: len(names)] == names
