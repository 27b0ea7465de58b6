"""A table like the Adult data set: blanks before cells, ` ?` for no value, a positive class that is the rarer one."""

from __future__ import annotations

import numpy as np

HEADER = (
    "age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,capital-gain,"
    "capital-loss,hours-per-week,native-country,income"
)
_WORKCLASSES = ("Private", "Self-emp-not-inc", "Local-gov", "State-gov", "Federal-gov", "Without-pay")
_EDUCATIONS = ("10th", "11th", "HS-grad", "Some-college", "Assoc-voc", "Bachelors", "Masters", "Doctorate")
_MARITAL = ("Married-civ-spouse", "Never-married", "Divorced", "Separated", "Widowed")
_OCCUPATIONS = ("Prof-specialty", "Craft-repair", "Exec-managerial", "Adm-clerical", "Sales", "Other-service")
_COUNTRIES = ("United-States", "Mexico", "Philippines", "Germany", "Canada", "India")


def adult_like(n_rows: int, *, seed: int = 0, stop: str = "") -> str:
    """Return a table as CSV text.

    Parameters
    ----------
    stop : behind each label, as the test file of the original has it
    """
    rng = np.random.default_rng(seed)
    level = rng.integers(len(_EDUCATIONS), size=n_rows)
    age = rng.integers(17, 91, size=n_rows)
    hours = np.clip(np.round(rng.normal(40, 12, size=n_rows)), 1, 99).astype(int)
    is_married = rng.random(n_rows) < 0.45
    has_gain = rng.random(n_rows) < 0.08
    gain = np.where(has_gain, rng.choice([2174, 7688, 15024, 99999], size=n_rows, p=[0.5, 0.3, 0.15, 0.05]), 0)
    score = 0.55 * level + 0.03 * (age - 40) + 0.04 * (hours - 40) + 1.8 * is_married + 2.0 * has_gain - 5.2
    is_rich = rng.random(n_rows) < 1 / (1 + np.exp(-score))

    def words(choices: tuple[str, ...], unknown: float = 0.0) -> list[str]:
        found = rng.choice(choices, size=n_rows, p=_falling(len(choices)))
        return np.where(rng.random(n_rows) < unknown, "?", found).tolist()

    columns = [
        age.tolist(),
        words(_WORKCLASSES, 0.056),
        rng.integers(12285, 400000, size=n_rows).tolist(),
        [_EDUCATIONS[each] for each in level.tolist()],
        (level + 6).tolist(),
        [_MARITAL[0] if married else word for married, word in zip(is_married, words(_MARITAL[1:]), strict=True)],
        words(_OCCUPATIONS, 0.057),
        ["Husband" if married else "Not-in-family" for married in is_married.tolist()],
        words(("White", "Black", "Other")),
        words(("Male", "Female")),
        gain.tolist(),
        np.where(rng.random(n_rows) < 0.05, 1902, 0).tolist(),
        hours.tolist(),
        words(_COUNTRIES, 0.018),
        [f"{'>50K' if rich else '<=50K'}{stop}" for rich in is_rich.tolist()],
    ]
    rows = (", ".join(map(str, row)) for row in zip(*columns, strict=True))
    return "\n".join([HEADER, *rows]) + "\n"


def _falling(n: int) -> list[float]:
    """Return shares of which each is half the one before it."""
    shares = [2.0**-number for number in range(n)]
    return [share / sum(shares) for share in shares]
