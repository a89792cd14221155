"""What goes wrong around a page: another tab, a server that stops, old links, a lost table."""

from __future__ import annotations

import base64
import shutil
import struct

import pytest
from studio_visits import MILLISECONDS, Visit, free_port, start_studio

from poseloom.pose import JOINT_INDEX

pytestmark = pytest.mark.slow


def test_two_tabs_have_their_own_stage_and_share_the_library(browser, studio_address):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    pages = [context.new_page(), context.new_page()]
    for page in pages:
        page.goto(f"{studio_address}?mesh=preview")
        page.wait_for_selector(".sentence", timeout=MILLISECONDS)
    pose = "poseloomStudio.stage.pose.rotations"
    before = pages[1].evaluate(pose)
    pages[0].keyboard.press("m")
    assert pages[0].evaluate(pose) != before
    assert pages[1].evaluate(pose) == before
    for page, name in zip(pages, ("from the first", "from the second"), strict=True):
        page.fill("[data-panel=poses] form input", name)
        page.press("[data-panel=poses] form input", "Enter")
    pages[0].reload()
    pages[0].wait_for_selector(".kept >> nth=1", timeout=MILLISECONDS)
    assert pages[0].locator(".kept").count() == 2
    context.close()


@pytest.fixture
def own_studio(browser, studio_table, tmp_path):
    """A studio that may be stopped and started, with a table that may be removed."""
    table = shutil.copytree(studio_table[0], tmp_path / "table")
    port = free_port()

    def start():
        return start_studio(port, "--table", f"mine={table}")

    running = [start()]

    def stop():
        running[-1].terminate()
        running[-1].wait(30)

    yield f"http://127.0.0.1:{port}/?mesh=preview", table, stop, lambda: running.append(start())
    stop()


def test_a_server_that_comes_back_finds_the_pose_as_it_was(browser, own_studio):
    address, _, stop, start = own_studio
    one = Visit(browser, address, viewport={"width": 1440, "height": 900})
    one.page.keyboard.press("m")
    stop()
    one.page.wait_for_selector(".notice.away.shown")
    assert "Your pose is kept" in one.page.inner_text(".notice")
    one.page.keyboard.press("]")
    kept, words = one.pose()["rotations"], one.words()
    one.page.fill("[data-panel=make] input", "a person sits")
    one.page.press("[data-panel=make] input", "Enter")
    one.page.wait_for_selector(".notice.wrong.shown")
    start()
    one.wait_for("document.querySelector('.notice').textContent === 'Connected again.'")
    assert one.pose()["rotations"] == kept
    assert words
    one.drag("left_wrist", 40, 120)
    one.wait_for(f"poseloomStudio.stage.pose.rotations[{JOINT_INDEX['left_shoulder']}][2] !== {kept[16][2]}")
    assert one.faults == []
    one.page.close()


def test_a_table_that_disappears_is_told_in_a_sentence(browser, own_studio):
    address, table, _, _ = own_studio
    one = Visit(browser, address, viewport={"width": 1440, "height": 900})
    one.page.click("[data-tab=search]")
    one.page.wait_for_selector("[data-panel=search] .row")
    shutil.rmtree(table)
    one.page.click("[data-panel=search] >> text=→")
    one.page.wait_for_selector(".notice.wrong.shown")
    told = one.page.inner_text(".notice")
    assert "Traceback" not in told
    assert str(table) not in told
    assert one.faults == []
    one.page.close()


@pytest.mark.parametrize(
    "fragment", ["#pose=0.AAAA", "#pose=1.AAAA", "#pose=1.%00%00", "#pose=", "#pose=1." + "A" * 5000]
)
def test_a_damaged_link_is_told_and_another_pose_stands_there(visit, fragment):
    one = visit(query=f"?mesh=preview{fragment}")
    assert "no pose that can be read" in one.page.inner_text(".notice")
    assert one.words()


def test_a_link_without_fingers_still_restores_its_pose(visit):
    numbers = [0] * 66 + [0, 7600, 0]
    numbers[3 * JOINT_INDEX["left_shoulder"] + 2] = 8000
    text = base64.urlsafe_b64encode(struct.pack("<69h", *numbers)).decode().rstrip("=")
    one = visit(query=f"?mesh=preview#pose=1.{text}")
    pose = one.pose()
    assert len(pose["rotations"]) == 52
    assert pose["rotations"][JOINT_INDEX["left_shoulder"]] == [0, 0, 1]
    assert pose["translation"] == [0, 0.95, 0]


def test_many_undos_and_hasty_drags_leave_a_whole_pose(visit):
    one = visit()
    for way in (80, -60, 90, -40):
        one.drag("left_wrist", way, 50, steps=3)
        one.page.keyboard.press("Control+z")
    for _ in range(30):
        one.page.keyboard.press("Control+z")
    one.page.keyboard.press("Control+y")
    one.page.keyboard.press("Escape")
    assert all(
        len(row) == 3 and all(isinstance(value, int | float) for value in row) for row in one.pose()["rotations"]
    )
    assert one.words()
