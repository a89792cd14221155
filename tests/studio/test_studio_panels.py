"""The studio's panels in a browser: photo, video, sign, cameras, handles, rings; keyboard alone, contrast."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PIL import Image
from studio_visits import slide

from poseloom.pose import JOINT_INDEX, stance
from poseloom.render import render, to_pil

pytestmark = pytest.mark.slow
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
ON_SCREEN = """(name) => { const at = poseloomStudio.viewport.onScreen(poseloomStudio.skeleton.joints.indexOf(name));
    return [at.x, at.y]; }"""


@pytest.fixture(scope="module")
def two_people(tmp_path_factory):
    """A picture of two drawn people, side by side; the second one waves."""
    path = tmp_path_factory.mktemp("photos") / "two.jpg"
    picture = Image.new("RGB", (640, 480))
    for place, name in enumerate(("stand", "wave (right hand)")):
        picture.paste(to_pil(render(stance(name), (480, 320))), (320 * place, 0))
    picture.save(path, quality=95)
    return path


def open_file(one, path):
    one.page.set_input_files("header input[type=file]", str(path))


def test_a_photo_shows_its_people_and_the_picked_one_lies_over_it(visit, two_people, studio_address):
    one = visit()
    open_file(one, two_people)
    one.page.wait_for_selector(".person >> nth=1")
    right = max((0, 1), key=lambda n: one.page.locator(".person").nth(n).bounding_box()["x"])
    one.page.locator(".person").nth(right).click()
    one.wait_for("poseloomStudio.viewport.isPhoto")
    one.page.wait_for_timeout(500)
    one.picture("photo")
    stage = one.page.locator("main").bounding_box()
    scale = min(stage["width"] / 640, stage["height"] / 480)
    left, top = (stage["width"] - 640 * scale) / 2, (stage["height"] - 480 * scale) / 2
    for joint in ("head", "pelvis", "left_ankle", "right_ankle"):
        x, y = one.page.evaluate(ON_SCREEN, joint)
        assert 320 < (x - left) / scale < 640
        assert 40 < (y - top) / scale < 450
    high, low = (one.page.evaluate(ON_SCREEN, name)[1] for name in ("right_wrist", "right_shoulder"))
    assert high < low
    one.page.mouse.move(stage["x"] + 30, stage["y"] + stage["height"] - 60)
    one.page.mouse.down()
    one.page.mouse.move(stage["x"] + 120, stage["y"] + stage["height"] - 60, steps=4)
    one.page.mouse.up()
    one.wait_for("!poseloomStudio.viewport.isPhoto")
    assert one.page.locator(".trace").is_hidden()
    one.page.click("[data-overlay]")
    one.wait_for("poseloomStudio.viewport.isPhoto")
    assert one.page.request.get(studio_address + "v1/jobs").json()["jobs"] == []  # the service keeps nothing of it


def test_a_photo_tells_how_far_it_is_and_can_be_stopped(visit, two_people):
    """The service's word is held back while the page waits, so that there is time to look and to stop."""
    one = visit()
    told = {"id": "x", "kind": "recover", "status": "running"}
    told["progress"] = {"what": "looking for people", "done": 1, "total": 4, "unit": "looks"}
    deleted = []

    def answer(route):
        if route.request.method == "DELETE":
            deleted.append(route.request.url)
            return route.continue_()
        return route.fulfill(json=told)

    one.page.route("**/v1/jobs/*", answer)
    before = one.pose()["rotations"]
    with one.page.expect_response("**/v1/recover") as begun:
        open_file(one, two_people)
    assert begun.value.status == 202
    one.wait_for("document.querySelector('.work progress').value === 0.25")
    assert "Looking for people" in one.page.inner_text(".work")
    one.picture("photo-at-work", "light", "dark")
    one.page.click("[data-stop]")
    one.page.wait_for_selector(".work", state="hidden")
    assert "Stopped" in one.page.inner_text("[data-panel=photo]")
    one.wait_for("!document.querySelector('.notice.wrong.shown')")
    assert deleted == [f"{one.page.url.partition('?')[0]}v1/jobs/{begun.value.json()['id']}"]
    assert one.page.locator(".person").count() == 0
    assert one.pose()["rotations"] == before
    one.page.unroute("**/v1/jobs/*")
    open_file(one, two_people)
    one.page.wait_for_selector(".person >> nth=1")


