"""Words that programs and people write where there is no value."""

from __future__ import annotations

from typing import Final
from unicodedata import category, normalize

from optbench.datasets.column_names import without_accents

_OF_PROGRAMS: Final = frozenset(
    {
        "nan", "-nan", "+nan", "none", "null", "nil", "na", "n/a", "n.a.", "n.a", "#n/a", "#na", "#n/a n/a", "<na>",
        "(null)", "[null]", "<null>", "#null!", "\\n", "nat", "-", "--", "---", "?", "??", ".", "..", "...", "_",
        "\N{EN DASH}", "\N{EM DASH}", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#error!", "-1.#ind", "1.#qnan",
        "-1.#qnan", "1.#ind", "#n/d", "#\u00a1div/0!", "#\u00a1valor!", "#\u00a1ref!", "#\u00bfnombre?", "#\u00a1num!",
    }
)  # fmt: skip
"""Of pandas, R, SQL and spreadsheets, also those that speak Spanish."""
_OF_PEOPLE: Final = frozenset(
    {
        "unknown", "unk", "missing", "undefined", "not available", "not applicable", "no value", "no data",
        "unspecified", "not specified", "not recorded", "(empty)", "(blank)",
        "n/d", "n.d.", "n. d.", "s/d", "s.d.", "sin dato", "sin datos", "sin informacion", "sin especificar",
        "desconocido", "desconocida", "no disponible", "no aplica", "no aplicable", "no informado", "no informada",
        "no especificado", "no especificada", "no sabe", "ns/nc", "no sabe/no contesta", "(vacio)", "(en blanco)",
        "desconhecido", "desconhecida", "nao informado", "nao informada", "nao disponivel", "nao se aplica",
        "sem dados", "sem informacao", "(vazio)",
        "inconnu", "inconnue", "non disponible", "non renseigne", "non renseignee", "manquant", "(vide)",
        "k.a.", "k. a.", "unbekannt", "keine angabe", "nicht verfugbar", "(leer)",
        "sconosciuto", "sconosciuta", "non disponibile", "mancante", "(vuoto)",
    }
)  # fmt: skip
"""In English, Spanish, Portuguese, French, German and Italian, without accents. None of them is a code of a place, as
ND is, a degree, as `ninguno` beside `leve` is, or an outcome, as `no contesta` and `vacío` are."""


def reads_like_no_value(text: str) -> bool:
    r"""Return True if a text is a word for "no value", in any case, or there is nothing in it that can be seen.

    Examples
    --------
    >>> [reads_like_no_value(text) for text in ("NaN", "(vac\u00edo)", "S/D", "\u200b", "ninguno", "ND")]
    [True, True, True, True, False, False]
    """
    word = normalize("NFKC", text).strip().lower()
    return word in _OF_PROGRAMS or without_accents(word) in _OF_PEOPLE or not _can_be_seen(word)


def _can_be_seen(text: str) -> bool:
    return any(not one.isspace() and category(one) not in ("Cf", "Cc") for one in text)
