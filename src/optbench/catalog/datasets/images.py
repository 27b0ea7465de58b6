"""Archives of images: idx files, npz, the binary form of CIFAR."""

from __future__ import annotations

from typing import Final

from optbench.catalog.dataset import KERAS_FILES, DataFile, DatasetEntry, Family

_ZALANDO_FILES: Final = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"


def _fashion_file(stem: str, size_bytes: int, sha256: str) -> DataFile:
    name = f"{stem}-ubyte.gz"
    return DataFile(
        name=f"fashion_mnist/{name}",
        size_bytes=size_bytes,
        sha256={sha256: "original"},
        urls=(KERAS_FILES + name, _ZALANDO_FILES + name),
    )


FAMILY = Family(
    order=30,
    entries=(
        DatasetEntry(
            name="fashion_mnist",
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
                    urls=(KERAS_FILES + "mnist.npz",),
                ),
            ),
        ),
        DatasetEntry(
            name="cifar10",
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
    ),
)
