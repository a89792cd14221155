"""`poseloom poses named`: what people call poses, by category; `describe --names` tells them."""

import json


def test_named_poses_are_listed_by_category(command):
    status, out, _ = command("poses", "named", "dance")
    assert status == 0
    lines = out.splitlines()
    assert lines[0].startswith("dance (")
    assert any(line.startswith("  front splits: ") for line in lines)


def test_all_named_poses_as_json(command):
    status, out, _ = command("poses", "named", "--json")
    assert status == 0
    rows = json.loads(out)
    assert {"yoga", "fitness", "gestures"} <= {row["category"] for row in rows}
    assert next(row for row in rows if row["name"] == "tree pose")["side"] == "left"


def test_a_category_that_there_is_not(command):
    status, _, err = command("poses", "named", "knitting")
    assert status == 2
    assert "no category 'knitting'; there are basic, dance" in err
