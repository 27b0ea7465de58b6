"""The data sets that have a name: what they are, whom to cite, and where their bytes come from."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from optbench.catalog.tasks import CLASSIFICATION, REGRESSION

if TYPE_CHECKING:
    from collections.abc import Mapping


DEFAULT_MISSING = ("", "?", "NA")
Form = Literal["sklearn_table", "sklearn_images", "table", "idx", "npz", "cifar", "token_lists"]

_KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_ZALANDO_FILES = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_TELCO_FILE = (
    "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/"
    "d5371f5d83a446ad5673cbcca3b814b926491f8a/data/Telco-Customer-Churn.csv"
)


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
    positive_class: str | None = None
    separator: str = ","
    missing: tuple[str, ...] = DEFAULT_MISSING


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One named data set.

    Attributes
    ----------
    name, description : as `optbench list datasets` shows them
    form : how it is read
    rows : examples, test set included
    shape : shape of one example as read: (columns,) of features for a table, (height, width, channels) for images
    classes : number of classes; 0 for regression
    official_test : True if its authors named a test set, which is then kept
    licence, citation : what a publication has to say
    files : () for data that comes with scikit-learn
    table : set if `form` is `table`
    labels : names of the classes, if the files hold numbers only
    positive_class : class that ROC and recall speak of, for two classes
    """

    name: str
    description: str
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

    @property
    def task(self) -> str:
        """What it is for: a number is predicted where there are no classes."""
        return CLASSIFICATION if self.classes else REGRESSION

    @property
    def is_embedded(self) -> bool:
        """True if it comes with scikit-learn and needs no download."""
        return not self.files


def _fashion_file(stem: str, size_bytes: int, sha256: str) -> DataFile:
    name = f"{stem}-ubyte.gz"
    return DataFile(
        name=f"fashion_mnist/{name}",
        size_bytes=size_bytes,
        sha256={sha256: "original"},
        urls=(_KERAS_FILES + name, _ZALANDO_FILES + name),
    )


_EMBEDDED = (
    DatasetEntry(
        name="breast_cancer",
        description="Tumours described by 30 numbers from images of cells: malignant or benign",
        form="sklearn_table",
        rows=569,
        shape=(30,),
        classes=2,
        official_test=False,
        licence="CC BY 4.0",
        citation="Wolberg, Mangasarian, Street, Street (1993): Breast Cancer Wisconsin (Diagnostic). UCI. "
        "doi 10.24432/C5DW2B",
        positive_class="malignant",
    ),
    DatasetEntry(
        name="iris",
        description="Flowers described by 4 lengths: three species of iris",
        form="sklearn_table",
        rows=150,
        shape=(4,),
        classes=3,
        official_test=False,
        licence="CC BY 4.0",
        citation="Fisher (1936): The use of multiple measurements in taxonomic problems. Annals of Eugenics 7(2)",
    ),
    DatasetEntry(
        name="wine",
        description="Wines described by 13 chemical measurements: three growers",
        form="sklearn_table",
        rows=178,
        shape=(13,),
        classes=3,
        official_test=False,
        licence="CC BY 4.0",
        citation="Aeberhard, Forina (1992): Wine. UCI. doi 10.24432/C5PC7J",
    ),
    DatasetEntry(
        name="digits",
        description="Handwritten digits, 8 x 8 pixels: 0 to 9 (the test part of the original collection)",
        form="sklearn_images",
        rows=1797,
        shape=(8, 8, 1),
        classes=10,
        official_test=False,
        licence="CC BY 4.0",
        citation="Alpaydin, Kaynak (1998): Optical Recognition of Handwritten Digits. UCI. doi 10.24432/C50P49",
    ),
    DatasetEntry(
        name="diabetes",
        description="Diabetes patients described by 10 numbers: progression of the disease after a year (25 to 346)",
        form="sklearn_table",
        rows=442,
        shape=(10,),
        classes=0,
        official_test=False,
        licence="public domain; distributed with scikit-learn (BSD-3-Clause)",
        citation="Efron, Hastie, Johnstone, Tibshirani (2004): Least Angle Regression. Annals of Statistics 32(2)",
    ),
)

