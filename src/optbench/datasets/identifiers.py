"""Columns of numbers that number or name the rows: found by what they are called, where they stand, and their numbers.

What follows the order of the rows predicts classes that lay sorted in the file, and nothing of the world.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.column_names import without_accents
from optbench.datasets.reading_rules import Applied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.column_cells import Cells, ExaminedColumn
    from optbench.datasets.columns import Column
    from optbench.datasets.text_table import TextTable

RULE: Final = "identifiers"
OF_NUMBERS: Final = (
    "column-different-numbers",
    "column-counts-rows",
    "column-numbers-rows",
    "column-written-by-program",
    "column-index-of-numbers",
)
"""Reasons for which numbers are left out."""
TOLD: Final = ("column-all-different", "column-named-repeated", "column-index-repeated")
"""Reasons to tell of a column that stays."""
ENOUGH_ROWS: Final = 20  # fewer may be a permutation of consecutive numbers by chance
_NEARLY_ALL: Final = 0.9  # of the values: a few that occur twice make no feature of a number that names rows
_FEWEST_NAMED: Final = 0.01  # of the values: fewer different ones, as of a number of years at school, name nobody
_LOOKED_AT: Final = 4096
_EXACT: Final = float(2**53)

# What programs call the numbers of rows that they write: pandas, pyarrow and R.
_WRITTEN_BY_PROGRAMS: Final = re.compile(
    r"(unnamed: ?\d+(_level_\d+)?|__index_level_\d+__|row[ _.]?(names?|labels?)|\.\.\.1)([._]\d+)*"
)
_R_FIRST_COLUMN: Final = re.compile(r"X(\.\d+)?")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|#")
_NUMBER_SIGN: Final = re.compile(r"\b[Nn][.]?[°º]")
# Words are compared without accents.
_LAST_WORDS: Final = (
    "id", "ids", "uid", "uuid", "guid", "oid", "rid", "index", "idx", "key", "pk", "no", "nr", "num", "number",
    "nummer", "numero", "nro", "#", "sn", "sno", "seq", "seqn", "sequence", "serial", "rowid", "rownum",
    "rownumber", "ssn", "codigo", "clave", "folio", "indice", "identificador", "identificacion", "identifiant",
    "correlativo", "consecutivo", "secuencia", "cedula", "dni", "nif", "nie", "rut", "ruc", "nit", "curp", "rfc",
    "cuit", "cuil", "cpf", "cnpj", "matricula", "matricule", "matricola", "expediente", "legajo",
)  # fmt: skip
_WHOLE_NAMES: Final = (
    "level", "row", "rows", "record", "case", "obs", "observation", "line", "entry", "fila", "renglon", "registro",
    "caso", "ligne", "zeile", "linha", "riga",
)  # fmt: skip
_FIRST_WORDS: Final = (
    "num", "numero", "no", "nro", "nr", "cod", "codigo", "code", "codice", "clave", "folio", "identificador",
    "identifiant", "matricula",
)  # fmt: skip
_LINKS: Final = ("de", "del", "da", "do", "di", "du")
_THINGS: Final = (
    "account|accession|acct|applicant|booking|case|client|contract|cust|customer|device|document|employee|emp|event|"
    "host|house|household|image|invoice|item|loan|member|message|object|observation|obs|order|passenger|patient|person|"
    "policy|post|product|property|record|respondent|row|rec|sample|seller|session|store|student|subject|ticket|trans|"
    "transaction|trip|tweet|txn|user|vehicle|visit"
)
_ELSEWHERE: Final = (
    "alumno|articulo|asegurado|boleta|caso|cliente|client|commande|compra|contrat|contrato|credito|cuenta|documento|"
    "dossier|empleado|encuesta|envio|estudiante|expediente|facture|factura|hogar|kunde|muestra|orden|paciente|"
    "pedido|persona|poliza|prestamo|producto|proveedor|registro|reserva|sesion|siniestro|socio|solicitud|sucursal|"
    "tienda|trabajador|transaccion|usuario|vehiculo|venta|vivienda"
)
_RUN_TOGETHER: Final = re.compile(rf"({_THINGS})s?(id|no|nr|num|number|key|idx|index)|\w+nummer|\w{{4,}}nr")
_THING: Final = re.compile(f"{_THINGS}|{_ELSEWHERE}")  # one of them: "num_orders" counts, "num_order" names


@dataclass(frozen=True, slots=True)
class Identity:
    """What a column of numbers probably is beside numbers.

    Attributes
    ----------
    reason : why
    applied : that it is left out for that; None if it is only told
    """

    reason: Finding
    applied: Applied | None = None


def identity_of(table: TextTable, column: ExaminedColumn, cells: Cells, *, kind: str) -> Identity | None:
    """Return what is to be said of a column that numbers or names the rows, or may do so; None of any other.

    Parameters
    ----------
    cells : of the training rows
    kind : what the cells alone make of it
    """
    if kind in ("number", "category") and column.name in table.index_names:
        return _index(column, cells, kind)
    if kind != "number" or not _are_whole(column.numbers.values):
        return None
    if names_rows(column.name, is_first=column.name == table.names[0]):
        return _named(column, cells)
    return _by_numbers(column, cells, table.rows_per_file)


def names_rows(name: str, *, is_first: bool) -> bool:
    """Return True if a column is called what people and programs call numbers of rows, orders, customers and the like.

    Parameters
    ----------
    is_first : it is the first column of the table

    Examples
    --------
    >>> [names_rows(name, is_first=False) for name in ("CUSTOMER_ID", "Order No", "orderno", "level_0", "paid")]
    [True, True, True, True, False]
    >>> [names_rows(name, is_first=False) for name in ("Nº", "código del cliente", "num_pedido", "num_pedidos")]
    [True, True, True, False]
    """
    if is_first and _R_FIRST_COLUMN.fullmatch(name):
        return True
    if _is_written_by_programs(name):
        return True
    words = [word.lower() for word in _WORD.findall(without_accents(_NUMBER_SIGN.sub("No ", name)))]
    if not words:
        return False
    whole = "".join(words)
    by_words = words[-1] in _LAST_WORDS or words[0] == "id" or whole in _WHOLE_NAMES
    return by_words or _numbers_things(words) or _RUN_TOGETHER.fullmatch(whole) is not None


def _numbers_things(words: Sequence[str]) -> bool:
    """Return True for a number or code of one thing, as it is said in Spanish and its relatives: código del cliente."""
    first, *rest = (word for word in words if word not in _LINKS)
    return first in _FIRST_WORDS and _THING.fullmatch("".join(rest)) is not None


def _is_written_by_programs(name: str) -> bool:
    """Return True if a name is one that programs write; with a number behind it if a table had the name already."""
    lower = normalize("NFKC", name).strip().lower()
    return _WRITTEN_BY_PROGRAMS.fullmatch(lower) is not None


def _index(column: ExaminedColumn, cells: Cells, kind: str) -> Identity:
    """Return what the index of a pandas frame is, which Parquet files name: numbers of rows, or names of them."""
    if not _is_written_by_programs(column.name) and cells.n_texts < cells.n_present:
        return Identity(_note("column-index-repeated"))
    return _left_out(column, _note("column-index-of-numbers") if kind == "number" else _note("column-index-of-texts"))


def _named(column: ExaminedColumn, cells: Cells) -> Identity | None:
    if _is_written_by_programs(column.name):
        return _left_out(column, _note("column-written-by-program"))
    if cells.n_texts < _FEWEST_NAMED * cells.n_present:
        return None
    if cells.n_texts < _NEARLY_ALL * cells.n_present:
        return Identity(_note("column-named-repeated", n_values=cells.n_present))
    n_different = cells.n_texts if cells.n_texts < cells.n_present else None
    return _left_out(column, _note("column-different-numbers", n_values=cells.n_present, n_different=n_different))


def _by_numbers(column: ExaminedColumn, cells: Cells, rows_per_file: Sequence[int]) -> Identity | None:
    if cells.n_present < ENOUGH_ROWS or cells.n_texts < cells.n_present:
        return None
    found = _numbering(column, rows_per_file)
    if found is None:
        return Identity(_note("column-all-different", n_values=cells.n_present))
    return _left_out(column, _note("column-numbers-rows", first=found[0], last=found[1]))


def _numbering(column: ExaminedColumn, rows_per_file: Sequence[int]) -> tuple[int, int] | None:
    """Return the first and the last of the consecutive numbers that the rows of the table, or of each file, have."""
    whole = _whole_numbers(column)
    if whole is None:
        return None
    ends = int(whole.min()), int(whole.max())
    if _is_permutation(whole) or all(map(_is_permutation, np.split(whole, np.cumsum(rows_per_file)[:-1]))):
        return ends
    return None


def _is_permutation(whole: NDArray[np.int64]) -> bool:
    """Return True if consecutive numbers occur once each, in any order."""
    first = int(whole.min())
    if int(whole.max()) - first != len(whole) - 1:
        return False
    is_there = np.zeros(len(whole), dtype=bool)
    is_there[whole - first] = True
    return bool(is_there.all())


def _whole_numbers(column: ExaminedColumn) -> NDArray[np.int64] | None:
    """Return the numbers of all rows, or None if one of them is missing or does not fit."""
    values = column.numbers.values
    if not np.isfinite(values).all():
        return None
    if np.abs(values).max() < _EXACT:
        return values.astype(np.int64)
    return _integers(column.column)


def _integers(column: Column) -> NDArray[np.int64] | None:
    """Return whole numbers that float64 cannot tell apart, or None if they do not fit into 64 bits."""
    import pyarrow as pa

    from optbench.datasets.arrow_arrays import numpy_of

    try:
        return np.concatenate([numpy_of(texts.cast(pa.int64())) for texts in column.texts()])
    except (pa.ArrowInvalid, ValueError):
        return None


def _are_whole(values: NDArray[np.float64]) -> bool:
    """Return True if all numbers that are there are whole, judged by the first ones before the others."""
    parts = (values[:_LOOKED_AT], values)
    return all(bool((np.isnan(part) | (np.floor(part) == part)).all()) for part in parts)


def _left_out(column: ExaminedColumn, reason: Finding) -> Identity:
    return Identity(reason, Applied(RULE, column.name, reason.code.removeprefix("column-")))


def _note(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)
