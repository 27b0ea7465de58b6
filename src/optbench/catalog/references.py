"""What a publication names: optbench, the libraries that runs were made with, and data sets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from optbench.catalog.datasets import DATASETS

_CITATION: Final = re.compile(
    r"(?P<authors>[^():]+?)(?: \((?P<year>\d{4})\))?: (?P<title>.+?)(?:(?:\. |, )(?P<where>.+))?"
)
_DOI: Final = re.compile(r"(?:^|\W)doi (?P<doi>10\.\S+)$")


@dataclass(frozen=True, slots=True)
class Reference:
    """A work to cite.

    Attributes
    ----------
    key : of its BibTeX entry
    kind : of its BibTeX entry
    authors : names as the work has them; a group's name is one of them
    title : of the work
    year : None where none is given
    where : journal, proceedings or publisher
    version : of software
    doi, url : where it is found
    is_group : the authors are one body, whose name has no parts
    """

    key: str
    kind: str
    authors: tuple[str, ...]
    title: str
    year: str | None = None
    where: str = ""
    version: str = ""
    doi: str = ""
    url: str = ""
    is_group: bool = False


OPTBENCH: Final = Reference(
    "optbench",
    "software",
    ("The optbench developers",),
    "optbench: Which Keras optimizer should I use on my problem, by how much is it better, and how sure can I be?",
    is_group=True,
)
LIBRARIES: Final = {
    "keras": Reference("keras", "misc", ("Chollet, François", "others"), "Keras", "2015", url="https://keras.io"),
    "tensorflow": Reference(
        "tensorflow",
        "inproceedings",
        (
            *("Abadi, Martín", "Barham, Paul", "Chen, Jianmin", "Chen, Zhifeng", "Davis, Andy", "Dean, Jeffrey"),
            *("Devin, Matthieu", "Ghemawat, Sanjay", "Irving, Geoffrey", "Isard, Michael", "others"),
        ),
        "TensorFlow: A System for Large-Scale Machine Learning",
        "2016",
        "12th USENIX Symposium on Operating Systems Design and Implementation (OSDI 16), pages 265-283",
    ),
    "scikit-learn": Reference(
        "scikit-learn",
        "article",
        (
            *("Pedregosa, Fabian", "Varoquaux, Gaël", "Gramfort, Alexandre", "Michel, Vincent", "Thirion, Bertrand"),
            *("Grisel, Olivier", "Blondel, Mathieu", "Prettenhofer, Peter", "Weiss, Ron", "Dubourg, Vincent", "others"),
        ),
        "Scikit-learn: Machine Learning in Python",
        "2011",
        "Journal of Machine Learning Research 12, pages 2825-2830",
    ),
}
"""By the name that a run records its version under."""


OPENML: Final = Reference(
    "openml",
    "article",
    ("Vanschoren, Joaquin", "van Rijn, Jan N.", "Bischl, Bernd", "Torgo, Luis"),
    "OpenML: Networked Science in Machine Learning",
    "2013",
    "SIGKDD Explorations 15(2), pages 49-60",
    doi="10.1145/2641190.2641198",
)
"""Where data sets called `openml:NUMBER` are from."""


def data_reference(name: str) -> Reference | None:
    """Return the reference of a data set with a name, as the catalogue has it; None for a user's own data.

    Examples
    --------
    >>> data_reference("iris").title
    'The use of multiple measurements in taxonomic problems'
    """
    if name.startswith("openml:"):
        return OPENML
    entry = DATASETS.get(name)
    if entry is None:
        return None
    told = _CITATION.fullmatch(entry.citation)
    if told is None:
        return Reference(f"data-{name}", "misc", (), entry.citation)
    where = told["where"] or ""
    doi = _DOI.search(where)
    if doi:
        where = where[: doi.start()].rstrip(". ")
    address = where if where.startswith("github.com/") else ""
    return Reference(
        f"data-{name}",
        "misc",
        tuple(told["authors"].split(", ")),
        told["title"],
        told["year"],
        "" if address else where,
        doi=doi["doi"] if doi else "",
        url=f"https://{address}" if address else "",
    )