_DOWNLOADED = (
    DatasetEntry(
        name="telco_churn",
        description="Customers of a telephone company, 19 columns of contract and use: who left (Churn)",
        form="table",
        rows=7043,
        shape=(19,),
        classes=2,
        official_test=False,
        licence="IBM sample data; repository licence Apache-2.0, no separate data licence stated",
        citation="IBM: Telco Customer Churn, github.com/IBM/telco-customer-churn-on-icp4d",
        files=(
            DataFile(
                name="telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv",
                size_bytes=970_457,
                sha256={
                    "16320c9c1ec72448db59aa0a26a0b95401046bef5d02fd3aeb906448e3055e91": "LF line ends",
                    "88be4b93fbe0cc83421af1c503794c97c342eca914c1576db7c276e61d61358a": "CRLF line ends",
                },
                urls=(_TELCO_FILE,),
            ),
        ),
        table=TableEntry(target="Churn", positive_class="Yes"),
        positive_class="Yes",
    ),
    DatasetEntry(
        name="fashion_mnist",
        description="Photographs of clothes, 28 x 28 pixels: ten kinds",
        form="idx",
        rows=70_000,
        shape=(28, 28, 1),
        classes=10,
        official_test=True,
        licence="MIT, (c) 2017 Zalando SE",
        citation="Xiao, Rasul, Vollgraf (2017): Fashion-MNIST. arXiv 1708.07747",
        files=(
            _fashion_file(
                "train-images-idx3",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            _fashion_file(
                "train-labels-idx1",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            _fashion_file(
                "t10k-images-idx3",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            _fashion_file(
                "t10k-labels-idx1",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        labels=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    DatasetEntry(
        name="mnist",
        description="Handwritten digits, 28 x 28 pixels: 0 to 9",
        form="npz",
        rows=70_000,
        shape=(28, 28, 1),
        classes=10,
        official_test=True,
        licence="CC BY-SA 3.0, (c) Yann LeCun and Corinna Cortes",
        citation="LeCun, Bottou, Bengio, Haffner (1998): Gradient-based learning applied to document recognition. "
        "Proceedings of the IEEE 86(11)",
        files=(
            DataFile(
                name="mnist/mnist.npz",
                size_bytes=11_490_434,
                sha256={"731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1": "original"},
                urls=(_KERAS_FILES + "mnist.npz",),
            ),
        ),
    ),
    DatasetEntry(
        name="cifar10",
        description="Photographs, 32 x 32 pixels in colour: ten kinds of things and animals",
        form="cifar",
        rows=60_000,
        shape=(32, 32, 3),
        classes=10,
        official_test=True,
        licence="none stated",
        citation="Krizhevsky (2009): Learning Multiple Layers of Features from Tiny Images. University of Toronto",
        files=(
            # the binary form, not the pickles that Keras reads: same images, and nothing in it can run
            DataFile(
                name="cifar10/cifar-10-binary.tar.gz",
                size_bytes=170_052_171,
                sha256={"c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd": "original"},
                urls=("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
            ),
        ),
        labels=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
    DatasetEntry(
        name="imdb",
        description="Film reviews as sequences of word numbers: negative or positive",
        form="token_lists",
        rows=50_000,
        shape=(200,),
        classes=2,
        official_test=True,
        licence="none stated",
        citation="Maas, Daly, Pham, Huang, Ng, Potts (2011): Learning Word Vectors for Sentiment Analysis. ACL",
        files=(
            DataFile(
                name="imdb/imdb.npz",
                size_bytes=17_464_789,
                sha256={"69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f": "original"},
                urls=(_KERAS_FILES + "imdb.npz",),
            ),
        ),
        labels=("negative", "positive"),
        positive_class="positive",
    ),
    DatasetEntry(
        name="reuters",
        description="News as sequences of word numbers: 46 topics, some of them rare",
        form="token_lists",
        rows=11_228,
        shape=(200,),
        classes=46,
        official_test=False,
        licence="(c) Reuters, for research",
        citation="Lewis (1997): Reuters-21578, Distribution 1.0",
        files=(
            DataFile(
                name="reuters/reuters.npz",
                size_bytes=2_110_848,
                sha256={"d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916": "original"},
                urls=(_KERAS_FILES + "reuters.npz",),
            ),
        ),
    ),
)

DATASETS: Mapping[str, DatasetEntry] = MappingProxyType({e.name: e for e in (*_EMBEDDED, *_DOWNLOADED)})
