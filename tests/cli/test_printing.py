"""What the commands print of results."""

import json

from poseloom.cli.printing import print_json
from poseloom.results import Described, Embedded


def test_numbers_stand_in_one_line_and_texts_stay_as_they_are(capsys):
    import torch

    text = "a list [ 1, 2 ] in\n[\n 3,\n 4\n] words"
    print_json(Described((text,)), Embedded(torch.eye(3)), out=None, seed=1)
    out = capsys.readouterr().out
    assert "[1.0, 0.0, 0.0]" in out
    made = json.loads(out)
    assert made["texts"] == [{"text": text}] and made["seed"] == 1 and "out" not in made
    assert made["vectors"] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_later_parts_have_the_last_word(capsys):
    print_json({"a": 1, "b": 2}, {"a": 3}, a=4)
    assert json.loads(capsys.readouterr().out) == {"a": 4, "b": 2}
    print_json({"notes": ["x"]}, out="y")
    assert list(json.loads(capsys.readouterr().out)) == ["out", "notes"]
