import json
from dataclasses import dataclass

import pytest

from poseloom.base.errors import PoseloomError
from poseloom.data import Pair, Table
from poseloom.data.build import Unit, Written, build
from poseloom.data.inspection import inspect, summary
from poseloom.data.manifest import MANIFEST, PartKind, read_manifest, write_manifest
from poseloom.data.schema import NOWHERE, Text
from poseloom.data.shards import write_pairs

SHARD = "004"


@dataclass(frozen=True)
class TwoPairs:
    """One pair of rows that exist, one that points nowhere."""

    kind = PartKind.PAIRS
    name = "two"

    def options(self):
        return {}

    def units(self):
        return [Unit("000", 2, None)]

    def write(self, unit, folder):
        good = Pair(0, "1>2", "row 1", "row 2", 1, 2, True, "train", (Text("Bend."),))
        bad = Pair(1, "1>x", "row 1", "row x", 1, NOWHERE, False, "", ())
        write_pairs(folder, [good, bad])
        return Written(2)


def shard_file(folder, name, shard=SHARD):
    return next((folder / "rows").iterdir()) / shard / name


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)


def test_a_whole_table(numbered):
    found = inspect(Table.open(numbered))
    assert not (found.damaged or found.doubled or found.nowhere or found.unfinished)


def test_a_changed_byte_is_found_by_its_checksum(copy):
    flip_a_byte(shard_file(copy, "rotations.npy"))
    table = Table.open(copy)
    assert not inspect(table, checksums=False).damaged
    (damage,) = inspect(table).damaged
    assert damage.shard == SHARD and damage.file == "rotations.npy" and "checksum" in str(damage)
    rows = table.intact_rows(checksums=True).tolist()
    assert rows == [*range(40), *range(50, 100)]
    assert table.poses(rows).translation[:, 0].tolist() == rows


@pytest.mark.parametrize("name", ["rotations.npy", "rows.arrow"])
@pytest.mark.parametrize("spoil", ["cut", "remove", "garbage"])
def test_the_rest_of_a_damaged_table_stays_readable(copy, name, spoil):
    path = shard_file(copy, name)
    size = path.stat().st_size
    if spoil == "remove":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: size // 2] if spoil == "cut" else b"x" * size)
    table = Table.open(copy)
    with pytest.raises(PoseloomError, match=f"{SHARD}/{name}.*poseloom data check"):
        table.row(45)
    assert table.row(39).id == "row 39" and table.row(50).pose.translation[0] == 50
    (damage,) = inspect(table).damaged
    assert damage.shard == SHARD
    if spoil != "garbage":  # what only a checksum can tell is not looked for in a summary
        assert summary(table).rows == 100 and summary(table).data_sets == {"numbered": 90}


def test_ids_that_point_nowhere_are_counted(copy):
    build(copy, TwoPairs())
    table = Table.open(copy)
    assert inspect(table).nowhere == ["row x"]
    assert table.pairs[1].row_b == NOWHERE and table.pairs[0].texts[0].text == "Bend."


def test_doubled_ids_are_found(copy):
    manifest = read_manifest(copy)
    part = manifest.parts[0]
    (copy / "rows" / "again").symlink_to(copy / part.folder)
    twice = type(part)(part.kind, "again", {}, part.shards[:1])
    write_manifest(copy, manifest.with_part(twice))
    table = Table.open(copy)
    assert len(table) == 110 and inspect(table).doubled == [f"row {number}" for number in range(10)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": 99}, "version: expected 1, got 99; update poseloom"),
        ({"schema": 0}, "schema: expected 2, got 0; build the table again"),
        ({"format": "other"}, "is no manifest of a table"),
        ({"layout": {"bones": 3}}, "is damaged"),
        ({"parts": [{}]}, "is damaged"),
    ],
)
def test_manifests_that_cannot_be_used(copy, change, told):
    path = copy / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(PoseloomError, match=told):
        Table.open(copy)


def test_folders_that_are_no_tables(tmp_path):
    with pytest.raises(PoseloomError, match=r"holds no table.*poseloom data prepare"):
        Table.open(tmp_path)
    with pytest.raises(PoseloomError, match="does not exist"):
        Table.open(tmp_path / "nowhere")
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(PoseloomError, match="is no JSON"):
        Table.open(tmp_path)


def test_summary_counts(described):
    found = summary(Table.open(described))
    assert (found.rows, found.shards, found.joints) == (1100, 2, 52)
    assert found.data_sets == {"procedural": 1100} and sum(found.splits.values()) == 1100
    assert found.texts == {"automatic from describe": 1100} and found.rows_with_text == 1100
    low, high = found.ranges["turns of joints (degrees)"]
    assert 0 <= low < high < 180
    assert found.examples[0]["row"] == 0 and found.examples[-1]["row"] == 1099
