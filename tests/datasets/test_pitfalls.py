"""The pitfalls of real data, one test each, on the reference files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from optbench.config import load_experiment
from optbench.datasets import inspect_table, load_dataset
from optbench.errors import DataError
from optbench.words import dropped_rows, recorded_sentence, sentences

pytestmark = pytest.mark.data

TELCO_COLUMNS = 21


def noted(dataset, *words):
    return [note for note in sentences(dataset.notes) if all(word in note for word in words)]


def use_of(dataset, name):
    return next(column for column in dataset.facts["columns"] if column["name"] == name)


def labels_of(dataset, split):
    return [dataset.class_names[number] for number in dataset.splits[split].y]


def test_1_blanks_in_a_number_column(telco, telco_path):
    """TotalCharges with its 11 blanks is a number; the blanks are counted and become the training median."""
    import pandas as pd

    frame = pd.read_csv(telco_path)
    assert use_of(telco, "TotalCharges")["kind"] == "number"
    assert telco.feature_names.count("TotalCharges") == 1
    assert not [name for name in telco.feature_names if name.startswith("TotalCharges=")]
    charges = pd.to_numeric(frame["TotalCharges"], errors="coerce")
    assert charges.isna().sum() == 11
    fitted = telco.facts["preprocessing"]["TotalCharges"]
    assert fitted["missing"] == 11
    assert fitted["median"] == charges[telco.train.rows].median()
    assert noted(telco, "TotalCharges: 11 missing cells", "training median")


def test_2_missing_values_in_disguise(bank, bank_path):
    """Only the `missing` list means missing: "unknown" stays a category until the list names it."""
    import pandas as pd

    unknown = int((pd.read_csv(bank_path, sep=";")["job"] == "unknown").sum())
    assert unknown > 0
    assert "job=unknown" in bank.feature_names
    assert bank.facts["preprocessing"]["job"]["missing"] == 0
    assert use_of(bank, "pdays")["kind"] == "number"


def test_2_named_words_are_missing(bank_path, config):
    """A word that the `missing` list names is no category any more, and its cells are counted."""
    made = config("csv", path=bank_path.name, target="y", separator=";", missing=["", "unknown", "-1"])
    dataset = load_dataset(made, base=bank_path.parent, data_dir=Path("none"))
    assert "job=unknown" not in dataset.feature_names
    assert "job=(unknown)" in dataset.feature_names
    text = bank_path.read_text()
    assert dataset.facts["preprocessing"]["poutcome"]["missing"] == text.count('"unknown";"no"\n') + text.count(
        '"unknown";"yes"\n'
    )
    assert dataset.facts["preprocessing"]["pdays"]["missing"] == 3705


def test_2_rows_without_a_target_are_dropped_and_counted(telco_path, load_csv):
    """A blank in the target drops the row, with a count and the reason."""
    lines = telco_path.read_text().splitlines()
    emptied = [lines[0], *(line.rpartition(",")[0] + ",?" for line in lines[1:8]), *lines[8:]]
    dataset = load_csv("\n".join(emptied), target="Churn")
    assert dropped_rows(dataset.facts["rows_dropped"], "en") == [("no value in Churn", 7)]
    assert sum(len(part.y) for part in dataset.splits.values()) == 7043 - 7
    assert noted(dataset, "7 of 7043 rows have no value in 'Churn' and are dropped")
    assert min(part.rows.min() for part in dataset.splits.values()) == 7


def test_3_unique_identifiers(telco):
    """CustomerID is left out, with a message, and never becomes 7043 inputs."""
    assert use_of(telco, "customerID")["kind"] == "id"
    assert not [name for name in telco.feature_names if "customerID" in name]
    assert noted(telco, "customerID", "left out as an identifier", "features: {customerID: category} keeps it")
    assert "every one of its" in recorded_sentence(telco.facts["columns_left_out"]["customerID"])


def test_3_high_cardinality_is_limited(telco_path, load_csv):
    """Kept by the user's word, an identifier gets a limited number of inputs and a warning."""
    dataset = load_csv(telco_path.read_bytes(), target="Churn", features={"customerID": "category"})
    assert sum(name.startswith("customerID=") for name in dataset.feature_names) == 101
    assert noted(dataset, "customerID", "different texts are many")


def test_4_constant_columns(telco_path, load_csv):
    """A column of one value is left out and named; nothing is divided by a spread of zero."""
    lines = telco_path.read_text().splitlines()
    content = "\n".join([f"country,{lines[0]}", *(f"USA,{line}" for line in lines[1:])])
    dataset = load_csv(content, target="Churn")
    assert use_of(dataset, "country")["kind"] == "constant"
    assert noted(dataset, "country", "'USA'")
    assert np.isfinite(dataset.train.x).all()


