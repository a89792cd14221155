"""Descriptions in the manner of PoseScript: exact stages, versions, steady draws, texts that hold of real poses."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import FileError, PoseloomError
from poseloom.body import default_body
from poseloom.language import swap_sides
from poseloom.language.posecodes import Code, evaluate
from poseloom.language.posescript import PoseScriptOptions, automatic_descriptions, findings, read_posescript, versions
from poseloom.language.posescript.automatic import stated_content
from poseloom.language.posescript.options import version
from poseloom.language.posescript.phrasebook import phrasebook_of
from poseloom.language.posescript.rules import CROSSED, PLURAL, rules_of
from poseloom.language.posescript.stages import entities, statistical, symmetric, transitive, with_contacts
from poseloom.language.sides import even_joints
from poseloom.language.tables import TABLES
from poseloom.pose import Pose, stack
from poseloom.pose.joints import MIRROR
from poseloom.pose.sampler import sample
from poseloom.pose.stances import stance, stance_names


@pytest.fixture(scope="module")
def case(golden):
    return golden("posecodes/poses")


@pytest.fixture(scope="module")
def real(real_poses):
    """300 real poses that face the front, and their joints."""
    poses = real_poses[:300].without_heading()
    return poses, even_joints(default_body("preview"), poses)


def code(text: str) -> Code:
    """``left hand | above | neck``."""
    first, said, *second = (part.strip() for part in text.split("|"))
    parts = []
    for name in (first, *(second or [" "])):
        side, _, part = name.rpartition(" ")
        parts += [side or None, part or None]
    return Code(parts[0], parts[1], said, parts[2], parts[3])


# -- the original's stages ---------------------------------------------------------------------------------------


def test_codes_after_the_transitive_rule_are_exact(case):
    rules = rules_of()
    ours = [transitive([Code(*one) for one in codes], rules) for codes in case[0]["codes"]]
    assert [[list(one) for one in codes] for codes in ours] == case[0]["codes_after_transitive"]


def test_codes_after_the_entity_rule_are_exact(case):
    rules = rules_of()
    for codes, expected in zip(case[0]["codes_after_transitive"], case[0]["codes_after_entity"], strict=True):
        ours = entities([Code(*one) for one in codes], rules)
        assert sorted(map(str, map(list, ours))) == sorted(map(str, expected))


def test_codes_after_the_statistical_rules_are_exact(case):
    rules = rules_of()
    names = ("codes", "codes_after_transitive", "codes_after_statistical")
    for before, after, expected in zip(*(case[0][name] for name in names), strict=True):
        ours = statistical([Code(*one) for one in after], [Code(*one) for one in before], rules, faithful=True)
        assert [list(one) for one in ours] == expected


def test_faithful_descriptions_tell_the_codes_of_the_original(case):
    coords, rotations = (torch.from_numpy(case[1][name]) for name in ("coords", "rotations"))
    options = PoseScriptOptions(simplified=True, faithful=True, transitive_rule=True, statistical_rules=True)
    every = stated_content(coords, options, rotations=rotations)
    rules = rules_of()
    for one_told, expected in zip(every, case[0]["codes"], strict=True):
        statements = one_told.statements
        original = [Code(*one) for one in expected]
        left = statistical(transitive(original, rules), original, rules, faithful=True)
        single = {(one.side, one.part, one.interpretation) for one in left if one.part != one.part2}
        ours = {
            (one.side, one.part, one.interpretation)
            for each in statements
            for one in each.codes
            if one.part != one.part2 and (one.side != PLURAL or one.part2)
        }
        assert {one for one in single if one[0] != PLURAL} == {one for one in ours if one[0] != PLURAL}


# -- what is mended ----------------------------------------------------------------------------------------------


def test_symmetry_looks_at_the_sides():
    rules = rules_of()
    same_hand = [code("left hand | close | left knee"), code("left hand | close | right knee")]
    assert symmetric(same_hand, rules) == same_hand
    assert symmetric(same_hand, rules, faithful=True) == [Code(PLURAL, "hands", "close", PLURAL, "knees")]
    own = [code("left hand | close | left knee"), code("right hand | close | right knee")]
    assert symmetric(own, rules) == [Code(PLURAL, "hands", "close", PLURAL, "knees")]
    crossed = [code("left hand | close | right knee"), code("right hand | close | left knee")]
    assert symmetric(crossed, rules) == [Code(PLURAL, "hands", "close", CROSSED, "knees")]


def test_of_two_codes_that_imply_each_other_one_is_told():
    rules = rules_of()
    codes = [
        code("left hand | close | right hand"),
        code("left hand | below | left hip"),
        code("right hand | below | right hip"),
    ]
    assert len(statistical(codes, codes, rules, faithful=True)) == 1
    assert len(statistical(codes, codes, rules)) == 2


def test_directions_are_told_only_of_people_who_face_the_front(build):
    lying = build(pelvis=("X", (-90,)))
    assert not re.search(r"behind|in front|back of|lean|twist", " ".join(automatic_descriptions(lying, seed=1)))
    turned = default_body("preview").joints(build(pelvis=("Y", (90,)), left_shoulder=("Z", (0,))))
    axes = rules_of().needs_facing
    assert not {one.interpretation for one in read_posescript(automatic_descriptions(turned[None])[0]).codes} & axes
    faithful = " ".join(automatic_descriptions(turned, seed=seed, faithful=True)[0] for seed in range(4))
    assert {one.interpretation for one in read_posescript(faithful).codes} & axes


def test_the_mirrored_body_has_the_mirrored_codes(real):
    poses, _ = real
    rules = rules_of()

    def content(pose: Pose) -> list[set[Code]]:
        options = PoseScriptOptions(simplified=True)
        return [
            {one for each in said.statements for one in read_back(each.codes)} for said in stated_content(pose, options)
        ]

    def read_back(codes: list[Code]) -> list[Code]:
        """One way of writing for relations of two sides of one part."""
        made = []
        for one in codes:
            part = rules.singulars.get(one.part, one.part)
            if one.side == PLURAL:
                one = Code("left", part, one.interpretation, "right", part)
            elif one.part == one.part2 and one.side == "right":
                said = rules.opposites.get(one.interpretation, one.interpretation)
                one = Code("left", part, said, "right", part)
            made.append(one)
        return made

    def mirrored(one: Code) -> Code:
        swap = {"left": "right", "right": "left"}
        said = swap_sides(one.interpretation).replace("at_left", "AT").replace("at_right", "at_left")
        said = said.replace("AT", "at_right")
        said = re.sub("kneel_on_(left|right)", lambda match: f"kneel_on_{swap[match[1]]}", said)
        made = Code(swap.get(one.side or "", one.side), one.part, said, swap.get(one.side2 or "", one.side2), one.part2)
        return read_back([made])[0]

    first, second = content(poses[:100]), content(poses[:100].mirror())
    different = sum({mirrored(one) for one in a} != b for a, b in zip(first, second, strict=True))
    assert different == 0


@pytest.mark.parametrize("name", [name for name in versions() if not versions()[name].contacts])
def test_the_mirrored_pose_has_the_mirrored_text(real_poses, name):
    for poses in (real_poses[:100], sample(60, seed=4)):
        for seed in (0, 3):
            mirrored = automatic_descriptions(poses.mirror(), name, seed)
            assert [swap_sides(text) for text in automatic_descriptions(poses, name, seed)] == mirrored


def test_the_mirrored_joints_have_the_mirrored_text_also_with_noise(real):
    joints = real[1][:100]
    mirrored = joints[:, list(MIRROR)] * torch.tensor([-1.0, 1.0, 1.0])
    for options in (PoseScriptOptions(noise=True, random_skip=True), PoseScriptOptions()):
        assert [swap_sides(text) for text in automatic_descriptions(joints, options, 5)] == automatic_descriptions(
            mirrored, options, 5
        )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["complete", "N2", "N7"]))
def test_wild_mirrored_poses_have_mirrored_texts(seed, name):
    generator = torch.Generator().manual_seed(seed)
    poses = Pose(torch.randn(8, 22, 3, generator=generator) * 0.6)
    assert [swap_sides(text) for text in automatic_descriptions(poses, name, seed)] == automatic_descriptions(
        poses.mirror(), name, seed
    )


@pytest.mark.parametrize("name", ["complete", "E", "F", "N7"])
def test_texts_on_poses_with_two_equal_halves_do_not_favour_a_side(name):
    # A stance may be its own mirror image: what it says must be so too.
    poses = stack([stance(one).body() for one in stance_names()])
    even = [index for index, pose in enumerate(poses) if torch.equal(pose.mirror().rotations, pose.rotations)]
    assert len(even) > 5
    for seed in range(3):
        for text in automatic_descriptions(poses[even], name, seed):
            assert swap_sides(text) == text


# -- texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["complete", "N2", "N6", "N7", "F"])
def test_real_descriptions_hold_and_can_be_read(real, name):
    poses, joints = real
    assert findings(automatic_descriptions(poses, name, seed=2), joints, poses.rotations) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["complete", "N2", "N7"])
def test_five_thousand_real_descriptions_hold(shared_data, name):
    arrays = np.load(shared_data("mocap") / "train.npz")
    chosen = arrays["pose"][arrays["fps_order"][:5000]].astype(np.float32)
    poses = Pose(torch.from_numpy(chosen)).without_heading()
    joints = even_joints(default_body("preview"), poses)
    assert findings(automatic_descriptions(poses, name), joints, poses.rotations) == []


def test_the_checker_finds_what_is_wrong(real):
    poses, joints = real
    texts = automatic_descriptions(poses, seed=3)
    wrong = findings([swap_sides(text) for text in texts], joints, poses.rotations)
    assert len({one.pose for one in wrong}) > 0.9 * len(texts)
    glued = findings([text.replace("is ", "is", 1).replace("are ", "are", 1) for text in texts], joints)
    assert any(one.problem.startswith("unread") for one in glued)


def test_a_text_tells_every_statement(real):
    poses, _ = real
    rules = rules_of()

    def plain(one: Code) -> Code:
        part = rules.singulars.get(one.part, one.part) if one.side == PLURAL else one.part
        part2 = rules.singulars.get(one.part2 or "", one.part2) if one.side2 in (PLURAL, CROSSED) else one.part2
        return one._replace(part=part, part2=part2)

    statements = [one.statements for one in stated_content(poses, version("complete"), 7)]
    for text, wanted in zip(automatic_descriptions(poses, seed=7), statements, strict=True):
        assert set(read_posescript(text).codes) == {plain(one) for each in wanted for one in each.codes}


def test_texts_are_tidy(real):
    poses, _ = real
    for name in ("complete", "E"):
        for text in automatic_descriptions(poses, name, seed=4):
            assert text.endswith(".")
            assert all(sentence[0].isupper() for sentence in text.split(". "))
            assert not re.search(r"[\[\]{}<>_]|  |\.\.| ,|None|haves|\b(\w+) \1\b", text)


def test_seeds_change_words_and_not_facts(real):
    poses, joints = real
    first, *others = (automatic_descriptions(poses[:60], "F", seed=seed) for seed in range(10))
    assert all(sum(a != b for a, b in zip(first, other, strict=True)) > 55 for other in others)
    assert len({automatic_descriptions(joints[:1], seed=seed)[0] for seed in range(10)}) == 10


def test_a_pose_reads_the_same_alone_and_in_any_batch(real):
    _, joints = real
    together = automatic_descriptions(joints[:20], "N7", seed=5)
    assert [automatic_descriptions(one, "N7", seed=5)[0] for one in joints[:20]] == together
    assert automatic_descriptions(joints[:20].flip(0), "N7", seed=5) == together[::-1]
    assert automatic_descriptions(joints[:20].reshape(4, 5, 52, 3), "N7", seed=5) == together


def test_noise_blurs_some_statements_and_depends_on_the_pose_alone(real):
    _, joints = real
    noisy = PoseScriptOptions(noise=True)
    texts = automatic_descriptions(joints[:60], noisy, seed=5)
    assert automatic_descriptions(joints[:60].flip(0), noisy, seed=5) == texts[::-1]
    assert 0 < len(findings(texts, joints[:60])) < 300


def test_the_same_text_in_another_process(real, tmp_path):
    _, joints = real
    torch.save(joints[:5], tmp_path / "joints.pt")
    program = (
        "import sys, torch; from poseloom.language.posescript import automatic_descriptions;"
        "print('|'.join(automatic_descriptions(torch.load(sys.argv[1]), 'N7', 9)))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "joints.pt")]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert other.strip() == "|".join(automatic_descriptions(joints[:5], "N7", 9))


def test_skipping_leaves_something_out_and_never_everything(real):
    _, joints = real
    every = automatic_descriptions(joints, "F", seed=1)
    some = automatic_descriptions(joints, "E", seed=1)
    assert all(some)
    assert sum(len(a) > len(b) for a, b in zip(every, some, strict=True)) > 0.6 * len(every)


def test_22_joints_and_empty_batches(real):
    _, joints = real
    assert all(automatic_descriptions(joints[:3, :22]))
    assert automatic_descriptions(torch.zeros(0, 22, 3)) == []


def test_coincident_joints_do_not_fail():
    assert len(automatic_descriptions(torch.zeros(2, 52, 3))) == 2


# -- versions, activities, contacts ------------------------------------------------------------------------------


def test_versions_are_named_and_a_wrong_name_gets_a_suggestion(real):
    assert {"A", "B", "C", "D", "E", "F", "N2", "N6", "N7", "complete"} <= set(versions())
    assert version("A").dancing
    assert not version("D").statistical_rules
    with pytest.raises(PoseloomError, match="did you mean 'complete'"):
        automatic_descriptions(real[1][:1], "complet")


def test_activities_come_first_and_agree_with_the_description(real):
    _, joints = real
    labels: list[list[str] | None] = [["walk"], ["run", "wave"], ["transition"], None, ["karate chop"]] * 10
    texts = automatic_descriptions(joints[:50], "A", seed=6, activity_labels=labels)
    for text, label in zip(texts, labels, strict=True):
        first = text.split(". ")[0]
        if label == ["walk"]:
            assert re.search(r"walk", first)
        if label == ["karate chop"]:
            assert '"karate chop"' in first
        if re.match(r"(He|The man|A man|This man) ", first):
            assert not re.search(r"\b(their|her)\b", text)
    plain = automatic_descriptions(joints[:50], "N7", seed=6, activity_labels=labels)
    assert plain == automatic_descriptions(joints[:50], "N7", seed=6)
    with pytest.raises(PoseloomError, match="activity_labels"):
        automatic_descriptions(joints[:3], "A", activity_labels=[["walk"]])


def test_a_contact_replaces_the_code_that_says_close():
    near = code("left hand | close | left knee")
    contact = near._replace(interpretation="touch")
    assert with_contacts([near, code("left knee | straight")], [contact]) == [code("left knee | straight"), contact]


def test_contacts_are_told(real):
    _, joints = real
    contact = code("left hand | touch | right forearm")
    texts = automatic_descriptions(joints[:5], "embroider-simplified", contacts=[[contact]] * 5)
    either = {contact, code("right forearm | touch | left hand")}
    assert all(either & set(read_posescript(text).codes) for text in texts)
    with pytest.raises(PoseloomError, match="contacts"):
        automatic_descriptions(joints[:5], "embroider-plain")


# -- mistakes ----------------------------------------------------------------------------------------------------


@pytest.mark.wrong_types
@pytest.mark.parametrize("shape", [(3, 21, 3), (3, 22, 2), (22,)])
def test_other_joints_are_refused(shape):
    with pytest.raises(PoseloomError, match="22 or at least 52"):
        automatic_descriptions(torch.zeros(shape))


def test_nan_is_refused():
    with pytest.raises(PoseloomError, match="NaN"):
        automatic_descriptions(torch.full((1, 22, 3), float("nan")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.pop("voices"), "voices"),
        (lambda table: table["nouns"].pop("knee"), "nouns.knee"),
        (lambda table: table["alone"]["straight"].update(any=[]), "alone.straight.any"),
        (lambda table: table["alone"]["straight"].update(any=["straight"]), r"must be '\[verb\]"),
        (lambda table: table["alone"]["straight"].update(any=["[be] {where}"]), "unknown slot {where}"),
        (lambda table: table["alone"].update(strait={"any": ["[be] straight"]}), "did you mean 'straight'"),
        (lambda table: table["pair"]["close"].update(any=["[be] close"]), "must name {second}"),
        (lambda table: table["shapes"].update({"2": ["{0} and {0}"]}), "shapes.2"),
    ],
)
def test_a_broken_phrase_file_is_named(tmp_path, change, message):
    table = json.loads((TABLES / "posescript_phrases.json").read_text())
    change(table)
    broken = tmp_path / "posescript_phrases.json"
    broken.write_text(json.dumps(table))
    with pytest.raises(FileError, match=message) as fault:
        phrasebook_of(broken)
    assert str(broken) in str(fault.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table["probabilities"].update(skip=2), "probabilities.skip"),
        (lambda table: table["statistical"][0].__setitem__(0, "left hand | abov | neck"), "did you mean 'above'"),
        (lambda table: table["statistical"][0].pop(), r"statistical\[0\]"),
        (lambda table: table.pop("order"), "order"),
    ],
)
def test_a_broken_rule_file_is_named(tmp_path, change, message):
    table = json.loads((TABLES / "posescript_rules.json").read_text())
    change(table)
    broken = tmp_path / "posescript_rules.json"
    broken.write_text(json.dumps(table))
    with pytest.raises(FileError, match=message):
        rules_of(broken)


def test_no_wording_means_two_things():
    """Within one part of the body every wording belongs to one statement alone."""
    book = phrasebook_of()
    seen: dict[tuple, str] = {}
    heads = {"turn", "incline"}
    for (chapter, said, part), wordings in book.wordings.items():
        owner = "body" if said.startswith(("body", "kneel")) else "head" if said.split()[0] in heads else "limb"
        for wording in wordings:
            key = (chapter == "pair", owner, part, *wording)
            assert seen.setdefault(key, said) == said


def test_every_statement_has_words():
    book = phrasebook_of()
    plan = evaluate(torch.zeros(1, 22, 3), torch.zeros(1, 22, 3)).plan
    rows = plan.tables.rows(True)
    said = {rows[row][0].categories[category] for row, category, _ in plan.stated_rows}
    for name in said | {one.interpretation for one in plan.tables.supers}:
        assert any((chapter, name, "any") in book.wordings for chapter in ("alone", "pair")), name