def test_the_person_of_a_photo_takes_the_pose_of_the_stage(visit, two_people):
    one = visit()
    open_file(one, two_people)
    one.page.wait_for_selector(".person >> nth=1")
    one.page.click("[data-tab=poses]")
    one.page.click("[data-panel=poses] .tile >> nth=1")
    one.page.click("[data-tab=image]")
    one.page.click("[data-transfer]")
    one.page.wait_for_selector("[data-panel=transfer] img.photo")
    one.wait_for("document.querySelector('[data-panel=transfer] img').naturalWidth > 0")
    assert one.page.get_attribute("[data-panel=transfer] a", "href").startswith("data:image/png")
    one.picture("transferred")


def test_a_video_is_looked_at_as_a_job_and_gets_a_timeline(visit, two_people, tmp_path):
    frames = [Image.open(two_people).crop((320 - shift, 0, 640 - shift, 480)) for shift in (0, 3, 6)]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    one = visit()
    open_file(one, path)
    one.page.wait_for_selector("[data-panel=timeline]:not([hidden])")
    one.wait_for("poseloomStudio.timeline.poses.length === 3")
    assert one.page.locator("[data-overlay]").is_hidden()


def test_where_nobody_is_seen_a_sentence_says_so(visit, tmp_path):
    Image.new("RGB", (320, 240), "navy").save(tmp_path / "empty.png")
    one = visit()
    before = one.pose()["rotations"]
    open_file(one, tmp_path / "empty.png")
    one.page.wait_for_selector(".notice.wrong.shown")
    assert "empty.png" in one.page.inner_text(".notice")
    assert one.pose()["rotations"] == before


def test_a_photo_of_4k_is_taken(visit, two_people, tmp_path):
    large = Image.new("RGB", (3840, 2160), "grey")
    large.paste(Image.open(two_people).crop((320, 0, 640, 480)).resize((1440, 2160)), (1200, 0))
    large.save(tmp_path / "large.jpg", quality=90)
    one = visit()
    open_file(one, tmp_path / "large.jpg")
    one.page.wait_for_selector(".person")
    one.wait_for("poseloomStudio.viewport.isPhoto")


def test_a_sign_is_signed_and_read_and_a_wrong_one_is_told(visit):
    one = visit()
    one.page.click("[data-tab=sign]")
    one.page.click("[data-panel=sign] .preset >> nth=1")
    one.page.wait_for_selector("[data-panel=timeline]:not([hidden])")
    assert "index finger" in one.page.inner_text("[data-panel=sign] .instruction").lower()
    assert one.page.evaluate("poseloomStudio.timeline.poses.length") > 10
    one.picture("sign")
    one.page.fill("[data-panel=sign] textarea", "hamnothing")
    one.page.click("[data-panel=sign] button.primary")
    one.page.wait_for_selector(".notice.wrong.shown")
    assert "hamnothing" in one.page.inner_text(".notice")


def test_cameras_are_kept_and_one_key_goes_from_one_to_the_next(visit):
    one = visit()
    place = "poseloomStudio.viewport.shot().position.map((one) => Math.round(one * 100))"
    save = ".cameras button.icon"
    one.page.click(save)
    front = one.page.evaluate(place)
    one.page.keyboard.press("3")
    slide(one.page.locator(".lens input"), 120)
    one.page.click(save)
    side = one.page.evaluate(place)
    assert front != side
    one.page.click("[data-camera='1']")
    assert one.page.evaluate(place) == front
    assert one.page.inner_text(".lens output") == "70 mm"
    one.page.keyboard.press("0")
    assert one.page.evaluate(place) == side
    one.page.reload()
    one.page.wait_for_selector("[data-camera='2']")
    one.page.click("[data-camera='2']")
    assert one.page.evaluate(place) == side
    one.page.click(".shot.off")
    assert one.page.locator("[data-camera]").count() == 1


def test_handles_hide_alone_or_all_and_hidden_joints_leave_the_keypoints(visit):
    one = visit()
    one.page.hover("[data-handle=left_wrist]")
    one.page.keyboard.press("h")
    one.page.wait_for_selector("[data-handle=left_wrist]", state="hidden")
    assert one.page.locator("[data-handle=right_wrist]").is_visible()
    with one.page.expect_request("**/v1/control") as asked, one.page.expect_download():
        one.page.click("[data-export=zip]")
    assert asked.value.post_data_json["hidden"] == ["left_wrist"]
    one.page.click("[data-eye]")
    one.page.wait_for_selector("[data-handle=left_wrist]")
    one.page.click("[data-eye]")
    one.page.wait_for_selector("[data-handle=right_wrist]", state="hidden")


