"""A person's way through the studio, in a browser: everything that the page can do, and no request to anybody else."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from urllib.parse import urlsplit

import pytest
import torch
from studio_visits import Visit, slide

from poseloom import api
from poseloom.pose import JOINT_INDEX, JOINT_NAMES, Clip, stance
from poseloom.pose.blend import blend

pytestmark = pytest.mark.slow


def test_a_hand_is_dragged_and_the_words_follow_and_undo_brings_both_back(visit):
    one = visit()
    one.picture("first")
    before, words = one.pose(), one.words()
    assert "Nothing leaves this machine" in one.page.inner_text("main")
    one.drag("left_wrist", 60, 260)
    one.wait_for(f"document.querySelector('[data-words]').innerText.trim() !== {json.dumps(words)}")
    one.wait_for("poseloomStudio.stage.canUndo")
    after = one.pose()
    elbow = JOINT_INDEX["left_shoulder"]
    assert math.dist(after["rotations"][elbow], before["rotations"][elbow]) > 0.2
    for joint in ("right_knee", "left_hip", "right_ankle"):
        assert after["rotations"][JOINT_INDEX[joint]] == before["rotations"][JOINT_INDEX[joint]]
    one.page.hover(".sentence >> nth=1")
    one.picture("dragged")
    one.page.keyboard.press("Control+z")
    one.wait_for(f"document.querySelector('[data-words]').innerText.trim() === {json.dumps(words)}")
    assert one.pose()["rotations"] == before["rotations"]
    one.page.keyboard.press("Control+y")
    one.wait_for("poseloomStudio.stage.canUndo")
    assert one.pose()["rotations"] == after["rotations"]


def test_hips_go_down_while_pinned_feet_stay_and_rings_turn_one_joint(visit):
    one = visit()
    place = "(name) => poseloomStudio.viewport.body.place(poseloomStudio.skeleton.joints.indexOf(name)).toArray()"
    feet = [one.page.evaluate(place, name) for name in ("left_ankle", "right_ankle")]
    one.drag("pelvis", 0, -120)
    one.wait_for("poseloomStudio.stage.canUndo")
    for before, name in zip(feet, ("left_ankle", "right_ankle"), strict=True):
        assert math.dist(before, one.page.evaluate(place, name)) < 0.003
    assert one.pose()["translation"][1] < 1.0
    one.page.click("[data-handle=head]")
    one.wait_for("poseloomStudio.viewport.ringed === 15")
    one.picture("rings")
    one.page.keyboard.press("Escape")
    one.wait_for("poseloomStudio.viewport.ringed === -1")


def test_a_sentence_lights_its_limb_and_a_handle_its_sentences(visit):
    one = visit()
    one.page.hover("[data-handle=right_elbow]")
    one.page.wait_for_selector(".sentence.lit")
    lit = one.page.inner_text(".sentence.lit >> nth=0")
    assert re.search("arm|hand|elbow", lit)


def test_a_text_gives_four_pictures_and_an_instruction_changes_the_pose(visit):
    one = visit()
    one.page.fill("[data-panel=make] input", "someone kneels with the arms overhead")
    one.page.click("[data-panel=make] button.primary")
    one.page.wait_for_selector("[data-panel=make] .tile >> nth=3")
    assert "kneeling" in one.page.inner_text("[data-panel=make]")
    one.page.click("[data-panel=make] .tile >> nth=1")
    one.wait_for("/kneel/.test(document.querySelector('[data-words]').innerText)")
    one.picture("made")
    one.page.click("[data-panel=compare] button >> nth=0")
    before = one.pose()["rotations"]
    one.page.fill("[data-panel=change] input", "lower the left arm")
    one.page.press("[data-panel=change] input", "Enter")
    one.wait_for("document.querySelector('[data-panel=change] .chip') !== null")
    one.wait_for("/arm/.test(document.querySelector('[data-panel=compare] .instruction').innerText)")
    assert one.pose()["rotations"] != before
    one.picture("changed")


def test_mirror_symmetry_figures_and_the_other_commands(visit):
    one = visit()
    before = one.pose()["rotations"]
    one.page.keyboard.press("m")
    flipped = one.pose()["rotations"]
    left, right = JOINT_INDEX["left_elbow"], JOINT_INDEX["right_elbow"]
    assert flipped[left] == pytest.approx([before[right][0], -before[right][1], -before[right][2]])
    one.page.keyboard.press("]")
    one.page.keyboard.press("Shift+D")
    one.wait_for("poseloomStudio.stage.figures.length === 2")
    one.picture("figures")
    one.page.keyboard.press("Delete")
    one.wait_for("poseloomStudio.stage.figures.length === 1")
    one.page.keyboard.press("?")
    one.page.wait_for_selector("dialog[open]")
    assert "Ctrl+Z" in one.page.inner_text("dialog")
    one.picture("keys")


def test_shelves_hands_sliders_and_the_body(visit):
    one = visit()
    one.page.fill("[data-panel=poses] input[type=search]", "squat")
    one.page.click("[data-panel=poses] .tile >> nth=0")
    one.wait_for("poseloomStudio.stage.canUndo")
    one.page.fill("[data-panel=poses] form input", "My squat")
    one.page.press("[data-panel=poses] form input", "Enter")
    one.page.wait_for_selector(".kept")
    one.page.click("[data-tab=hands]")
    one.page.click(".preset >> text=fist")
    assert math.hypot(*one.pose()["rotations"][JOINT_INDEX["left_index2"]]) > 1
    one.page.click("[data-tab=joints]")
    slider = one.page.wait_for_selector("[data-movement=head_turn]", state="attached")
    slider.evaluate(
        "one => { one.value = 40; one.dispatchEvent(new Event('input')); one.dispatchEvent(new Event('change')); }"
    )
    one.wait_for("Math.abs(poseloomStudio.stage.pose.rotations[15][1]) > 0.2")
    one.picture("joints")
    one.page.click("[data-tab=body]")
    height = one.page.wait_for_selector("[aria-label=Height]")
    slide(height, 1)
    one.wait_for("poseloomStudio.stage.pose.shape && poseloomStudio.stage.pose.shape[4] === 1")
    one.picture("body")


def test_search_and_tables_show_poses_that_a_click_takes(visit):
    one = visit()
    one.page.click("[data-tab=search]")
    one.page.fill("[data-search]", "arms raised")
    one.page.press("[data-search]", "Enter")
    one.page.wait_for_selector("[data-panel=search] .shelf .tile")
    one.page.wait_for_selector("[data-panel=search] .row .tile")
    one.picture("search")
    one.page.click("[data-panel=search] .shelf .tile >> nth=0")
    one.wait_for("poseloomStudio.stage.canUndo")


def test_a_motion_is_opened_and_scrubbed_and_wrong_files_are_sentences(visit, tmp_path):
    motion, broken = tmp_path / "walk.bvh", tmp_path / "broken.bvh"
    api.save(_clip(), motion)
    broken.write_text("no motion")
    one = visit()
    one.page.set_input_files("header input[type=file]", str(broken))
    one.page.wait_for_selector(".notice.wrong")
    assert "broken.bvh" in one.page.inner_text(".notice")
    one.page.set_input_files("header input[type=file]", str(motion))
    one.page.wait_for_selector("[data-panel=timeline]:not([hidden])")
    first = one.pose()["rotations"]
    slide(one.page.locator("[data-scrub]"), 5)
    one.wait_for("poseloomStudio.timeline.frame === 5")
    assert one.pose()["rotations"] != first
    one.picture("motion")
    one.page.keyboard.press(".")
    one.wait_for("poseloomStudio.timeline.frame === 6")


def _clip():
    return Clip(blend(stance("stand"), stance("squat"), torch.linspace(0, 1, 10)), fps=30)


KINDS = {"npz": ".npz", "bvh": ".bvh", "glb": ".glb", "pose": ".pose", "json": ".json", "png": ".png"}


@pytest.fixture(scope="module")
def downloads(browser, studio_address, tmp_path_factory):
    """One of each kind, from one visit."""
    folder = tmp_path_factory.mktemp("downloads")
    one = Visit(browser, studio_address + "?mesh=preview", viewport={"width": 1440, "height": 1200})
    files = {}
    for kind in (*KINDS, "csv", "txt", "zip"):
        with one.page.expect_download() as waited:
            one.page.click(f"[data-export={kind}]")
        files[kind] = folder / waited.value.suggested_filename
        waited.value.save_as(files[kind])
    pose = one.pose()
    one.page.click("[data-export=link]")
    one.wait_for("location.hash.startsWith('#pose=')")
    files["link"] = one.page.evaluate("location.hash")
    assert one.hosts == {urlsplit(studio_address).netloc}
    one.page.close()
    return pose, files


@pytest.mark.parametrize("kind", KINDS)
def test_what_leaves_opens_again_as_the_same_pose(downloads, kind):
    pose, files = downloads
    clip = api.load(files[kind])
    if kind == "pose":  # places of points alone: they fit a body anew
        assert len(clip) == 1
        return
    rows = clip.pose[0].body().rotations
    for joint in ("left_elbow", "right_shoulder", "left_knee"):
        assert rows[JOINT_INDEX[joint]].tolist() == pytest.approx(pose["rotations"][JOINT_INDEX[joint]], abs=0.02)


def test_text_angles_and_control_pack_leave_too(downloads):
    _, files = downloads
    assert files["txt"].read_text().endswith(".\n")
    assert "left_elbow_flexion" in files["csv"].read_text()
    names = zipfile.ZipFile(io.BytesIO(files["zip"].read_bytes())).namelist()
    assert {"openpose.png", "depth.png", "caption.txt", "keypoints.json"} <= set(names)


def test_a_link_restores_the_pose(visit, downloads):
    pose, files = downloads
    one = visit(query=f"?mesh=preview{files['link']}")
    rows = one.pose()["rotations"]
    assert [number for row in rows for number in row] == pytest.approx(
        [number for row in pose["rotations"] for number in row], abs=1e-3
    )
    assert len(rows) == len(JOINT_NAMES)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}),
    ],
)
def test_dark_and_phone(visit, name, options):
    one = visit(**options)
    assert one.words()
    wide = one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1
    one.picture(name)


def test_without_webgl_words_and_generation_go_on(visit):
    one = visit(before="HTMLCanvasElement.prototype.getContext = () => null;")
    assert "WebGL" in one.page.inner_text("main")
    one.page.fill("[data-panel=make] input", "a person sits on the floor")
    one.page.press("[data-panel=make] input", "Enter")
    one.page.wait_for_selector("[data-panel=make] .tile >> nth=3")
    one.page.click("[data-panel=make] .tile >> nth=0")
    one.wait_for("/sit/.test(document.querySelector('[data-words]').innerText)")
    one.picture("words-alone")
