"""What 'init' takes a text's encoding for reads the text as it was written."""

# ruff: noqa: RUF001 - letters of other alphabets are what is tested

from __future__ import annotations

import pytest

from optbench.core.text_encodings import canonical_encoding
from optbench.datasets import inspect_table
from optbench.datasets.encodings import guess_encoding
from optbench.words import sentences

WRITTEN = {
    "German": ("cp1252", "name;größe;y\nMüller;Straße;ja\nSchröder;Köln;nein\n"),
    "one umlaut": ("cp1252", "a;b;y\n" + "1;Bonn;x\n" * 500 + "2;München;y\n" + "1;Bonn;x\n" * 500),
    "French": ("cp1252", "id;prénom;ville;y\n1;Amélie;Orléans;oui\n2;Élodie;Besançon;non\n"),
    "Spanish": ("latin-1", "año,niño,y\n1,España,sí\n2,Málaga,no\n"),
    "Spanish of MS-DOS": ("cp850", "nombre,ciudad,y\nJosé,León,sí\nÍñigo,Málaga,no\n"),
    "Spanish of a Mac": ("mac-roman", "nombre,ciudad,y\nJosé,León,sí\nÍñigo,Málaga,no\n"),
    "a euro alone": ("cp1252", "price,y\n" + "12 €,a\n" * 9),
    "a degree alone": ("latin-1", "temp °C,y\n" + "12 °,a\n" * 9),
    "Polish": ("cp1250", "imię;miasto;y\n" + "Łukasz;Łódź;tak\nGrażyna;Kraków;nie\nŻaneta;Gdańsk;nie\n" * 9),
    "Czech": ("cp1250", "jméno;město;y\n" + "Jiří;Plzeň;ano\nŠtěpán;Brno;ne\n" * 9),
    "Russian": ("cp1251", "имя;город;y\n" + "Иван;Москва;да\nОльга;Казань;нет\n" * 9),
    "Russian of old": ("koi8-r", "имя;город;y\n" + "Иван;Москва;да\nОльга;Казань;нет\n" * 9),
    "Greek": ("cp1253", "όνομα;πόλη;y\n" + "Γιώργος;Αθήνα;ναι\nΜαρία;Θεσσαλονίκη;όχι\n" * 9),
    "Turkish": ("cp1254", "isim;şehir;y\n" + "Işıl;İstanbul;evet\nÇağrı;Şırnak;hayır\n" * 9),
    "Japanese": ("shift_jis", "名前,都市,y\n" + "田中,東京,はい\n鈴木,大阪,いいえ\n" * 9),
    "Chinese": ("gbk", "姓名,城市,y\n" + "王伟,北京,是\n李娜,上海,否\n" * 9),
    "Taiwanese": ("big5", "姓名,城市,y\n" + "王偉,臺北,是\n李娜,高雄,否\n" * 9),
    "Korean": ("euc_kr", "이름,도시,y\n" + "김철수,서울,예\n이영희,부산,아니오\n" * 9),
    "UTF-8": ("utf-8", "größe,y\nü,x\n"),
    "UTF-8 with its mark": ("utf-8-sig", "größe,y\nü,x\n"),
    "UTF-16": ("utf-16", "größe,y\nü,x\n"),
    "UTF-16 without a mark": ("utf-16-le", "größe,y\nü,x\n"),
    "UTF-16 the other way": ("utf-16-be", "größe,y\nü,x\n"),
    "Chinese UTF-16": ("utf-16-le", "姓名,城市,y\n" + "王伟,北京,是\n李娜,上海,否\n" * 9),
    "UTF-32": ("utf-32", "größe,y\nü,x\n"),
    "ASCII": ("ascii", "a,y\n1,x\n"),
}


@pytest.mark.parametrize(("encoding", "text"), WRITTEN.values(), ids=WRITTEN)
def test_the_guess_reads_the_text(encoding, text):
    """Whatever the guess is called, the letters are those that were written."""
    content = text.encode(encoding)
    found = guess_encoding(content, is_whole=True)
    assert canonical_encoding(found) == found
    assert content.decode(found).removeprefix("\ufeff") == text


def test_a_character_cut_at_the_end_of_the_first_bytes_is_no_evidence():
    """The first bytes of a longer text may end within a character."""
    assert guess_encoding("aü".encode()[:2], is_whole=False) == "utf-8"
    assert guess_encoding("aü".encode()[:2], is_whole=True) != "utf-8"


def test_init_finds_the_encoding_and_shows_words_to_judge_it_by(tmp_path):
    """What it writes down is what 'run' needs; a given encoding is not questioned."""
    path = tmp_path / "t.csv"
    path.write_bytes(("größe;y\n" + "1;ähnlich\n2;anders\n" * 20).encode("cp1252"))
    found = inspect_table(path)
    assert found.storage.settings == {"separator": ";", "encoding": "cp1252"}
    assert any(
        "reads as cp1252, which is a guess to look at: 'größe', 'ähnlich'" in one for one in sentences(found.notes)
    )
    assert inspect_table(path, encoding="latin-1").storage.encoding == "latin-1"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("word", ["plain", "größe", "naïve café"])
def test_a_zero_byte_that_strayed_is_no_utf_16(encoding, word):
    """A text with one is of the encoding of all its other bytes."""
    text = "".join(f"{i};{word};{i * 37 % 11}\n" for i in range(40)).encode(encoding)
    middle = text.index(b"\n", 100)
    found = guess_encoding(text if "16" in encoding else text[:middle] + b"\0" + text[middle:], is_whole=True)
    assert found == (encoding if not text.isascii() or "16" in encoding else "utf-8")


@pytest.mark.parametrize(
    "name", ["", "rot13", "base64", "zip", "idna", "unicode_escape", "nonsense", "utf\0", "undefined"]
)
def test_what_is_no_encoding_of_a_file_has_no_name(name):
    """Python calls more things an encoding than files are written in."""
    assert canonical_encoding(name) is None
