"""What a user would write instead: Telco churn, an MLP with Adam, 10 epochs, and the reports; one script, cold.

python bench/plain_keras.py OUTPUT_FOLDER
"""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import keras
import matplotlib as mpl
import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

mpl.use("Agg")
import matplotlib.pyplot as plt

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
data = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"), "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv")
table = pd.read_csv(data)
table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce")
y = (table["Churn"] == "Yes").to_numpy().astype("int32")
x = table.drop(columns=["customerID", "Churn"])
numbers = ["SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"]
prepare = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ("categories", OneHotEncoder(handle_unknown="ignore"), [c for c in x if c not in numbers]),
    ],
    sparse_threshold=0,
)
x_rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
x_train, x_val, y_train, y_val = train_test_split(x_rest, y_rest, test_size=0.125, stratify=y_rest, random_state=0)
x_train, x_val, x_test = (
    part.astype("float32")
    for part in (prepare.fit_transform(x_train), prepare.transform(x_val), prepare.transform(x_test))
)

keras.utils.set_random_seed(0)
model = keras.Sequential(
    [
        keras.Input(x_train.shape[1:]),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=10, batch_size=32, verbose=0)

scores = {"train": (y_train, model.predict(x_train, verbose=0)), "test": (y_test, model.predict(x_test, verbose=0))}
y_pred = (scores["test"][1][:, 0] > 0.5).astype(int)
(out / "report.txt").write_text(metrics.classification_report(y_test, y_pred))
np.savetxt(out / "confusion.csv", metrics.confusion_matrix(y_test, y_pred), fmt="%d")
metrics.ConfusionMatrixDisplay.from_predictions(y_test, y_pred)
plt.savefig(out / "confusion.png", dpi=140)
figure, axes = plt.subplots()
for name, (true, score) in scores.items():
    fpr, tpr, _ = metrics.roc_curve(true, score[:, 0])
    axes.plot(fpr, tpr, label=f"{name} {metrics.roc_auc_score(true, score[:, 0]):.3f}")
axes.legend()
figure.savefig(out / "roc.png", dpi=140)
figure, axes = plt.subplots(1, 2)
for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
    axis.plot(history.history[name])
    axis.plot(history.history[f"val_{name}"])
figure.savefig(out / "curves.png", dpi=140)
model.save(out / "model.keras")
