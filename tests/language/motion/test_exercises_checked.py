"""Exercises judged by sentences: what is read, and whether it holds, on every repetition."""

import json
from math import inf

import pytest
from exercise_clips import repeated

from poseloom import PoseloomError, check
from poseloom.language.motion.requirements import When, read_requirement
from poseloom.pose.clips import mirrored

READ = {
    "both knees bent past 90 degrees": ("knee", "both", 90, inf, When.MOMENT),
    "left knee at 90 degrees": ("knee", "left", 80, 100, When.MOMENT),
    "Knees bent to a right angle.": ("knee", "both", 80, 100, When.MOMENT),
    "knees bent by at least 100 degrees at the bottom": ("knee", "both", 100, inf, When.PEAK),
    "elbow angle below 90 degrees": ("elbow", "both", 90, inf, When.MOMENT),
    "the right elbow is bent less than 30°": ("elbow", "right", -inf, 30, When.THROUGHOUT),
    "never bend the knees more than 120 degrees": ("knee", "both", -inf, 120, When.THROUGHOUT),
    "trunk leans forward less than 30 degrees": ("lean", "", -inf, 30, When.THROUGHOUT),
    "back straight": ("back", "", -22, 22, When.THROUGHOUT),
    "keep your back straight": ("back", "", -22, 22, When.THROUGHOUT),
    "heels on the floor": ("heel", "both", -inf, 0.04, When.THROUGHOUT),
    "knees not past the toes": ("knee_ahead", "both", -inf, 0.03, When.THROUGHOUT),
    "thighs parallel to the floor at the lowest point": ("thigh", "both", 80, inf, When.PEAK),
    "right arm straight up": ("arm", "right", 140, inf, When.MOMENT),
    "jump at least 20 cm": ("rise", "", 0.2, inf, When.MOMENT),
    "each repetition takes at least 2 seconds": ("duration", "", 2, inf, When.MOMENT),
}


@pytest.mark.parametrize("sentence", READ)
def test_sentences_are_read(sentence):
    found = read_requirement(sentence)
    (clause,), (need,) = found.clauses, found.clauses[0].needs
    assert (need.signal, need.sides, need.least, need.most, clause.when) == READ[sentence]
    assert found.unread == ()


def test_two_things_in_a_sentence_are_two_clauses():
    found = read_requirement("both knees bent past ninety degrees and back straight")
    assert [clause.needs[0].signal for clause in found.clauses] == ["knee", "back"] and not found.unread


def test_what_descriptions_say_is_read_as_facts():
    assert read_requirement("hands on the hips").clauses[0].facts
    assert read_requirement("left foot in front").clauses[0].facts


def test_words_without_a_meaning_are_told():
    assert check(repeated("stand", "squat", 2), "knees bent past 60 degrees, purple").notes == (
        "not understood: purple (in 'knees bent past 60 degrees, purple')",
    )
    with pytest.raises(PoseloomError, match="nothing was understood of 'purple elephants'"):
        check(repeated("stand", "squat", 2), "purple elephants")


def test_every_repetition_is_judged_at_its_best_moment():
    clip = repeated("stand", "squat", 4, depth=(1, 1, 0.7, 1), noise=0.0)
    found = check(clip, ["both knees bent past 100 degrees", "back straight"])
    knees, back = found
    assert found.exercise == "squat" and [row.holds for row in knees.rows] == [True, True, False, True]
    assert all(row.holds for row in back.rows) and found.good() == (3, 4) and not found.passed
    bad = knees.rows[2]
    assert bad.value < 100 == bad.limit and bad.unit == "degrees" and bad.start < bad.at < bad.end
    assert "at least 100 degrees asked" in bad.text and bad.frame == round(bad.at * clip.fps)


def test_what_must_stay_holds_all_along():
    squats = repeated("stand", "squat", 3, noise=0.0)
    assert not check(squats, "trunk upright").passed
    assert not check(squats, "knees straight").passed
    assert check(squats, "knees straight at some moment").passed


def test_the_mirrored_clip_is_judged_alike_with_sides_exchanged():
    clip = repeated("stand", "point to the side (left)", 2, noise=0.0)
    assert check(clip, "left arm raised past 70 degrees").passed
    assert not check(clip, "right arm raised past 70 degrees").passed
    assert check(mirrored(clip), "right arm raised past 70 degrees").passed


def test_facts_of_descriptions_are_judged():
    hips = repeated("stand", "hands on the hips (akimbo)", 2, noise=0.0)
    assert check(hips, "hands on the hips").passed and not check(hips, "hands behind the head").passed


def test_the_clip_and_its_frames():
    clip = repeated("stand", "squat", 1, noise=0.0)
    (whole,) = check(clip, "knees bent past 90 degrees", each="clip")
    (frames,) = check(clip, "knees bent past 90 degrees", each="frame")
    assert len(whole.rows) == 1 and whole.rows[0].holds
    assert len(frames.rows) == len(clip) and 0 < frames.held < len(clip)
    still = check(repeated("stand", "stand", 1), "knees straight")
    assert still.notes == ("no repetitions were found, so the clip was judged as a whole",) and still.passed


def test_unusable_questions_are_refused():
    clip = repeated("stand", "squat", 1)
    for sentences, each in (([], "clip"), ("", "clip"), ("x" * 400, "clip"), ("back straight", "jump")):
        with pytest.raises(PoseloomError):
            check(clip, sentences, each=each)


def test_json_has_rows_for_programs():
    made = check(repeated("stand", "squat", 2), "back straight").as_json()
    assert json.loads(json.dumps(made)) == made
    assert [row["repetition"] for row in made["requirements"][0]["rows"]] == [1, 2]
