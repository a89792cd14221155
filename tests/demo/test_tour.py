import base64
import re
from importlib import resources

import pytest
import torch

from poseloom import api
from poseloom.demo import embed, embedded_clip, page, take_tour
from poseloom.demo.page import VIEWER
from poseloom.demo.tour import telling_frames
from poseloom.pose import Clip, Pose


@pytest.fixture(scope="module")
def short_tour():
    rotations = torch.zeros(30, 22, 3)
    rotations[:, 16, 2] = torch.linspace(-1.3, 1.3, 30)
    return take_tour(Clip(Pose(rotations), 10.0, "<raise> & wave"))


@pytest.fixture(scope="module")
def html(short_tour):
    return page(short_tour, short_tour.clip.name)


@pytest.fixture(scope="module")
def viewer():
    return (resources.files("poseloom.demo") / VIEWER).read_text()


def test_telling_frames_are_far_apart_and_in_order():
    joints = torch.zeros(100, 22, 3)
    joints[:, 5, 0] = torch.linspace(0, 1, 100)
    frames = telling_frames(joints, 3)
    assert frames == sorted(frames) and frames[0] == 0 and frames[-1] == 99 and 40 < frames[1] < 60


def test_a_clip_of_one_frame_has_a_tour_without_comparisons():
    tour = take_tour(Clip(Pose(torch.zeros(1, 52, 3)), 30.0, "still"), showcase=False)
    assert len(tour.stills) == 1 and not tour.comparisons
    html = page(tour, "still")
    assert "From one pose" not in html and "Poses from words" not in html


def test_angles_say_that_the_elbows_are_straight(short_tour):
    assert all(angle > 170 for angle in short_tour.angles["left elbow"])


def test_page_holds_every_text_and_escapes_the_name(short_tour, html):
    assert "&lt;raise&gt; &amp; wave" in html and "<raise>" not in html
    assert all(still.text in html for still in short_tour.stills)


def test_page_fetches_nothing(html, viewer):
    own = html.replace(viewer, "")
    assert own != html
    assert not re.search(r"\$\w", own)
    assert not re.search(r"""(src|href)=["'](?!data:)""", own)
    assert "url(" not in own and "import(" not in viewer


def test_scripts_of_the_page_end_where_they_should(html, viewer):
    """A `</script` or `<!--` inside would end or swallow the rest of the page."""
    assert not re.search(r"</script|<!--", viewer)
    assert html.count("<script") == html.count("</script>") == 3
    assert len(viewer) < 700_000


def test_page_carries_the_body_that_turns(short_tour, html, tmp_path):
    content = re.search(r'<script type="text/plain" id="body">([^<]*)</script>', html).group(1)
    path = tmp_path / "body.glb"
    path.write_bytes(base64.b64decode(content))
    read = api.load(path)
    assert len(read) == 30 and torch.allclose(read.pose.matrices(), short_tour.clip.pose.matrices(), atol=1e-3)


def test_the_body_of_a_long_clip_is_thinned_out(tmp_path):
    path = tmp_path / "body.glb"
    path.write_bytes(base64.b64decode(embed.body(Clip(Pose(torch.zeros(1501, 22, 3)), 30.0))))
    read = api.load(path)
    assert len(read) == 501  # every third frame, at most 600
    assert read.seconds == pytest.approx(1501 / 30, abs=0.2)


def test_showcase_gives_what_was_asked_for(short_tour, html):
    shown = short_tour.showcase
    assert [each.label for each in shown.generated] == ["2 of 2 facts hold"] * 4
    assert len(shown.edited) == 2 and (shown.edited[0].picture - shown.edited[1].picture).abs().max() > 0.2
    assert len(shown.found) == 4
    assert all(re.search("sit|seated", each.text) for each in shown.found)
    assert "chin" in shown.signing.says and shown.signing.animation[8:12] == b"WEBP"
    steps = [timing.what for timing in short_tour.timings]
    assert steps[-4:] == ["generate", "edit", "search", "sign"]
    for heading in ("Poses from words", "Changed by an instruction", "Found by words", "Signed"):
        assert f"<h2>{heading}</h2>" in html


def test_embedded_clip_is_smooth_and_stands_on_no_nan():
    clip = embedded_clip()
    joint_speed = (clip.pose.matrices()[1:] - clip.pose.matrices()[:-1]).abs().amax()
    assert clip.fps == 30 and len(clip) > 200 and joint_speed < 0.35
