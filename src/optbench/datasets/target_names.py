"""What columns of a table are likely to be, by what they are called: the target, or whom a row is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from optbench.datasets.column_names import without_accents

if TYPE_CHECKING:
    from collections.abc import Sequence

# Words are compared without accents, and those of other languages are Spanish.
_SAID: Final = (
    "target", "y", "label", "labels", "outcome", "response", "ground truth", "dependent variable", "objetivo",
    "etiqueta", "respuesta", "variable objetivo", "variable dependiente",
)  # fmt: skip
_OUTCOMES: Final = (
    "churn", "churned", "survived", "diagnosis", "exited", "attrition", "fraud", "default", "deposit", "subscribed",
    "stroke", "heart disease", "cardio", "readmitted", "loan status", "credit risk", "approved", "converted",
    "purchased", "clicked", "species", "variety", "sentiment", "spam", "abandono", "baja", "fuga", "sobrevivio",
    "diagnostico", "fraude", "impago", "incumplimiento", "especie", "sentimiento",
)  # fmt: skip
_MADE_FOR: Final = (
    "income", "sale price", "median house value", "medv", "price", "mpg", "quality", "charges", "rings", "cover type",
    "precio", "precio venta", "calidad",
)  # fmt: skip
_OFTEN: Final = ("class", "classes", "category", "status", "result", "clase", "categoria", "resultado")
_WHOLE: Final = {
    word: group for group, words in ((0, _SAID), (1, _OUTCOMES), (4, _MADE_FOR), (5, _OFTEN)) for word in words
}
_PARTS: Final = {tuple(word.split()): group for group, words in ((2, _SAID), (3, _OUTCOMES)) for word in words}
_IDENTIFIERS: Final = frozenset({"id", "uid", "uuid", "guid", "key", "number", "no", "nr", "codigo", "numero", "num"})
_SOMEBODY: Final = frozenset(
    {
        "customer", "client", "patient", "user", "subject", "person", "student", "employee", "session", "device",
        "household", "account", "member", "player", "visitor", "participant", "family", "animal", "machine",
        "cliente", "paciente", "usuario", "persona", "alumno", "estudiante", "empleado", "sesion", "hogar", "cuenta",
        "socio", "visitante", "participante", "familia", "maquina",
    }
)  # fmt: skip
_MOST_WORDS: Final = 4  # more are a sentence
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


def likely_targets(names: Sequence[str]) -> list[list[str]]:
    """Return the columns that are called as targets are: the likeliest first, equally likely ones together.

    A name counts in any case and spelling (`LoanStatus`, `loan_status`); one that says what it is, also with a word
    before or behind it (`isFraud`, `Churn Label`). Of equally likely ones the last column stands first.

    Examples
    --------
    >>> likely_targets(["default", "id", "deposit", "class"])
    [['deposit', 'default'], ['class']]
    >>> likely_targets(["x", "y", "z", "price"]), likely_targets(["Churn Value", "x"]), likely_targets(["a"])
    ([['price']], [['Churn Value']], [])
    >>> likely_targets(["Diagnóstico", "edad", "clase"])
    [['Diagnóstico'], ['clase']]
    """
    words_of = {name: tuple(word.lower() for word in _WORD.findall(without_accents(name))) for name in names}
    has_axes = ("z",) in words_of.values()
    groups: dict[int, list[str]] = {}
    for name, words in reversed(words_of.items()):
        whole = " ".join(words)
        if whole == "y" and has_axes:
            continue
        ends = [(_PARTS.get(words[:n]), _PARTS.get(words[-n:])) for n in range(1, len(words))]
        parts = [group for pair in ends for group in pair if group is not None] if len(words) <= _MOST_WORDS else []
        group = _WHOLE.get(whole, min(parts, default=-1))
        if group >= 0:
            groups.setdefault(group, []).append(name)
    return [groups[group] for group in sorted(groups)]


def names_somebody(name: str) -> bool:
    """Return True if a column is called as one that names customers, patients and the like.

    Examples
    --------
    >>> [names_somebody(name) for name in ("customerID", "patient", "user_key", "sessions", "age", "id")]
    [True, True, True, True, False, True]
    >>> names_somebody("código del cliente"), names_somebody("precio")
    (True, False)
    """
    words = [word.lower() for word in _WORD.findall(without_accents(name))]
    left = [word for word in words if word not in _IDENTIFIERS]
    return len(left) < len(words) or bool(left and left[-1].removesuffix("s") in _SOMEBODY)
