"""The commands `index` and `search`: the contract of the printed results, and one line for a mistake."""

import json

import pytest

from poseloom.api import save
from poseloom.cli.main import main
from poseloom.data import Table


@pytest.fixture(scope="module")
def index(tmp_path_factory, described):
    folder = tmp_path_factory.mktemp("commands") / "index"
    assert main(["index", "build", str(described), "--out", str(folder)]) == 0
    return folder


def test_json_has_a_row_for_each_hit(command, index):
    status, out, err = command("search", "the left hand is above the head", "--index", index, "-k", 5, "--json")
    found = json.loads(out)
    rows = found["hits"]
    assert status == 0 and not err and len(rows) == 5
    assert found["understood"] and found["plain"] == found["unknown"] == found["notes"] == []
    for row in rows:
        assert isinstance(row["id"], str) and 0.5 <= row["score"] <= 1 and row["text"] and row["holds"] is True
        assert row["metadata"]["data_set"] == "procedural"
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


def test_plain_output_names_and_describes(command, index):
    status, out, _ = command("search", "both knees bent", "--index", index, "-k", 2)
    assert status == 0 and out.startswith(" 1. 0.") and "\n 2. 0." in out and out.count("\n") == 4


def test_poses_like_a_file(command, index, described, tmp_path):
    save(Table.open(described).poses([3, 8]), tmp_path / "two.npz")
    status, out, _ = command(
        "search", "--like", tmp_path / "two.npz", "--frame", 1, "--index", index, "-k", 1, "--json"
    )
    row = json.loads(out)["hits"][0]
    assert status == 0 and row["id"] == Table.open(described).id(8) and row["score"] > 0.999


def test_what_was_not_understood_is_told_on_stderr(command, index):
    status, out, err = command("search", "kneeling zebra", "--index", index, "--json")
    assert status == 0 and json.loads(out)["unknown"] == ["zebra"]
    assert "understood: kneeling" in err and "not understood and in no text: zebra" in err


def test_nothing_found_is_an_empty_list(command, index):
    status, out, err = command("search", "kneeling handstand", "--index", index, "--json")
    assert status == 0 and json.loads(out)["hits"] == [] and "no row meets all of: kneeling; handstand" in err
    status, out, _ = command("search", "kneeling handstand", "--index", index, "--json", "--near", "-k", 2)
    assert [row["holds"] for row in json.loads(out)["hits"]] == [False, False]


def test_info_tells_what_is_in_it(command, index):
    status, out, _ = command("index", "info", index, "--json", "--check")
    told = json.loads(out)
    assert status == 0 and told["rows"] == 1100 and told["embedder"] == "geometric-1" and "split" in told["metadata"]
    status, out, _ = command("index", "info", index)
    assert status == 0 and "1,100 rows" in out


def test_adding_what_is_there_adds_nothing(command, index, described):
    status, out, err = command("index", "build", described, "--out", index, "--add")
    assert status == 0 and "0 of them new" in out and "every row of the table already" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search", "kneeling", "--index", "NOWHERE"], ["NOWHERE", "does not exist", "poseloom index build"]),
        (["search", "kneeling", "--index", "TABLE"], ["index.json", "is missing"]),
        (["search", "", "--index", "INDEX"], ["empty question"]),
        (["search", "kneeling", "--index", "INDEX", "-k", "0"], ["k = 0"]),
        (["search", "kneeling", "--index", "INDEX", "-k", "many"], ["many"]),
        (["search", "qqq www", "--index", "INDEX"], ["understood", "for instance"]),
        (["search", "--index", "INDEX"], ["TEXT or --like"]),
        (["search", "kneeling", "--like", "x.bvh", "--index", "INDEX"], ["TEXT or --like"]),
        (["search", "kneeling", "--frame", "3", "--index", "INDEX"], ["--frame goes with --like"]),
        (["search", "--like", "nowhere.bvh", "--index", "INDEX"], ["nowhere.bvh", "does not exist"]),
        (["search", "kneeling", "--index", "INDEX", "--where", "splt=val"], ["did you mean 'split'"]),
        (["search", "kneeling"], ["--index"]),
        (["search", "kneeling", "--index", "INDEX", "--render", "x.png"], ["an index does not hold", "--poses DIR"]),
        (["search", "kneeling", "--index", "INDEX", "--sheet", "x.pdf", "--poses", "TABLE"], ["cannot draw .pdf"]),
        (["search", "kneeling", "--index", "INDEX", "--poses", "TABLE"], ["--poses goes with --render"]),
        (["index", "build", "NOWHERE", "--out", "OUT"], ["NOWHERE"]),
        (["index", "build", "TABLE", "--out", "TABLE"], ["holds other things than an index"]),
        (["index", "build", "TABLE", "--out", "OUT", "--add"], ["OUT", "does not exist"]),
        (["index", "biuld", "TABLE"], ["did you mean 'build'"]),
    ],
)
def test_mistakes_get_one_line_and_status_2(command, index, described, tmp_path, arguments, words):
    places = {"INDEX": index, "TABLE": described, "NOWHERE": tmp_path / "NOWHERE", "OUT": tmp_path / "OUT"}
    status, out, err = command(*(places.get(one, one) for one in arguments))
    assert status == 2 and not out
    assert err.count("\n") == 1 and all(word in err for word in words), err


