import torch

from poseloom.facts.stated import (
    ClaimList,
    FactList,
    TextNumbers,
    described_claims,
    facts_of_description,
    facts_of_instruction,
    unread,
)
from poseloom.nn.text.words import WordList

TEXTS = ["Both elbows are bent at a right angle.", "The left elbow is bent at a right angle."] * 5


def test_a_fact_of_both_sides_is_a_fact_of_each():
    both, left = (facts_of_description(text) for text in TEXTS[:2])
    assert left.items() <= both.items() and set(left) == {"left elbow square"}
    assert {name.replace("right", "left") for name in both} == set(left)


def test_rules_and_people_are_read_alike():
    said = facts_of_description("a person kneeling on the left knee with both arms raised")
    assert any("kneel" in name for name in said) and any(name.startswith("left ") for name in said)
    assert all(0 < weight <= 1 for weight in said.values())
    nonsense = "The left foot is a long step ahead of the left one."
    assert described_claims(nonsense) == []
    assert facts_of_description("zebra") == facts_of_description("") == {}


def test_what_is_denied_is_another_fact():
    told, denied = facts_of_description("the legs are crossed"), facts_of_description("the legs are not crossed")
    assert told and denied and not set(told) & set(denied)


def test_instructions_are_read_in_their_own_words_and_in_general():
    little, much = facts_of_instruction("Raise your left arm a little."), facts_of_instruction("Raise your left arm.")
    assert set(little) & set(much) and all("right" not in name for name in little)
    assert facts_of_instruction("zebra") == {}


def test_numbers_of_texts():
    facts = FactList.of_texts(TEXTS, facts_of_description, 4)
    assert facts.names == ("left elbow square", "right elbow square")
    numbers = facts.numbers([TEXTS[0], TEXTS[1], ""])
    assert numbers.tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    asks = ClaimList(facts.names, described_claims)
    told = TextNumbers(WordList.of_texts(TEXTS), facts, asks)
    words, again = told(TEXTS[:2], multiple=16)
    assert words.shape == (2, 16) and torch.equal(again, numbers[:2])
    assert torch.equal(told.asked(TEXTS[:2])[2], asks.wanted(TEXTS[:2]))


def test_claims_of_texts_as_numbers():
    asks = ClaimList(
        ("left elbow square", "right elbow square", " legs.crossed left", " legs.crossed right"), described_claims
    )
    both, left, denied, nothing = asks.wanted([*TEXTS[:2], "the legs are not crossed", "zebra"])
    assert both.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]  # one claim a side
    assert left.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    assert denied.max() <= 0 and not nothing.any()


def test_only_the_first_words_of_a_long_text_are_read():
    facts = FactList.of_texts(TEXTS, facts_of_description, 2)
    assert not facts.numbers(["so " * 300 + TEXTS[0]]).any()


def test_some_texts_are_taken_as_unread():
    torch.manual_seed(0)
    kept = unread(torch.ones(4000, 3), 0.25)
    assert set(kept.unique().tolist()) == {0.0, 1.0} and abs(kept.mean() - 0.75) < 0.03
    assert torch.equal(kept[:, 0], kept[:, 2])
