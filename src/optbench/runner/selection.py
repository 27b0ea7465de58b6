"""`ls --where EXPR --sort KEY`: which runs, and in what order.

An expression is written as in Python and pandas: `optimizer == 'adam' and accuracy > 0.8`. It is parsed into a tree, of
which only names, values, comparisons, `and`, `or` and `not` are known; nothing of it is ever executed.
"""

from __future__ import annotations

import ast
import operator
import warnings
from typing import TYPE_CHECKING, Any, Final, TypeVar

from optbench.catalog.metrics import METRICS
from optbench.core.findings import Finding, Severity
from optbench.errors import UsageError, did_you_mean
from optbench.records import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from optbench.runner.listed import ListedRun

    _Value = Callable[[Mapping[str, Any]], Any]

T = TypeVar("T")

_COMPARE: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, several: value in several,
    ast.NotIn: lambda value, several: value not in several,
}
_WORDS: Final = {"null": None, "true": True, "false": False}
_EXAMPLE: Final = "--where \"optimizer == 'adam' and accuracy > 0.8\""
_LONGEST: Final = 10_000


def fields_of(run: ListedRun) -> dict[str, Any]:
    """Return what can be asked of a run, by name; of an unfinished one there is less.

    Returns
    -------
    `run, name, key, status, seed, study, stage, label, dataset, model, optimizer, learning_rate, epochs_run,
    best_epoch, training_seconds`, the metrics of the test split by their names, those of every split as
    `validation.accuracy`, and every setting by its path in the resolved experiment, such as `training.epochs`
    """
    config = run.config or {}
    metrics: Mapping[str, Any] = {} if run.record is None else run.record.metrics
    found: dict[str, Any] = dict(_settings(config))
    for split in SPLITS:
        found |= {f"{split}.{name}": value for name, value in (metrics.get(split) or {}).items()}
    named = {section: config.get(section) or {} for section in ("dataset", "model", "optimizer")}
    return {
        **found,
        **(metrics.get("test") or {}),
        **{name: metrics[name] for name in ("epochs_run", "best_epoch") if name in metrics},
        **{section: values.get("name") for section, values in named.items()},
        "learning_rate": named["optimizer"].get("learning_rate"),
        "run": run.run,
        "name": config.get("name"),
        "key": run.key,
        "status": run.status,
        "seed": run.seed,
        **{name: getattr(run.place, name, None) for name in ("study", "stage", "label")},
        "training_seconds": None if run.record is None else run.record.timing.get("training_seconds"),
    }


