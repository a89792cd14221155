"""``poseloom recover``: a photo becomes files, pictures and words; bad input is told in one line."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import poseloom
from poseloom.images.kinds import is_picture, shows_people
from poseloom.pose.stances import stance
from poseloom.render import View, render, save_picture


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A drawn person, waving."""
    path = tmp_path_factory.mktemp("photos") / "person.png"
    pose = stance("stand", grounded=False)
    pose.rotations[17] = pose.rotations.new_tensor([0.0, 0.0, -0.9])  # the right arm is raised
    save_picture(render(pose, 320, view=View(azimuth=0.0, elevation=0.0)), path)
    return path


def test_a_photo_becomes_poses_an_overlay_and_words(command, photo, tmp_path):
    out, overlay = tmp_path / "pose.npz", tmp_path / "over.png"
    status, printed, err = command("recover", photo, "--out", out, "--overlay", overlay)
    assert (status, err) == (0, "") and "person 0" in printed
    clip = poseloom.load(out)
    assert clip.pose.joints == 52 and clip.notes["recovered_from"] == "picture"
    width, height = Image.open(overlay).size
    assert height == 320 and width == 640  # the side view beside it
    drawn = np.asarray(Image.open(overlay).convert("RGB").crop((0, 0, 320, 320)), float)
    before = np.asarray(Image.open(photo).convert("RGB"), float)
    changed = np.abs(drawn - before).max(-1) > 40
    assert 0.01 < changed.mean() < 0.3 and not changed[:, :60].any()
    texts = [command("describe", file)[1] for file in (photo, out)]
    assert texts[0] == texts[1] and "stand" in texts[0]


def test_json_is_the_result_and_nothing_else(command, photo):
    status, printed, _ = command("recover", photo, "--json")
    found = json.loads(printed)
    assert status == 0 and list(found)[-1] == "notes"
    (person,) = found["people"]
    assert len(person["rotations"]) == len(found["joints"]) == 52 and len(person["keypoints"]) == 33
    assert not found["camera"]["focal_known"] and person["translation"][2] < -1


def test_load_takes_a_photo_wherever_it_takes_a_motion(command, photo, tmp_path):
    status, printed, _ = command("convert", photo, tmp_path / "pose.bvh")
    assert status == 0 and "1 frames" in printed
    assert len(poseloom.load(tmp_path / "pose.bvh")) == 1
    status, printed, _ = command("instruct", photo, photo)
    assert status == 0 and printed.strip()
    bare = tmp_path / "bare"
    bare.write_bytes(photo.read_bytes())
    assert is_picture(bare) and shows_people(bare) and not shows_people(tmp_path / "pose.bvh")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--algorithm", "magic"), "landmarks"),
        (("--people", "0"), "1 or more"),
        (("--overlay", "over.gif"), ".png"),
        (("--box", "900", "900", "10", "10"), "outside"),
        (("--lens", "0"), "millimetres"),
    ],
)
def test_mistakes_are_told_in_one_line(command, photo, options, told):
    status, printed, err = command("recover", photo, *options)
    assert status == 2 and printed == "" and told in err and err.count("\n") == 1


def test_a_picture_without_people_is_told(command, tmp_path):
    save_picture(render(stance("stand", grounded=False), 64)[:, :20, :20], tmp_path / "wall.png")
    status, _, err = command("recover", tmp_path / "wall.png")
    assert status == 2 and "nobody" in err


def test_the_photos_of_a_folder_come_on_one_sheet(command, photo, tmp_path):
    sheet = tmp_path / "sheet.png"
    status, printed, _ = command("recover", photo.parent, "--overlay", sheet, "--out", tmp_path)
    assert status == 0 and "person.png" in printed and sheet.exists() and (tmp_path / "person.npz").exists()


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """The drawn person in four frames, 8 a second, moving to the right."""
    pytest.importorskip("imageio_ffmpeg")
    from poseloom.render.animation import write_animation

    picture = Image.fromarray(drawn_person())
    frames = []
    for shift in range(4):
        frame = Image.new("RGB", (400, 320), (215, 220, 225))
        frame.paste(picture, (10 + 10 * shift, 0))
        frames.append(frame)
    path = tmp_path_factory.mktemp("videos") / "walk.mp4"
    return write_animation(iter(frames), len(frames), 8.0, path)


def drawn_person():
    pose = stance("stand", grounded=False)
    return (render(pose, 320, view=View(azimuth=0.0, elevation=0.0)).permute(1, 2, 0) * 255).byte().numpy()


def test_bodies_are_drawn_over_every_frame_of_a_video(command, video, tmp_path):
    from poseloom.images.video import open_video

    over = tmp_path / "over.mp4"
    status, printed, _ = command("recover", video, "--overlay", over)
    assert status == 0 and "over.mp4" in printed
    before, after = open_video(video), open_video(over)
    assert (after.size, after.fps) == (before.size, before.fps) == ((400, 320), 8.0)
    pairs = list(zip(before.frames(), after.frames(), strict=True))
    assert len(pairs) == 4
    middles = []
    for old, new in pairs:
        changed = ((new - old).abs().amax(0) > 0.2).float()
        assert 0.003 < float(changed.mean()) < 0.3
        middles.append(float((changed.sum(0) * torch.arange(400)).sum() / changed.sum()))
    assert 20 < middles[-1] - middles[0] < 40


def test_an_overlay_of_a_video_is_one(command, video, tmp_path):
    status, _, err = command("recover", video, "--overlay", tmp_path / "over.png")
    assert status == 2 and ".mp4" in err


def test_by_default_a_photo_is_looked_at_by_the_small_network_and_a_video_by_the_lifter(photo, video):
    for source, chosen, other in ((photo, "small", "lifted"), (video, "lifted", "small")):
        plain = poseloom.recover(source).poses.rotations
        assert torch.equal(plain, poseloom.recover(source, algorithm=chosen).poses.rotations)
        assert not torch.allclose(plain, poseloom.recover(source, algorithm=other).poses.rotations, atol=1e-3)


def test_the_small_network_looks_at_each_frame_of_a_video_twice_and_keeps_its_keypoints(video, monkeypatch):
    """Once mirrored; the keypoints are those that were smoothed over time."""
    from poseloom.tasks.mesh_recovery import small_looks

    taken, look_at = [], small_looks.sight_of
    monkeypatch.setattr(small_looks, "sight_of", lambda *given: (taken.append(given[3].mirrored), look_at(*given))[1])
    found = poseloom.recover(video, algorithm="small")
    assert taken == [False, True] * 4
    assert torch.equal(found.keypoints.points, poseloom.recover(video, algorithm="lifted").keypoints.points)