def test_5_leakage_test_rows_teach_nothing(telco, telco_path, load_csv):
    """Whatever stands in the rows of the test split, the training arrays stay the same to the bit."""
    rng = np.random.default_rng(0)
    lines = telco_path.read_text().splitlines()
    for row in telco.test.rows.tolist():
        cells = lines[row + 1].split(",")
        cells[0] = "the same for all"
        cells[1] = rng.choice(["Male", "new gender", ""])
        cells[5] = str(rng.integers(10**6))
        cells[18] = rng.choice(["", "-5", "1e9"])
        lines[row + 1] = ",".join(cells)
    changed = load_csv("\n".join(lines), target="Churn", positive_class="Yes")
    assert changed.feature_names == telco.feature_names
    assert np.array_equal(changed.train.rows, telco.train.rows)
    assert np.array_equal(changed.train.x, telco.train.x)
    assert np.array_equal(changed.validation.x, telco.validation.x)
    assert not np.array_equal(changed.test.x, telco.test.x)
    assert changed.data_digest != telco.data_digest
    assert noted(changed, "gender", "category that training has not")


def test_5_repeated_rows_are_counted(telco, telco_path):
    """Rows with equal inputs are counted as pandas counts them, within the data and across the splits."""
    import pandas as pd

    frame = pd.read_csv(telco_path).drop(columns=["customerID", "Churn"])
    rows = frame.apply(tuple, axis=1)
    train = set(rows[telco.train.rows])
    assert telco.facts["duplicates"] == {
        "validation_in_train": int(rows[telco.validation.rows].isin(train).sum()),
        "test_in_train": int(rows[telco.test.rows].isin(train).sum()),
        "repeated_rows": int(rows.duplicated().sum()),
    }
    assert telco.facts["duplicates"]["test_in_train"] > 0
    assert noted(telco, "test rows have the same inputs as a training row")


def test_6_class_imbalance(bank):
    """Every split has the classes in the proportion of the data, and the majority rate is recorded."""
    shares = {name: counts["yes"] / sum(counts.values()) for name, counts in bank.facts["class_counts"].items()}
    assert all(abs(share - 521 / 4521) < 0.5 / 452 for share in shares.values()), shares
    assert bank.facts["majority"]["class"] == "no"
    assert bank.facts["majority"]["share"]["test"] == pytest.approx(1 - shares["test"])


def test_7_label_spelling(telco, bank_path, load_csv, tmp_path):
    """Blanks around labels and a full stop in the test file are the same label; the mapping is recorded."""
    assert telco.class_names == ("No", "Yes")
    assert telco.facts["labels"] == {"No": 0, "Yes": 1}
    assert telco.facts["positive_class"] == "Yes"
    lines = bank_path.read_text().splitlines()
    (tmp_path / "test.csv").write_text("\n".join([lines[0], *(line[:-1] + '."' for line in lines[3001:])]))
    spaced = [lines[0], *(line.replace('"yes"', '" yes "') for line in lines[1:3001])]
    dataset = load_csv("\n".join(spaced), separator=";", split={"test_path": "test.csv"})
    assert dataset.class_names == ("no", "yes")
    assert dataset.facts["labels"] == {"no": 0, "no.": 0, "yes": 1, "yes.": 1}
    expected = ["yes" if line.endswith('"yes"') else "no" for line in lines[3001:]]
    assert labels_of(dataset, "test") == expected
    assert noted(dataset, "'yes', 'yes.'", "one class")


def test_8_integer_codes_that_are_categories(telco, telco_path, load_csv):
    """SeniorCitizen is a number with a hint; the user's override makes it a category."""
    assert use_of(telco, "SeniorCitizen")["kind"] == "number"
    assert "codes? then set it to category" in recorded_sentence(use_of(telco, "SeniorCitizen")["reason"])
    dataset = load_csv(telco_path.read_bytes(), target="Churn", features={"SeniorCitizen": "category"})
    assert use_of(dataset, "SeniorCitizen") == {
        "name": "SeniorCitizen",
        "kind": "category",
        "reason": {"code": "column-stated", "severity": "note", "values": {"setting": "dataset.features"}},
        "used": True,
    }
    assert {"SeniorCitizen=1", "SeniorCitizen=(unknown)"} <= set(dataset.feature_names)


