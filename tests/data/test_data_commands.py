import json

import pytest

from poseloom.data.executors import executor


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """Workers take seconds to start; test_executors shows that they give the same bytes."""
    monkeypatch.setattr("poseloom.data.executors.cores", lambda: 1)
    assert type(executor()).__name__ == "InProcess"


def test_list_tells_what_to_download(data):
    status, out, err = data("list")
    assert status == 0 and not err and "allasfamc.zip" in out and "licence" in out
    rows = json.loads(data("list", "--json")[1])["sources"]
    assert {"procedural", "cmu"} <= {row["name"] for row in rows}


def test_from_nothing_to_a_described_table(data, tmp_path):
    table = tmp_path / "t"
    status, out, err = data("prepare", "procedural", "--rows", 60, "--out", table)
    assert status == 0 and not err and "60 rows in 1 shards" in out
    assert data("describe", table)[0] == 0
    assert data("pairs", table, "--every", 10)[0] == 0
    status, out, _ = data("info", table)
    assert status == 0 and "60 rows of 52 joints" in out and "automatic from describe 60" in out
    report = json.loads(data("info", table, "--json")[1])
    assert report["rows"] == 60 and report["rows_with_text"] == 60 and report["examples"][0]["texts"]
    status, out, _ = data("check", table)
    assert status == 0 and "all 60 rows are whole" in out


def test_json_and_nothing_else(data, tmp_path):
    status, out, err = data("prepare", "procedural", "--rows", 5, "--out", tmp_path / "t", "--json")
    assert status == 0 and not err and json.loads(out)["rows"] == 5
    assert json.loads(data("check", tmp_path / "t", "--json")[1])["damaged"] == []


def test_bad_files_are_counted(data, tmp_path, shared_data):
    import shutil

    folder = tmp_path / "files"
    folder.mkdir()
    shutil.copy(shared_data("bvh") / "cmu_01_01.bvh", folder)
    for number in range(7):
        (folder / f"bad{number}.bvh").write_text("nothing")
    status, out, _ = data("prepare", "cmu", "--from", folder, "--out", tmp_path / "t")
    assert status == 0 and "7 remarks on input that could not be used" in out
    assert "bad0.bvh" in out and "and 2 more" in out
    status, _, err = data("prepare", "cmu", "--from", folder, "--out", tmp_path / "u", "--strict")
    assert status == 2 and err.count("\n") == 1 and "bad0.bvh" in err


@pytest.mark.parametrize("suffix", [".parquet", ".json"])
def test_export_reads_back(data, described, tmp_path, suffix):
    from pyarrow import parquet

    from poseloom.data import Table

    for pairs in ([], ["--pairs"]):
        path = tmp_path / f"rows{len(pairs)}{suffix}"
        status, _, err = data("export", described, "--out", path, *pairs)
        assert status == 0, err
        rows = parquet.read_table(path).to_pylist() if suffix == ".parquet" else json.loads(path.read_text())
        table = Table.open(described)
        assert len(rows) == (len(table.pairs) if pairs else len(table))
        if pairs:
            assert rows[7]["texts"][0]["text"] == table.pairs[7].texts[0].text
        else:
            flat = table.pose(1030).rotations.flatten().tolist()
            assert rows[1030]["rotations"] == pytest.approx(flat, abs=1e-7)
            assert rows[1030]["texts"][0]["text"] == table.words(1030, 0) and rows[1030]["id"] == table.id(1030)


def test_check_names_the_damaged_shard(data, copy):
    path = next((copy / "rows").iterdir()) / "007" / "translation.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    status, out, err = data("check", copy)
    assert status == 2 and "/007: translation.npy differs from its checksum" in out and err.count("\n") == 1
    assert data("check", copy, "--quick")[0] == 0


def test_ids_that_point_nowhere_fail_only_when_asked(data, copy):
    from test_integrity import TwoPairs

    from poseloom.data.build import build

    build(copy, TwoPairs())
    status, out, _ = data("check", copy)
    assert status == 0 and "1 ids in pairs point nowhere" in out and "row x" in out
    assert data("check", copy, "--strict")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prepare", "procedual", "--out", "t"], "did you mean 'procedural'"),
        (["prepare", "cmu", "--out", "t"], "needs --from FOLDER"),
        (["prepare", "procedural", "--rows", "-3", "--out", "t"], "rows: expected at least 1"),
        (["prepare", "procedural", "--every", "3", "--out", "t"], "takes no --every"),
        (["info", "nowhere"], "nowhere: does not exist"),
        (["describe", "nowhere"], "nowhere: does not exist"),
        (["pairs", "nowhere", "--least", "2"], "least < most"),
        (["inof", "t"], "did you mean 'info'"),
    ],
)
def test_mistakes_are_one_line(data, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    status, _, err = data(*arguments)
    assert status == 2 and told in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_another_suffix_is_refused(data, numbered, tmp_path):
    status, _, err = data("export", numbered, "--out", tmp_path / "t.parket")
    assert status == 2 and "did you mean '.parquet'" in err
