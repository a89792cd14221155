"""Checking files of HamNoSys strings."""

import json

import pytest

from poseloom.base.errors import FileError
from poseloom.language.hamnosys import check_file, explain, from_names

GOOD = from_names("flathand extfingerl palml chest touch")
BAD = from_names("flathand palmd extfingero")


def test_at_least_99_percent_of_the_real_strings_parse(shared_data):
    rows = check_file(shared_data("hamnosys") / "train.json")
    assert len(rows) == 252
    assert sum(row.error is None for row in rows) >= 0.99 * len(rows)
    strict = check_file(shared_data("hamnosys") / "train.json", strict=True)
    assert [row.name for row in strict if row.error is not None] == ["c012", "c027"]
    for row in rows:
        assert explain(row.text)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.json", json.dumps([GOOD, BAD])),
        ("rows.json", json.dumps([{"id": "a", "hamnosys": GOOD}, {"id": "b", "hamnosys": BAD}])),
        ("named.json", json.dumps({"a": {"hamnosys": GOOD}, "b": {"hamnosys": BAD}})),
        ("lines.jsonl", "\n".join(json.dumps({"hamnosys": text}) for text in (GOOD, BAD))),
        ("lines.txt", f"{GOOD}\r\n\n{BAD}\n"),
        ("tabs.tsv", f"a\t{GOOD}\nb\t{BAD}\n"),
    ],
)
def test_files_of_all_kinds(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    good, bad = check_file(path)
    assert good.error is None
    assert (bad.error.position, bad.as_json()["parses"]) == (3, False)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"\n\n", "holds no strings"),
        ("damaged.json", b"[", "not valid JSON"),
        ("rows.json", b'[{"text": "x"}]', "entry 0: expected a string or an object with the field 'hamnosys'"),
        ("number.json", b"3", "holds no strings"),
        ("bytes.txt", b"\xff\xfe\x00", "not UTF-8"),
        ("deep.json", b"[" * 100_000, "not valid JSON"),
    ],
)
def test_files_that_hold_no_strings(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileError, match=message):
        check_file(path)
    with pytest.raises(FileError, match="cannot be read"):
        check_file(tmp_path / "absent.txt")
