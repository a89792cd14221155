"""Tables of public texts: views by kind, and the way from a release to a search."""

import json
from collections import Counter

import pytest
from releases import posefix, posescript
from torch.utils.data import DataLoader

from poseloom.base.errors import PoseloomError
from poseloom.data import PairTextDataset, Table, TextDataset, describe_table, open_source, prepare


@pytest.fixture
def table(tmp_path, amass):
    """PoseScript and PoseFix in one table, with descriptions."""
    prepare(open_source("posescript", {"folder": posescript(tmp_path / "ps"), "amass": amass}), tmp_path / "t")
    prepare(open_source("posefix", {"folder": posefix(tmp_path / "pf"), "amass": amass}), tmp_path / "t", append=True)
    describe_table(tmp_path / "t")
    return Table.open(tmp_path / "t")


def test_a_view_yields_texts_of_its_kinds(table):
    people = TextDataset(table, ["human"])
    assert len(people) == 2
    drawn = set()
    for epoch in range(20):
        people.set_epoch(epoch)
        drawn |= {one.text for one in people}
    assert drawn == {"He stands.", "A person stands upright.", "Walking, left foot first, on stilts."}
    by_rule = TextDataset(table, ["automatic"], sources=["posescript-A2"], which=4)
    assert [one.text for one in by_rule] == [f"automatic {table.id(one.row).split('/')[1]} 1" for one in by_rule]
    own = TextDataset(table, ["automatic"], sources=["describe"])
    assert len(own) == len(table) and own[0].text == table.texts(0)[-1].text
    assert len(TextDataset(table, ["human"], table.rows_of("test"))) == 0


def test_the_choice_agrees_with_reading_every_row(table):
    for kinds in (["human"], ["automatic"], ["human", "automatic"], ["label"]):
        view = TextDataset(table, kinds)
        expected = {row.number: [one.text for one in row.texts if one.kind in kinds] for row in table}
        assert set(view.rows.tolist()) == {number for number, texts in expected.items() if texts}
        for number in view.rows.tolist():
            places = [view.choice.place(number, which) for which in range(view.choice.count(number))]
            assert [table.words(number, place) for place in places] == expected[number]


def test_batches_from_workers_need_nothing_but_the_table(table):
    import pickle

    view = pickle.loads(pickle.dumps(TextDataset(table, ["human", "automatic"], seed=3)))
    batches = list(DataLoader(view, batch_size=5))
    assert sum(len(batch.text) for batch in batches) == len(view) and batches[0].rotations.shape == (5, 52, 3)


def test_pairs_by_kind(table):
    counts = Counter({kind: len(PairTextDataset(table, [kind])) for kind in ("human", "paraphrase", "automatic")})
    assert counts == {"human": 2, "paraphrase": 1, "automatic": 5}
    (only,) = PairTextDataset(table, ["paraphrase"], "train", which=0)
    assert only.text == "bend further" and only.pair == 0
    assert len(PairTextDataset(table, ["human"], "test")) == 0
    first = PairTextDataset(table, sources=["posefix-H"], which=1)[0]
    assert first.text == "lower the arm"
    with pytest.raises(PoseloomError, match="kinds: unknown 'people'; expected some of human, automatic"):
        TextDataset(table, ["people"])


def test_two_commands_and_a_search(tmp_path, command, amass, monkeypatch):
    monkeypatch.setattr("poseloom.data.executors.cores", lambda: 1)
    folder, out, index = posescript(tmp_path / "ps"), tmp_path / "t", tmp_path / "index"
    status, told, err = command("data", "prepare", "posescript", "--from", folder, "--amass", amass, "--out", out)
    assert status == 0 and not err and "6 rows" in told, err
    status, told, _ = command("data", "prepare", "posefix", "--from", posefix(tmp_path / "pf"), "--amass", amass,
                              "--out", out, "--append", "--json")  # fmt: skip
    assert status == 0 and json.loads(told)["pairs"] == 5
    assert command("data", "describe", out)[0] == 0
    assert command("index", "build", out, "--out", index)[0] == 0
    status, told, err = command("search", "on stilts", "--index", index, "-k", 3, "--json")
    assert status == 0, err
    found = json.loads(told)["hits"]
    assert found[0]["id"] == "posescript/3" and "Walking, left foot first, on stilts." in found[0]["text"]
    status, told, _ = command("data", "info", out)
    assert "human from posescript-H2 3" in told and "5, 3 of them within a recording" in told


def test_the_list_shows_commands_that_parse(command):
    from poseloom.data.sources.catalogue import CATALOGUE

    status, told, _ = command("data", "list")
    assert status == 0
    for name in ("amass", "babel", "posescript", "posefix", "3dpw"):
        assert f"poseloom data prepare {name} --from FOLDER" in told
    assert "prepare posescript --from FOLDER --amass FOLDER --out TABLE" in told
    assert len({info.name for info in CATALOGUE}) == len(CATALOGUE)
