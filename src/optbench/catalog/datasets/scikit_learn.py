"""Data that comes with scikit-learn: nothing is downloaded."""

from __future__ import annotations

from optbench.catalog.dataset import DatasetEntry, Family

FAMILY = Family(
    order=10,
    entries=(
        DatasetEntry(
            name="breast_cancer",
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
                "positive_is_class_0",
                "columns_depend",
            ),
        ),
        DatasetEntry(
            name="iris",
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
            form="sklearn_images",
            rows=1797,
            shape=(8, 8, 1),
            classes=10,
            official_test=False,
            licence="CC BY 4.0",
            citation="Alpaydin, Kaynak (1998): Optical Recognition of Handwritten Digits. UCI. doi 10.24432/C50P49",
            pitfalls=("test_part_alone",),
        ),
        DatasetEntry(
            name="diabetes",
            form="sklearn_table",
            rows=442,
            shape=(10,),
            classes=0,
            official_test=False,
            licence="public domain; distributed with scikit-learn (BSD-3-Clause)",
            citation="Efron, Hastie, Johnstone, Tibshirani (2004): Least Angle Regression. Annals of Statistics 32(2)",
            pitfalls=("scaled_over_all_rows",),
        ),
    ),
)
