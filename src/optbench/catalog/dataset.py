"""What a data set with a name is: one record with all that schema, listings, downloads and readers derive from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from optbench.catalog.tasks import CLASSIFICATION, REGRESSION

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_MISSING: Final = ("", "?", "NA")
Form = Literal["sklearn_table", "sklearn_images", "table", "idx", "npz", "cifar", "token_lists"]

KERAS_FILES: Final = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
"""Where Keras keeps the data sets that it downloads itself."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a downloaded data set.

    Attributes
    ----------
    name : path below the data directory, with `/`
    size_bytes : size of the file that the first address gives
    sha256 : accepted digests, each with the name of the copy it identifies; the first is what the addresses give
    urls : addresses, tried in order
    """

    name: str
    size_bytes: int
    sha256: Mapping[str, str]
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableEntry:
    """How a named table is read: what a user's own table says in its experiment file."""

    target: str
    separator: str = ","
    missing: tuple[str, ...] = DEFAULT_MISSING
    drop: tuple[str, ...] = ()
    features: Mapping[str, Literal["number", "category"]] | None = None


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One named data set.

    Attributes
    ----------
    name : as `optbench list datasets` shows it, beside the words `about-data-NAME` of the catalogue
    form : how it is read; `optbench.datasets.forms` has a reader for each
    rows : examples, test set included
    shape : shape of one example as read: (columns,) of features for a table, (height, width, channels) for images
    classes : number of classes; 0 if a number is predicted
    official_test : True if its authors named a test set, which is then kept
    licence, citation : what a publication has to say
    files : () for data that comes with scikit-learn; of a table the training rows, then, if they have a file of their
        own, the test rows
    table : set if `form` is `table`
    labels : names of the classes, if the files hold numbers only
    positive_class : class that ROC and recall speak of, for two classes; the last in order if None
    pitfalls : what people should know who read scores on it, by the ends of codes of words (`about-pitfall-END`)
    is_public : anybody can have its rows, so that a page may show some of them
    """

    name: str
    form: Form
    rows: int
    shape: tuple[int, ...]
    classes: int
    official_test: bool
    licence: str
    citation: str
    files: tuple[DataFile, ...] = ()
    table: TableEntry | None = None
    labels: tuple[str, ...] = ()
    positive_class: str | None = None
    pitfalls: tuple[str, ...] = ()
    is_public: bool = True

    @property
    def task(self) -> str:
        """What it is for: a number is predicted where there are no classes."""
        return CLASSIFICATION if self.classes else REGRESSION

    @property
    def is_embedded(self) -> bool:
        """True if it comes with scikit-learn and needs no download."""
        return not self.files

    @property
    def has_tokens(self) -> bool:
        """True if its examples are texts, which `dataset.text` makes token sequences of."""
        return self.form == "token_lists"


@dataclass(frozen=True, slots=True)
class Family:
    """Data sets that are alike: what one file of the catalogue describes.

    Attributes
    ----------
    order : place in listings and in the schema, by rising number
    entries : in the order of listings
    """

    order: int
    entries: tuple[DatasetEntry, ...]
