"""Questions in people's own words: what is understood of them, by names too."""

import pytest

from poseloom.search.query.parse import parse


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("bent with the hands on the knees", ("body leaning forward", "both hands on knees")),
        ("lie on your back with your knees bent", ("lie on back", "knees bent")),
        ("head down", ("head down",)),
        ("a person is waving with the right hand", ("right hand raised",)),
        (
            "right arm reaching forward and the left leg extended back",
            ("right arm reaching forward", "left leg extended backward"),
        ),
        ("forward lunge with the left leg", ("lunge", "left leg in front")),
        ("forward lunge with the right leg", ("lunge", "right leg in front")),
        ("downward facing dog", ("downwarddog",)),
        ("plnak", ("plank", "arms straight")),
        ("upside down", ("upsidedown",)),
    ],
)
def test_what_is_understood(question, understood):
    found = parse(question)
    assert (found.understood, found.unknown) == (understood, ())


@pytest.mark.parametrize("question", ["bent with the head", "bent with", "bent and bent", "looking with the bent"])
def test_a_state_without_a_part_is_no_fault(question):
    assert parse(question).unknown


def test_what_nobody_knows_stays_unknown():
    found = parse("zorgle, left arm raised")
    assert found.understood == ("left arm raised",) and found.unknown == ("zorgle",)
