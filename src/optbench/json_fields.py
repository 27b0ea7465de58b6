"""The way from a JSON object to a typed record: each value is asked for by name, with the type it must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from optbench.core.findings import Finding, Severity, read_finding
from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")
_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


class JsonFields:
    """The values of a JSON object, by name. Names that nobody asks for are left alone: a later version may add some.

    Parameters
    ----------
    document : the object, or what stands in its place
    what : names it in errors: "a task", or a file's path
    """

    def __init__(self, document: object, what: object) -> None:
        self._what = what
        if not isinstance(document, dict):
            raise StorageError(
                f"{what} must be a JSON object. Received: {type(document).__name__}.", code="storage-document-wrong"
            )
        self._values: Mapping[str, Any] = document

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def take(self, name: str, kind: type[T]) -> T:
        """Return the value of a name, of the type it must have; a whole number is a number, too.

        Raises
        ------
        StorageError
            If there is none, or it has another type.
        """
        value = self._given(name)
        is_number = type(value) is int and kind is float
        if is_number:
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise StorageError(
                f"{self._what} must have {_WORDS[kind]} for {name!r}. Received: {value!r:.60}.",
                code="storage-document-wrong",
            )
        return value

    def maybe(self, name: str, kind: type[T]) -> T | None:
        """Return the value of a name, or None where it is null; for errors see `take`."""
        return None if name in self._values and self._values[name] is None else self.take(name, kind)

    def given(self, name: str, kind: type[T], default: T) -> T:
        """Return the value of a name that earlier versions did not write, or the default; for errors see `take`."""
        return self.take(name, kind) if name in self._values else default

    def one_of(self, name: str, values: Sequence[str]) -> str:
        """Return a text that is one of `values`; for errors see `take`."""
        value = self.take(name, str)
        if value not in values:
            raise StorageError(
                f"{self._what} must have {' or '.join(values)} for {name!r}. Received: {value!r:.60}.",
                code="storage-document-wrong",
            )
        return value

    def maybe_finding(self, name: str, severity: Severity) -> Finding | None:
        """Return a finding, or None for null. Older versions wrote its sentence, and "" for none.

        Parameters
        ----------
        severity : of a sentence, which has none of its own

        Raises
        ------
        StorageError
            If there is none, or it is something else.
        """
        recorded = self._given(name)
        if recorded is None or recorded == "":
            return None
        return self._made(name, recorded, lambda found: read_finding(found, severity), "a finding")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; for errors see `take`."""
        values = self.take(name, list)
        if not all(isinstance(value, str) for value in values):
            raise StorageError(
                f"{self._what} must have a list of texts for {name!r}. Received: {values!r:.60}.",
                code="storage-document-wrong",
            )
        return tuple(values)

    def number(self, name: str) -> float:
        """Return a number that was written as a text, since JSON has no NaN and no infinity; for errors see `take`."""
        return self._made(name, self.take(name, str), float, "a number in a text")

    def finding(self, name: str) -> Finding:
        """Return a finding; for errors see `take`."""
        return self._made(name, self.take(name, dict), Finding.from_json, "a finding")

    def notes(self, name: str) -> tuple[Finding, ...]:
        """Return a list of notes, which in the first release were sentences; for errors see `take`."""

        def read(recorded: Sequence[Any]) -> tuple[Finding, ...]:
            return tuple(read_finding(note, Severity.NOTE) for note in recorded)

        return self._made(name, self.take(name, list), read, "findings")

    def _made(self, name: str, value: Any, make: Callable[[Any], T], wanted: str) -> T:
        try:
            return make(value)
        except (KeyError, TypeError, ValueError) as error:
            raise StorageError(
                f"{self._what} must have {wanted} for {name!r}. Received: {value!r:.60}.", code="storage-document-wrong"
            ) from error

    def _given(self, name: str) -> Any:
        if name not in self._values:
            raise StorageError(
                f"{self._what} must have {name!r}. Received: {', '.join(self._values) or 'nothing'}.",
                code="storage-document-wrong",
            )
        return self._values[name]