def _settings(section: Mapping[str, Any], place: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def select(items: Sequence[tuple[T, Mapping[str, Any]]], *, where: str | None, sort: str | None) -> list[T]:
    """Return the items whose fields meet an expression, in the order asked for.

    Parameters
    ----------
    items : each with its fields
    where : an expression; None takes all. A comparison with something that a run does not have is false; `null` asks
        for that
    sort : name of a field; metrics the best first, everything else rising; `-name` the other way round. Runs without
        it come last. None leaves the order

    Raises
    ------
    UsageError
        If the expression is none, a name is not known to any item, or values cannot be compared.
    """
    known, valued = _names_of(items)
    if where is not None:
        expression = _Expression(where)
        for name in sorted(expression.names):
            _require_known(name, known, valued, "--where")
        items = [(item, fields) for item, fields in items if expression.holds(fields)]
    if sort is not None:
        _require_known(sort.removeprefix("-"), known, valued, "--sort")
        items = _in_order(items, sort)
    return [item for item, _ in items]


def without_values(fields: Iterable[Mapping[str, Any]], *, where: str | None, sort: str | None) -> list[Finding]:
    """Return what an expression and an order ask for that is null in every run, each with the names that are not.

    Parameters
    ----------
    fields : of all runs
    where, sort : as for `select`; a question for null needs no value
    """
    known, valued = _names_of(enumerate(fields))
    asked = set() if where is None else _Expression(where).needed
    asked |= set() if sort is None else {sort.removeprefix("-")}
    return [
        Finding("list-without-value", Severity.NOTE, {"name": name, "others": _beside(name, valued) or None})
        for name in sorted(asked & (known - valued))
    ]


def _names_of(items: Iterable[tuple[Any, Mapping[str, Any]]]) -> tuple[set[str], set[str]]:
    """Return the names that any run has, and those that have a value in any."""
    known: set[str] = set()
    valued: set[str] = set()
    for _, fields in items:
        known |= fields.keys()
        valued |= {name for name, value in fields.items() if value is not None}
    return known, valued


def _beside(name: str, valued: Iterable[str]) -> list[str]:
    """Return the names of the same section, or of the same split."""
    section = name.rpartition(".")[0]
    return sorted(one for one in valued if one.rpartition(".")[0] == section)


class _Expression:
    """An expression as functions of a run's fields.

    Parameters
    ----------
    where : as it was typed

    Attributes
    ----------
    names : what it asks of a run
    needed : those of them that it compares with something, so that they need a value

    Raises
    ------
    UsageError
        If it is none.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self.names: set[str] = set()
        self.needed: set[str] = set()
        if not where.strip():
            raise _wrong(where, "it is empty")
        if len(where) > _LONGEST:
            raise _wrong(f"{where[:60]}...", f"it has {len(where)} characters, and at most {_LONGEST} are read")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that Python has of `1and` or '\d', for people who write Python
                tree = ast.parse(f"({where}\n)", mode="eval")
            self._holds = self._read(tree.body)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            problem = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
            raise _wrong(where, f"{problem}; equal is ==") from None

    def holds(self, fields: Mapping[str, Any]) -> bool:
        """Return whether a run meets it.

        Raises
        ------
        UsageError
            If its values are of kinds that have no order.
        """
        try:
            return bool(self._holds(fields))
        except TypeError as error:
            raise _wrong(self._where, f"two values cannot be compared ({error})") from None

    def _read(self, node: ast.AST) -> _Value:
        readers: dict[type, Callable[[Any], _Value]] = {
            ast.Name: self._name,
            ast.Attribute: self._name,
            ast.Constant: self._constant,
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._sign,
            ast.Compare: self._comparison,
            ast.List: self._list,
            ast.Tuple: self._list,
        }
        reader = readers.get(type(node))
        if reader is None:
            raise _wrong(self._where, f"{ast.unparse(node)[:60]!r} is neither a comparison nor a name nor a value")
        return reader(node)

    def _name(self, node: ast.Name | ast.Attribute) -> _Value:
        name = self._path(node)
        if name in _WORDS:
            return lambda _: _WORDS[name]
        self.names.add(name)
        return lambda fields: fields.get(name)

    def _path(self, node: ast.AST) -> str:
        if isinstance(node, ast.Attribute):
            return f"{self._path(node.value)}.{node.attr}"
        if not isinstance(node, ast.Name):
            raise _wrong(self._where, "only names have parts")
        return node.id

    def _constant(self, node: ast.Constant) -> _Value:
        if not isinstance(node.value, str | int | float | bool | None):
            raise _wrong(self._where, f"{ast.unparse(node)} is neither text nor a number")
        return lambda _: node.value

    def _list(self, node: ast.List | ast.Tuple) -> _Value:
        parts = [self._read(part) for part in node.elts]
        return lambda fields: [part(fields) for part in parts]

    def _logic(self, node: ast.BoolOp) -> _Value:
        parts = [self._read(part) for part in node.values]
        combine = all if isinstance(node.op, ast.And) else any
        return lambda fields: combine(part(fields) for part in parts)

    def _sign(self, node: ast.UnaryOp) -> _Value:
        part = self._read(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda fields: not part(fields)
        if not isinstance(node.op, ast.USub):
            raise _wrong(self._where, f"{ast.unparse(node)[:60]!r} has a sign that is not known")
        return lambda fields: None if (value := part(fields)) is None else -value

    def _comparison(self, node: ast.Compare) -> _Value:
        unknown = [kind for kind in map(type, node.ops) if kind not in _COMPARE]
        if unknown:
            raise _wrong(self._where, f"{ast.unparse(node)[:60]!r} compares in a way that is not known; equal is ==")
        parts = (node.left, *node.comparators)
        sides = [self._read(part) for part in parts]
        is_null = [_is_null(part) for part in parts]
        if not any(is_null):
            self.needed |= {self._path(part) for part in parts if isinstance(part, ast.Name | ast.Attribute)}
        kinds = [type(one) for one in node.ops]

        def holds(fields: Mapping[str, Any]) -> bool:
            values = [side(fields) for side in sides]
            return all(
                _compared(kind, values[i], values[i + 1], asks_for_null=is_null[i] or is_null[i + 1])
                for i, kind in enumerate(kinds)
            )

        return holds


def _compared(kind: type[ast.cmpop], left: Any, right: Any, *, asks_for_null: bool) -> bool:
    """Compare two values; with what a run does not have, nothing compares but a question for that."""
    is_missing = left is None or right is None
    if is_missing and not (asks_for_null and kind in (ast.Eq, ast.NotEq)):
        return False
    return _COMPARE[kind](left, right)


def _is_null(node: ast.expr) -> bool:
    is_word = isinstance(node, ast.Name) and node.id == "null"
    return is_word or (isinstance(node, ast.Constant) and node.value is None)


def _require_known(name: str, known: set[str], valued: set[str], option: str) -> None:
    if name not in known:
        raise UsageError(
            f"{option}: no run has {name!r}.{did_you_mean(name, sorted(valued))} Names are those that 'ls' shows, of "
            "metrics, and paths of settings such as training.epochs; texts stand in quotes.",
            code="usage-selection-wrong",
        )


def _in_order(items: Sequence[tuple[T, Mapping[str, Any]]], sort: str) -> list[tuple[T, Mapping[str, Any]]]:
    name = sort.removeprefix("-")
    metric = METRICS.get(name.rpartition(".")[2])
    falls = (metric is not None and metric.higher_is_better) != sort.startswith("-")
    having = [item for item in items if item[1].get(name) is not None]
    missing = [item for item in items if item[1].get(name) is None]
    return sorted(having, key=lambda item: _comparable(item[1][name]), reverse=falls) + missing


def _comparable(value: Any) -> tuple[int, Any]:
    """Return numbers before texts before everything else, each among themselves in order."""
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, repr(value))


def _wrong(where: str, why: str) -> UsageError:
    return UsageError(
        f"--where must be comparisons of names and values, with and, or, not: {_EXAMPLE}. Received: {where!r}: {why}.",
        code="usage-selection-wrong",
    )
