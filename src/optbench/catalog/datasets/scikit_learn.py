"""Data that comes with scikit-learn: nothing is downloaded."""

from __future__ import annotations

from optbench.catalog.dataset import DatasetEntry, Family

FAMILY = Family(
    order=10,
    entries=(
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
            pitfalls=(
                "the positive class is the illness, which scikit-learn counts as class 0",
                "the columns are three statistics of the same ten measurements and depend on each other",
            ),
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
            pitfalls=("the test part of the original collection alone: scores are not those of papers on all of it",),
        ),
        DatasetEntry(
            name="diabetes",
            description="Diabetes patients described by 10 numbers: progression of the disease after a year "
            "(25 to 346)",
            form="sklearn_table",
            rows=442,
            shape=(10,),
            classes=0,
            official_test=False,
            licence="public domain; distributed with scikit-learn (BSD-3-Clause)",
            citation="Efron, Hastie, Johnstone, Tibshirani (2004): Least Angle Regression. Annals of Statistics 32(2)",
            pitfalls=("in scikit-learn the columns are scaled already, over all rows",),
        ),
    ),
)