def test_9_file_form_does_not_matter(telco, telco_path, load_csv):
    """Line ends, a byte-order mark, quotes and another separator give the same data to the digest."""
    plain = telco_path.read_bytes()
    header = plain.split(b"\n")[0]
    quoted = plain.replace(header, b",".join(b'"%s"' % name for name in header.split(b",")), 1)
    for content in (plain.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + plain, quoted):
        dataset = load_csv(content, target="Churn")
        assert (dataset.data_digest, dataset.split_digest) == (telco.data_digest, telco.split_digest)
    dataset = load_csv(plain.replace(b",", b";"), target="Churn", separator=";")
    assert dataset.data_digest == telco.data_digest


def test_9_crlf_copy_of_telco_is_accepted_and_recorded(telco, telco_path, config, tmp_path):
    """The known copy with CRLF line ends is the same data; the run records which copy it read."""
    copy = tmp_path / "telco_churn" / telco_path.name
    copy.parent.mkdir()
    copy.write_bytes(telco_path.read_bytes().replace(b"\n", b"\r\n"))
    dataset = load_dataset(config("telco_churn"), base=tmp_path, data_dir=tmp_path)
    assert dataset.data_digest == telco.data_digest
    assert dataset.facts["files"][0]["copy"] == "CRLF line ends"
    assert telco.facts["files"][0]["copy"] == "LF line ends"


def test_9_wrong_separator_and_missing_header(bank_path, telco_path, load_csv):
    """Each wrong form is named with its remedy, and a missing column with those that were found."""
    with pytest.raises(DataError, match='set dataset.separator: ";"'):
        load_csv(bank_path.read_bytes())
    with pytest.raises(DataError, match="put a line with the column names on top|Put a header line on top"):
        load_csv(telco_path.read_bytes().split(b"\n", 1)[1], target="Churn")
    with pytest.raises(DataError, match=r"Did you mean 'Churn'\? The 21 columns found are: customerID, gender"):
        load_csv(telco_path.read_bytes(), target="Churned")


def test_10_loss_against_output_units(tmp_path):
    """`categorical_crossentropy` on one output unit trains nothing: for two classes it gets two units."""
    from optbench.config import output_units

    path = tmp_path / "class.yaml"
    path.write_text(
        "name: class\ndataset: {name: telco_churn}\nmodel: {name: mlp}\noptimizer: {name: adam}\n"
        "training: {loss: categorical_crossentropy}\n"
    )
    assert output_units(2, load_experiment(path).config.training.loss) == 2
    assert output_units(2, "binary_crossentropy") == 1


def test_11_validation_rows_are_apart_from_test_rows(telco):
    """What is chosen on validation is chosen without the test split: no row is in two splits."""
    rows = np.concatenate([part.rows for part in telco.splits.values()])
    assert np.array_equal(np.sort(rows), np.arange(7043))
    assert {name: len(part.y) for name, part in telco.splits.items()} == {
        "train": 4930,
        "validation": 704,
        "test": 1409,
    }


def test_12_record(telco, telco_path):
    """The record tells file, hash, rows, columns, classes per split and what was dropped, as plain JSON."""
    facts = json.loads(json.dumps(telco.facts, allow_nan=False))
    assert facts["files"] == [
        {
            "name": "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv",
            "sha256": "16320c9c1ec72448db59aa0a26a0b95401046bef5d02fd3aeb906448e3055e91",
            "bytes": 970_457,
            "copy": "LF line ends",
        }
    ]
    assert (facts["rows_read"], facts["columns_read"], facts["rows_dropped"]) == (7043, TELCO_COLUMNS, [])
    assert len(facts["columns_used"]) == 19
    totals = np.array([list(counts.values()) for counts in facts["class_counts"].values()]).sum(axis=0)
    assert totals.tolist() == [5174, 1869]
    assert str(telco_path.parent) not in json.dumps(facts)


def test_inspection_of_the_reference_tables(telco_path, bank_path):
    """Separator, target, classes and kinds of both files are found without a word from the user."""
    telco = inspect_table(telco_path)
    assert (telco.target, telco.storage.separator, telco.positive_class) == ("Churn", ",", "Yes")
    assert telco.class_counts == {"No": 5174, "Yes": 1869}
    assert {column.name: column.kind for column in telco.columns}["TotalCharges"] == "number"
    bank = inspect_table(bank_path)
    assert (bank.target, bank.storage.separator, bank.class_counts) == ("y", ";", {"no": 4000, "yes": 521})
    assert bank.features == {}