def test_rings_turn_a_joint_as_far_as_it_goes(visit):
    one = visit()
    elbow = JOINT_INDEX["left_elbow"]
    one.page.click("[data-handle=left_elbow]")
    turn = f"poseloomStudio.viewport.onRing({elbow}, [0, -2.9, 0.4], false)"
    one.page.evaluate(turn)
    one.wait_for(f"Math.abs(poseloomStudio.stage.pose.rotations[{elbow}][1]) > 1.5")
    one.page.evaluate(f"poseloomStudio.viewport.onRing({elbow}, [0, 0, 0], true)")
    one.wait_for("poseloomStudio.stage.canUndo")
    row = one.pose()["rotations"][elbow]
    assert math.degrees(math.hypot(*row)) < 155
    one.page.keyboard.press("Control+z")
    one.wait_for("!poseloomStudio.stage.canUndo")


def test_by_keyboard_alone_a_hand_is_found_moved_pinned_and_let_go(visit):
    one = visit()
    one.page.keyboard.press("Tab")
    one.picture("skip", "light", "dark")
    assert "Skip to the stage" in one.page.evaluate("document.activeElement.innerText")
    one.page.keyboard.press("Enter")
    for _ in range(40):
        if one.page.evaluate("document.activeElement.dataset.handle") == "left_wrist":
            break
        assert one.page.evaluate("document.activeElement.closest('main') !== null")
        one.page.keyboard.press("Tab")
    assert one.page.evaluate("document.activeElement.dataset.handle") == "left_wrist"
    before = one.pose()["rotations"]
    one.page.keyboard.press("Shift+ArrowUp")
    one.wait_for("poseloomStudio.stage.canUndo")
    assert one.pose()["rotations"] != before
    one.page.keyboard.press("p")
    assert one.page.evaluate("poseloomStudio.stage.pins.has('left_wrist')")
    one.page.keyboard.press("p")
    assert "is free" in one.page.inner_text(".notice")


def test_links_skip_the_tools_and_leave_the_address_as_it_is(visit):
    one = visit()
    address = one.page.url
    for link, there in (("stage", "dataset.handle !== undefined"), ("words", "matches('.sentence')")):
        one.page.focus(f".skip[href='#{link}']")
        one.page.keyboard.press("Enter")
        assert one.page.evaluate(f"document.activeElement.{there}")
    one.page.click("[data-eye]")
    one.page.wait_for_selector("[data-handle=left_wrist]", state="hidden")
    one.page.focus(".skip[href='#stage']")
    one.page.keyboard.press("Enter")
    assert one.page.evaluate("document.activeElement.id") == "stage"
    assert one.page.url == address


def test_keys_turn_the_pages_of_a_table(visit):
    one = visit()
    shown, pressed = "[data-table] output", one.page.keyboard.press
    one.page.click("[data-tab=search]")
    one.page.wait_for_selector(f"{shown} >> text=1–10 of 40")
    assert one.page.is_disabled("[data-page=PageUp]")
    one.page.focus("[data-table] .rows")
    pressed("PageDown")
    one.page.wait_for_selector(f"{shown} >> text=11–20 of 40")
    one.page.focus("[data-table] .tile >> nth=2")  # a row that the next page replaces
    pressed("PageDown")
    one.page.wait_for_selector(f"{shown} >> text=21–30 of 40")
    assert one.page.evaluate("document.activeElement.matches('.rows')")
    one.picture("table", "light", "dark")
    pressed("End")
    one.page.wait_for_selector(f"{shown} >> text=31–40 of 40")
    one.page.wait_for_selector("[data-page=PageDown][disabled]")
    pressed("ArrowLeft")
    one.page.wait_for_selector(f"{shown} >> text=21–30 of 40")
    one.page.focus("[data-table] input")
    pressed("PageUp")
    pressed("Home")
    one.page.wait_for_timeout(500)
    assert one.page.inner_text(shown) == "21–30 of 40"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_and_everything_has_a_name(visit, scheme):
    """Contrast (WCAG AA), names, roles, by axe-core."""
    if not AXE.is_file():
        pytest.skip("needs axe-core: 'npm ci' in web/; make studio-test does it")
    one = visit(color_scheme=scheme)
    one.page.evaluate(AXE.read_text(encoding="utf-8"))
    one.page.fill("[data-panel=change] input", "lift the left knee and fly")
    one.page.press("[data-panel=change] input", "Enter")
    one.page.wait_for_selector("[data-panel=change] .chip.no")
    for tab in ("poses", "joints", "hands", "body", "image", "search", "sign"):
        one.page.click(f"[data-tab={tab}]")
        one.page.wait_for_timeout(1500)
        assert _faults(one) == [], tab
    one.page.keyboard.press("?")
    assert _faults(one) == [], "keys"


def _faults(one):
    asked = "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })"
    found = one.page.evaluate(f"{asked}.then((told) => told.violations)")
    return [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]
