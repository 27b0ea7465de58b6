"""Telco churn as float32 arrays, by the lines a user would write; for the peers that are no optbench."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"]


def load() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return (x, y) of train, validation and test."""
    file = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"), "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv")
    table = pd.read_csv(file)
    table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce")
    y = (table["Churn"] == "Yes").to_numpy().astype("float32")
    x = table.drop(columns=["customerID", "Churn"])
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            ("categories", OneHotEncoder(handle_unknown="ignore"), [c for c in x if c not in NUMBERS]),
        ],
        sparse_threshold=0,
    )
    x_rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
    x_train, x_val, y_train, y_val = train_test_split(x_rest, y_rest, test_size=0.125, stratify=y_rest, random_state=0)
    prepare.fit(x_train)
    parts = ((x_train, y_train), (x_val, y_val), (x_test, y_test))
    return tuple((np.ascontiguousarray(prepare.transform(part), dtype="float32"), labels) for part, labels in parts)
