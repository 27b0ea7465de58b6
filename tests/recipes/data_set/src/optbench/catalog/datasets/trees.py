"""Tables of trees, made up for the recipe in CONTRIBUTING."""

from __future__ import annotations

from optbench.catalog.dataset import DataFile, DatasetEntry, Family, TableEntry

FAMILY = Family(
    order=50,
    entries=(
        DatasetEntry(
            name="trees",
            form="table",
            rows=120,
            shape=(3,),
            classes=3,
            official_test=False,
            licence="CC0",
            citation="Made up for optbench's tests",
            files=(
                DataFile(
                    name="trees/trees.csv",
                    size_bytes=2644,
                    sha256={"0f15e24f0abb1b23ac04e683905c93306c3d343a90f0f7673407391cb0496b4a": "original"},
                    urls=("https://example.org/trees.csv",),
                ),
            ),
            table=TableEntry(target="kind", drop=("tag",)),
            pitfalls=("blank_heights",),
        ),
    ),
)
