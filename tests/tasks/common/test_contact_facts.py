"""Contacts that named poses ask for count as facts."""

from poseloom.language.lexicon.bodies import posed
from poseloom.language.lexicon.understanding import understand
from poseloom.pose.types import concatenate
from poseloom.tasks.common.checking import stated_facts
from poseloom.tasks.common.contact_facts import contact_facts, contacts_hold


def poses(*names):
    return concatenate([posed(name).body().reshape(1) for name in names])


def test_places_of_a_named_pose_that_must_meet_are_facts():
    facts = stated_facts("hugging the knees", poses("hugging the knees", "standing"))
    assert "left hand at left shin" in facts.stated
    assert facts.holds[0].all()
    assert not facts.holds[1][facts.stated.index("left hand at left shin")]


def test_a_contact_that_a_statement_tells_counts_once():
    assert contact_facts(understand("arms akimbo")) == ()


def test_either_side_will_do_where_none_is_told():
    (fact,) = contact_facts(understand("salute"))
    assert len(fact.options) == 2
    assert len(contact_facts(understand("salute with the left hand"))[0].options) == 1
    mirrored = posed("saluting", True).body().reshape(1)
    assert contacts_hold([fact], mirrored).all()
    assert not contacts_hold(contact_facts(understand("salute with the right hand")), mirrored).any()


def test_parts_that_were_not_understood_count_in_the_ratio():
    facts = stated_facts("left arm raised, a zebra, kazoo", poses("standing"))
    assert facts.unread
    assert facts.in_words()[0].startswith(f"0 of {1 + len(facts.unread)} facts hold")
