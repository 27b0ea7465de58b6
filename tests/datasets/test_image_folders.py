"""Folders of images: sizes, colours, order, and what is refused."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from optbench.datasets import load_dataset
from optbench.errors import DataError
from optbench.words import sentences


@pytest.fixture
def folder(tmp_path):
    """Write 12 images of each of two classes in several formats, and return the folder."""
    rng = np.random.default_rng(0)
    for label, level in (("cat", 60), ("dog", 180)):
        (tmp_path / "images" / label).mkdir(parents=True)
        for number in range(12):
            pixels = np.clip(rng.normal(level, 20, size=(10 + number, 14, 3)), 0, 255).astype(np.uint8)
            ending = ("png", "bmp", "jpg")[number % 3]
            Image.fromarray(pixels).save(tmp_path / "images" / label / f"{number:02}.{ending}")
    return tmp_path / "images"


@pytest.fixture
def load(tmp_path, config):
    def run(**settings):
        made = {"path": "images", "size": [6, 5], "split": {"test": 0.25, "validation": 0.1}, **settings}
        return load_dataset(config("image_folder", **made), base=tmp_path, data_dir=tmp_path)

    return run


def test_images_of_one_size(folder, load):
    """Classes are the folders' names; images are float32 of the size asked for, from 0 to 1."""
    dataset = load()
    assert dataset.class_names == ("cat", "dog")
    assert dataset.input_shape == (6, 5, 3)
    assert {name: len(part.y) for name, part in dataset.splits.items()} == {"train": 16, "validation": 2, "test": 6}
    assert ((dataset.train.x.mean(axis=(1, 2, 3)) > 0.5) == (dataset.train.y == 1)).all()
    with Image.open(folder / "dog" / "00.png") as image:
        expected = np.asarray(image.resize((5, 6), Image.Resampling.BILINEAR)) / np.float32(255)
    parts = dataset.splits.values()
    at = {int(row): x for part in parts for row, x in zip(part.rows, part.x, strict=True)}
    assert np.array_equal(at[12], expected)
    assert load().split_digest == dataset.split_digest


def test_grey_and_turned(folder, load):
    """One channel is grey; an image is turned as its EXIF data says."""
    assert load(channels=1).input_shape == (6, 5, 1)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    pixels = np.zeros((40, 20, 3), np.uint8)
    pixels[:20] = 255
    for label in ("cat", "dog"):
        for file in (folder / label).iterdir():
            file.unlink()
        for number in range(12):
            Image.fromarray(pixels).save(folder / label / f"{number}.jpg", exif=exif, quality=95)
    x = load(size=[20, 40]).train.x
    assert x[0, :, 30:].min() > 0.9
    assert x[0, :, :10].max() < 0.1


def test_official_folders(folder, tmp_path, config):
    """Folders named train and test keep their rows; a test fraction is then an error."""
    for part in ("train", "test"):
        (tmp_path / "whole" / part).mkdir(parents=True)
        for label in ("cat", "dog"):
            (tmp_path / "whole" / part / label).mkdir()
            files = sorted((folder / label).iterdir())
            for file in files[:8] if part == "train" else files[8:]:
                (tmp_path / "whole" / part / label / file.name).write_bytes(file.read_bytes())
    section = config("image_folder", path="whole", size=[6, 6], split={"validation": 0.25})
    dataset = load_dataset(section, base=tmp_path, data_dir=tmp_path)
    assert {name: len(part.y) for name, part in dataset.splits.items()} == {"train": 12, "validation": 4, "test": 8}
    assert dataset.input_shape == (6, 6, 3)
    section = config("image_folder", path="whole", size=[6, 6], split={"test": 0.25})
    with pytest.raises(DataError, match=r"split\.test must be left out here"):
        load_dataset(section, base=tmp_path, data_dir=tmp_path)


def test_a_changed_byte_changes_the_record(folder, load):
    """The digest of the files in the record is that of their names and bytes."""
    before = load().facts["files"]
    (folder / "cat" / "00.png").rename(folder / "cat" / "000.png")
    assert load().facts["files"] != before


def test_what_is_refused(folder, load, tmp_path):
    """No folder, an empty class, a broken image and a link out of the folder, each by name."""
    with pytest.raises(DataError, match=r"must be a folder .* Received: nothing"):
        load(path="imges")
    (folder / "bird").mkdir()
    with pytest.raises(DataError, match="the folder bird holds no image"):
        load()
    (folder / "bird").rmdir()
    (folder / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    with pytest.raises(DataError, match=r"dog/broken\.png cannot be read as an image"):
        load()
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    (folder / "dog" / "broken.png").unlink()
    (folder / "dog" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match=r"dog/link\.png is a link that leads out of the folder"):
        load()


@pytest.mark.parametrize("ending", ["png", "pgm"])
def test_more_than_eight_bits_are_refused(folder, load, ending):
    """Pillow would clip 16 bits at 255; palettes and single bits are read as the 8 bits they are."""
    for number, mode in enumerate(("1", "P", "LA")):
        Image.new("L", (4, 4), 200).convert(mode).save(folder / "dog" / f"fine{number}.png")
    load()
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(folder / "dog" / f"deep.{ending}")
    with pytest.raises(
        DataError, match=r"images: dog/deep\.\w+ must have 8 bits .* Received: .* mode I.* Scale its values"
    ):
        load()


def test_a_pipe_does_not_wait(folder, load):
    """A pipe by the name of an image would never end."""
    os.mkfifo(folder / "cat" / "endless.png")
    with pytest.raises(DataError, match=r"cat/endless\.png must be an image\. Received: a pipe"):
        load()


@pytest.mark.parametrize("official", [False, True])
def test_what_is_left_out_is_told(folder, load, official):
    """Other endings, files beside the folders of classes and folders inside them, by number; not names with a dot."""
    assert not [note for note in sentences(load().notes) if "left out" in note]
    if official:
        for part in ("train", "test"):
            (folder / part).mkdir()
            for label in ("cat", "dog"):
                (folder / part / label).mkdir()
                for file in sorted((folder / label).iterdir())[:: 1 if part == "train" else -1][:6]:
                    file.rename(folder / part / label / file.name)
        (folder / "cat").rmdir()
        (folder / "dog").rmdir()
    classes = folder / "train" if official else folder
    for name in ("a.tif", "b.TIF", "c", ".DS_Store", "._01.png"):
        (classes / "cat" / name).write_bytes(b"x")
    (classes / "dog" / "more").mkdir()
    for name in ("labels.csv", ".hidden"):
        (folder / name).write_bytes(b"x")
    (classes / "lost.png").write_bytes(b"x")
    dataset = load(split={"validation": 0.2}) if official else load()
    assert [note for note in sentences(dataset.notes) if "left out" in note] == [
        "left out, as they lie in no folder of a class: files ending in .csv (1), .png (1)",
        "left out, as their endings are of no image that is read: files ending in .tif (2), nothing (1)",
        "left out, as it lies inside the folder of a class: 1 folder",
    ]
