"""Tables that are downloaded, and read as a table of the user's own would be."""

from __future__ import annotations

from typing import Final

from optbench.catalog.dataset import DataFile, DatasetEntry, Family, TableEntry

_TELCO_FILE: Final = (
    "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/"
    "d5371f5d83a446ad5673cbcca3b814b926491f8a/data/Telco-Customer-Churn.csv"
)

FAMILY = Family(
    order=20,
    entries=(
        DatasetEntry(
            name="telco_churn",
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
            table=TableEntry(target="Churn"),
            positive_class="Yes",
            pitfalls=(
                "blank_charges",
                "id_column",
                "majority_stays",
                "rows_repeat",
                "split_matters",
            ),
        ),
    ),
)