def test_what_is_found_is_drawn_from_the_tables_of_an_index(command, tmp_path):
    tables = [tmp_path / name / "poses" for name in ("one", "two")]
    for seed, table in enumerate(tables):
        told = command("data", "prepare", "procedural", "--rows", 40, "--seed", seed, "--describe", "--out", table)
        assert told[0] == 0
    index, drawn = tmp_path / "I", tmp_path / "found.png"
    assert command("index", "build", *tables, "--out", index)[0] == 0
    ask = ("search", "standing", "--index", index, "-k", 30, "--json", "--render", drawn)
    both = ("--poses", tables[0], "--poses", tables[1])
    status, out, _ = command(*ask, *both)
    told = json.loads(out)
    assert status == 0 and told["sheet"] == str(drawn) and drawn.exists()
    assert {hit["id"].split("/")[0] for hit in told["hits"]} == {"one", "two"}, "rows of both tables are drawn"
    status, _, err = command(*ask, "--poses", tables[0])
    assert status == 2 and "two/poses/" in err and "each with --poses" in err
    body = tmp_path / "found.glb"
    assert command("search", "standing", "--index", index, *both, "--sheet", body)[0] == 0 and body.stat().st_size
    status, out, err = command("search", "kneeling handstand", "--index", index, *both, "--render", tmp_path / "no.png")
    assert status == 0 and "is not written" in err and not (tmp_path / "no.png").exists()


def test_rows_are_found_again_in_the_tables_of_an_index(described, tmp_path):
    from poseloom.search.tables import places_in

    table = Table.open(described)
    end = "/".join(described.resolve().parts[-2:])
    ids = [table.id(7), f"{described.name}/{table.id(3)}", f"{end}/{table.id(5)}", f"other/{table.id(3)}"]
    found = places_in([table], ids)
    assert [None if place is None else place[1] for place in found] == [7, 3, 5, None]


def test_a_table_brings_its_own_index(command, tmp_path):
    table = tmp_path / "T"
    status, out, _ = command("data", "prepare", "procedural", "--rows", "64", "--describe", "--out", table)
    assert status == 0 and "64 rows in 1 shards, 64 texts" in out
    ask = ("search", "standing", "--table", table, "-k", "3", "--json")
    status, out, _ = command(*ask)
    hits = json.loads(out)["hits"]
    assert status == 0 and len(hits) == 3 and set(hits[0]) >= {"id", "score", "text"} and hits[0]["text"]
    told = (table / "index" / "index.json").stat()
    assert command(*ask)[1] == out and (table / "index" / "index.json").stat().st_ino == told.st_ino
    command("data", "describe", table, "--version", "A")
    status, out, _ = command("search", "--table", table, "standing", "--where", "source=captions-A", "--json")
    assert status == 0 and json.loads(out)["hits"][0]["metadata"]["source"] == ["describe", "captions-A"]
    assert command("search", "standing", "--table", tmp_path / "nowhere")[0] == 2
    assert command("data", "info", table)[0] == 0 and command("data", "check", table)[0] == 0
