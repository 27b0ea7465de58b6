"""README and docs, carried out page by page: every command is executed, every file is written, all of Python runs."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from shown_blocks import READ_ONLY, ROOT, blocks_of, carry_out, documented_pages

ROWS, NEW = 300, 40
SPANISH = {"README.md": "README.es.md"}


def page_name(page):
    return str(page.relative_to(ROOT))


def is_carried_out(page):
    """Whether a page has something to execute; YAML alone is loaded by tests/config/test_shown_files.py."""
    return any(
        block.mark != "not carried out" and (block.commands or block.language == "python")
        for block in blocks_of(page.read_text())
    )


CARRIED_OUT = [page for page in documented_pages() if is_carried_out(page)]
IN_CI = {"docs/your-own-table.md", "docs/how-to/own-model.md"}


def customers():
    """Return the lines of a table: an identifier, a number, a category, a date, an amount, and who left."""
    random = np.random.default_rng(0)
    lines = ["customer,months,plan,since,charge,left"]
    for row in range(ROWS + NEW):
        months, plan = int(random.integers(1, 60)), "abc"[row % 3]
        left = "yes" if random.random() < (0.6 if months < 20 else 0.1) else "no"
        day = np.datetime64("2020-01-01") + 7 * row
        lines.append(f"c{row:04},{months},{plan},{day},{random.normal(50, 9):.2f},{left}")
    return lines


@pytest.fixture
def folder(tmp_path, request):
    """A folder as a reader has it: configs, `customers.csv` and its new rows, `my.csv`, the data, an environment."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    lines = customers()
    (tmp_path / "customers.csv").write_text("\n".join(lines[: ROWS + 1]) + "\n")
    mine = [line.replace("customer,", "customerID,").replace(",left", ",Churn") for line in lines[: ROWS + 1]]
    (tmp_path / "my.csv").write_text("\n".join(mine) + "\n")
    new = [line.rpartition(",")[0] for line in [lines[0], *lines[ROWS + 1 :]]]
    new[1] = new[1].replace(",c,", ",zzz,").replace(",a,", ",zzz,").replace(",b,", ",zzz,")
    (tmp_path / "new.csv").write_text("\n".join(new) + "\n")
    return tmp_path


@pytest.fixture
def bank(folder, data_dir):
    """The folder with the raw file of README and with new rows of it."""
    (folder / "data" / "bank_marketing").mkdir(parents=True)
    raw = shutil.copy(data_dir / "bank_marketing" / "bank.csv", folder / "data" / "bank_marketing")
    lines = Path(raw).read_text().splitlines()
    (folder / "new.csv").write_text("\n".join(line.rpartition(";")[0] for line in (lines[0], *lines[-5:])) + "\n")
    return folder


def pages():
    """Return the pages that are carried out; the Spanish README has the commands of the English one."""
    return [
        pytest.param(page, marks=[pytest.mark.ci] if page_name(page) in IN_CI else [], id=page_name(page))
        for page in CARRIED_OUT
        if page_name(page) not in SPANISH.values()
    ]


def variables(data_dir):
    return {"OPTBENCH_DATA_DIR": str(data_dir), "TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.mark.long
@pytest.mark.data
@pytest.mark.tensorflow
@pytest.mark.parametrize("page", pages())
def test_a_page_does_what_it_shows(page, folder, data_dir, request):
    """From top to bottom, in one folder, each command with exit code 0."""
    if page.name == "README.md":
        request.getfixturevalue("bank")
    said = carry_out(blocks_of(page.read_text()), folder, variables(data_dir))
    assert said
    check = CHECKS.get(page_name(page))
    if check:
        check(folder, said)


def week(folder, said):
    """What docs/your-own-table.md says of the answers."""
    answers = list(csv.DictReader((folder / "answers.csv").read_text().splitlines()))
    assert [row["customer"] for row in answers] == [f"c{row:04}" for row in range(ROWS, ROWS + NEW)]
    assert list(answers[0]) == ["customer", "prediction", "probability_no", "probability_yes"]
    told = json.loads(next(output for command, output in said.items() if command.endswith("--json")))
    assert (told["rows"], told["threshold"], told["metrics"]) == (NEW, 0.3, None)
    assert len(told["predictions"]) == NEW
    assert "predict-unseen" in {finding["code"] for finding in told["findings"]}
    printed = next(output for command, output in said.items() if command.endswith("--id customer"))
    assert printed.startswith('"customer","prediction"\n')


def readme(folder, said):
    """README: four commands from a raw file to answers, and a run that comes out again."""
    bank_commands = [command for command in said if "bank" in command]
    assert len(bank_commands) == 4
    answers = list(csv.DictReader((folder / "answers.csv").read_text().splitlines()))
    assert list(answers[0]) == ["row", "prediction", "probability_no", "probability_yes"]
    assert len(answers) == 5
    assert (folder / "telco.html").is_file()


def tutorial(folder, said):
    """The tutorial: what step 3 and 4 promise of the verdicts, and the last one of the bits."""
    first, ten, *_ = (output for command, output in said.items() if command.startswith("optbench compare"))
    assert "one seed" in first.lower() or "not tested" in first.lower()
    assert any(word in ten for word in ("better", "beats", "equivalent", "undecided"))
    assert "bit-identical" in next(output for command, output in said.items() if "reproduce" in command)


CHECKS = {"docs/your-own-table.md": week, "README.md": readme, "docs/tutorial.md": tutorial}


@pytest.mark.parametrize("page", documented_pages(), ids=page_name)
def test_each_block_is_of_a_known_kind(page):
    """A language that no test knows would be executed by none; what is not carried out says why."""
    for block in blocks_of(page.read_text()):
        assert block.language in {"", "yaml", "python", *READ_ONLY}
        assert not block.mark or len(block.reason) > 5


def test_pages_that_are_chosen_for_ci_exist():
    assert {page_name(page) for page in CARRIED_OUT} >= {*IN_CI, *CHECKS}


@pytest.mark.parametrize(("english", "spanish"), [*SPANISH.items()])
def test_both_languages_show_the_same(english, spanish):
    """Commands, marks, pictures and links to pages; only words differ."""
    ours, theirs = ((ROOT / name).read_text() for name in (english, spanish))
    without_remarks = [[re.sub(r"\s+# .*", "", line) for line in block.text.splitlines()] for block in blocks_of(ours)]
    assert without_remarks == [
        [re.sub(r"\s+# .*", "", line) for line in block.text.splitlines()] for block in blocks_of(theirs)
    ]
    assert [block.mark for block in blocks_of(ours)] == [block.mark for block in blocks_of(theirs)]
    pictures = {one: one.replace("-es.png", "-en.png") for one in links(theirs)}
    assert links(ours) - {spanish} == set(pictures.values()) - {english}


def links(text):
    """Return what a page links to; a notebook counts as itself in either language."""
    notebook = {"notebooks/desafio.ipynb": "notebooks/challenge.ipynb"}
    return {notebook.get(link, link) for link in re.findall(r"\]\(([^)#]+)", text)}
