"""What says who somebody is and where they work is taken out of text, and nothing else."""

from __future__ import annotations

import pytest

from optbench.core.private_text import is_private_path, names_of_the_user, placeless, without_places

NAMES = ["ana-maria", "vm"]


@pytest.mark.parametrize(
    "text",
    [
        "epoch 1/10  loss 0.5  learning_rate 0.01",
        "Europe/Madrid and/or N/A, 3 /10 rows (/)",
        "see https://keras.io/api/optimizers/ and s3://bucket/key",
        "a.keras/config.json in ../configs/my.csv",
        "vm is too short a name",
    ],
)
def test_what_is_no_place_is_kept(text):
    """Fractions, addresses, relative paths."""
    assert without_places(text, NAMES) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('  File "/home/ana/my project/own.py", line 3, in build', '  File "<path>/own.py", line 3, in build'),
        ("/usr/lib/python3/site-packages/keras/layer.py:12: UserWarning", "<path>/layer.py:12: UserWarning"),
        ("error:/srv/data/x y", "error:<path> y"),
        ("read file:///srv/data/x.csv, ~ana/data/y.csv", "read <path>/x.csv, <path>/y.csv"),
        ("at ANA-MARIA@vm", "at <name>@vm"),
        ("building in /srv/my runs/adam-s0/x", "building in <path>/adam-s0/x"),
        ("/srv/my runs", "<path>"),
        ("/srv/my runs2/x.csv", "<path> runs2/x.csv"),
        ("PYTHONPATH=/opt/a/b:/opt/c/d", "PYTHONPATH=<path>:<path>"),
        ("\udcff /srv/a/b", "\udcff <path>"),
        ("\x1b[31m/srv/a/b.py\x1b[0m:3", "\x1b[31m<path>/b.py\x1b[0m:3"),
        ("tool >/srv/a/b.txt, <b>/srv/a/b</b>", "tool ><path>/b.txt, <b><path></b>"),
        ("`/srv/a/b` is there", "`<path>` is there"),
        (
            "from https://eva:s3cret@example.org/x and s3://key:pw@bucket",
            "from https://<name>@example.org/x and s3://<name>@bucket",
        ),
    ],
)
def test_places_and_names_are_replaced(text, told):
    """Quoted paths may hold blanks, known folders too; what is left of a path is its file."""
    assert without_places(text, NAMES, ["/srv/my runs", "/", "/srv"]) == told


def test_again_changes_nothing():
    """A log that was published before is published again when an attempt goes on."""
    text = 'File "/home/ana/own.py" of ana-maria in /srv/my runs/x \x1b[1m/srv/a/b.py\x1b[0m of http://eva:pw@vm/x'
    once = without_places(text, NAMES, ["/srv/my runs"])
    assert without_places(once, NAMES, ["/srv/my runs"]) == once


def test_accounts_of_many_machines_are_nobodys_names(monkeypatch):
    """In a container everybody is root, and logs speak of roots of mean squares."""
    monkeypatch.setenv("USER", "root")
    monkeypatch.setenv("LOGNAME", "eva")
    monkeypatch.setenv("HOME", "/root")
    assert "eva" in names_of_the_user()
    assert "root" not in names_of_the_user()


@pytest.mark.parametrize(
    ("written", "is_private"),
    [
        ("/srv/my.csv", True),
        ("~ana/my.csv", True),
        ("C:\\data\\my.csv", True),
        ("../ana-maria/my.csv", True),
        ("~/my.csv", False),
        ("$DATA/my.csv", False),
        ("data/my.csv", False),
        ("ana-maria", False),
        ("/", False),
        ("/x", False),
        ("and/or", False),
    ],
)
def test_which_paths_say_where_somebody_works(written, is_private):
    """Absolute ones, others' home folders, ways that name somebody; a name alone is no path."""
    assert is_private_path(written, NAMES) is is_private


def test_placeless_values_keep_their_shape():
    """Only whole texts that are absolute paths are abridged."""
    value = {"files": [{"name": "/home/ana/my.csv", "bytes": 3}], "note": "in /home/ana", "n": None}
    assert placeless(value) == {"files": [{"name": "my.csv", "bytes": 3}], "note": "in /home/ana", "n": None}
