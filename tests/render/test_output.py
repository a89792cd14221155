"""Files, sheets, animations and comparisons."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFont

from poseloom.base.errors import FileError, PoseloomError
from poseloom.pose import Clip, Pose
from poseloom.render import (
    SheetLayout,
    animate,
    contact_sheet,
    overlay,
    save_picture,
    side_by_side,
    to_pil,
)
from poseloom.render.gif import Palette
from poseloom.render.sheet import wrap


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def clip() -> Clip:
    rotations = torch.zeros(31, 22, 3)
    rotations[:, 16, 2] = torch.linspace(-1.3, 1.2, 31)
    translation = torch.zeros(31, 3)
    translation[:, 2] = torch.linspace(0, 2.5, 31)
    return Clip(Pose(rotations, translation), fps=30)


@pytest.mark.parametrize(("name", "tolerance"), [("a.png", 0.5), ("a.JPG", 40), ("a.webp", 60)])
def test_pictures_come_back_from_files(tmp_path, picture, name, tolerance):
    path = save_picture(picture, tmp_path / name)
    back = np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1)
    assert np.abs(back - picture.numpy() * 255).mean() <= tolerance
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_transparency_survives_a_png(tmp_path):
    save_picture(torch.rand(4, 8, 8), tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").mode == "RGBA"
    save_picture(torch.rand(4, 8, 8), tmp_path / "a.jpg")
    assert Image.open(tmp_path / "a.jpg").mode == "RGB"


@pytest.mark.parametrize("name", ["a.bmp", "a", "a.png.exe"])
def test_unknown_suffixes_are_told_with_the_known_ones(tmp_path, picture, name):
    with pytest.raises(FileError, match=r"use one of \.png, \.jpg"):
        save_picture(picture, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_told(tmp_path, picture):
    with pytest.raises(FileError, match="does not exist"):
        save_picture(picture, tmp_path / "no" / "a.png")


@pytest.mark.wrong_types
def test_a_batch_is_no_picture(picture):
    with pytest.raises(PoseloomError, match="one picture"):
        to_pil(picture[None])


def test_no_line_is_wider_than_its_card():
    font = ImageFont.load_default(14)
    text = "The left elbow is bent at a right angle. " * 4 + "Donaudampfschifffahrtsgesellschaftskapitaen " * 2
    lines = wrap(text, font, 150)
    assert all(font.getlength(line) <= 150 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrap("one\ntwo", font, 150) == ["one", "two"]
    assert wrap("", font, 150) == []


def test_a_sheet_has_room_for_pictures_and_texts():
    pictures = torch.rand(5, 3, 40, 50)
    bare = contact_sheet(pictures, layout=SheetLayout(columns=3))
    assert bare.size == (3 * 50 + 4 * 20, 2 * 40 + 3 * 20)
    full = contact_sheet(pictures, ["some words " * 5] * 5, labels=list("abcde"), title="Five")
    assert full.height > bare.height
    assert contact_sheet(pictures[:1]).size == (90, 80)


def test_sheets_tell_mistakes():
    with pytest.raises(PoseloomError, match="no pictures"):
        contact_sheet([])
    with pytest.raises(PoseloomError, match="expected 3, as many as pictures, got 2"):
        contact_sheet(torch.rand(3, 3, 8, 8), ["a", "b"])
    with pytest.raises(PoseloomError, match="columns"):
        contact_sheet(torch.rand(3, 3, 8, 8), layout=SheetLayout(columns=-1))


def test_long_labels_and_titles_are_wrapped_not_cut():
    pictures = torch.zeros(1, 3, 60, 120)
    short, long = (
        contact_sheet(pictures, labels=[text]) for text in ("a", "a very long label that needs several lines")
    )
    assert long.width == short.width and long.height > short.height
    ink = np.asarray(long.convert("L")) < 200
    assert not ink[81:, :32].any() and not ink[81:, 140 - 12 :].any()  # nothing reaches the card's border
    titled = contact_sheet(pictures, title="an_unbroken_name_of_a_file_that_is_wider_than_the_page.bvh")
    head = np.asarray(titled.convert("L"))[: titled.height - 90] < 120
    assert head.any() and not head[:, -15:].any()


def test_rows_stay_rows_whatever_the_length_of_the_texts():
    pictures = torch.zeros(4, 3, 40, 120)
    texts = ["words " * 60, "short", "short", "words " * 60]
    sheet = contact_sheet(pictures, texts, layout=SheetLayout(columns=2))
    black = np.asarray(sheet.convert("L")) == 0
    left, right = (np.flatnonzero(black[:, 20 + column * 140 : 140 + column * 140].all(1)) for column in (0, 1))
    assert left.tolist() == right.tolist() and len(left) == 2 * 40
    tallest = contact_sheet(pictures[:1], texts[:1]).height
    assert sheet.height == 2 * (tallest - 20) + 20
    white = np.asarray(sheet.convert("L")) == 255
    assert white[tallest - 20 - 3, 165:275].all()  # the card with the short text is as tall as its neighbour


def test_frames_as_numbered_pictures(tmp_path, clip, preview):
    animate(clip, tmp_path / "f_%03d.png", 32, body=preview, fps=5)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"f_{number:03d}.png" for number in range(5)]
    assert Image.open(tmp_path / names[0]).size == (32, 32)


@pytest.mark.parametrize("name", ["f_%d_%d.png", "50%_%d.png", "f_%04d.gif"])
def test_patterns_that_name_no_sequence_are_told(tmp_path, clip, preview, name):
    with pytest.raises(FileError):
        animate(clip, tmp_path / name, 32, body=preview)
    assert not list(tmp_path.iterdir())


def test_gradients_of_a_gif_have_no_rings():
    """Between the greys of a coarse palette, averages over small squares come back as they were."""
    palette = Palette(np.array([[200] * 3, [204] * 3, [208] * 3], dtype=np.uint8))
    true = np.repeat(np.arange(201, 208), 8)
    ramp = Image.fromarray(np.broadcast_to(true[None, :, None], (32, 56, 3)).astype(np.uint8))
    back = np.asarray(palette.indexed(ramp).convert("L")).astype(float)
    means = back.reshape(4, 8, 7, 8).mean((0, 1, 3))
    assert np.abs(means - np.arange(201, 208)).max() < 0.8
    assert np.array_equal(np.asarray(palette.indexed(ramp)), np.asarray(palette.indexed(ramp)))


def test_the_nearest_colour_of_the_palette_is_taken():
    colours = np.array([[250, 10, 10], [10, 250, 10], [200, 60, 40]], dtype=np.uint8)
    shown = Palette(colours).indexed(Image.fromarray(np.array([[[240, 20, 20], [190, 70, 60], [9, 200, 9]]], np.uint8)))
    assert np.asarray(shown).tolist() == [[0, 2, 1]]


def durations(path) -> list[int]:
    with Image.open(path) as image:
        found = []
        for frame in range(image.n_frames):
            image.seek(frame)
            found.append(image.info["duration"])
        return found


def test_a_gif_lasts_as_long_as_the_clip_and_repeats(tmp_path, clip, preview):
    animate(clip, tmp_path / "a.gif", 48, body=preview)
    assert len(durations(tmp_path / "a.gif")) == 31
    assert sum(durations(tmp_path / "a.gif")) == 1030
    with Image.open(tmp_path / "a.gif") as image:
        assert image.size == (48, 48) and image.info["loop"] == 0


def test_fast_clips_are_thinned_and_keep_their_time(tmp_path, clip, preview):
    fast = dataclasses.replace(clip, fps=120)
    animate(fast, tmp_path / "a.gif", 32, body=preview)
    assert len(durations(tmp_path / "a.gif")) == 8
    assert abs(sum(durations(tmp_path / "a.gif")) - 260) <= 20
    animate(clip, tmp_path / "b.gif", 32, body=preview, fps=10)
    assert sum(durations(tmp_path / "b.gif")) == 1000


def test_the_background_does_not_flicker(tmp_path, clip, preview):
    still = Clip(Pose(clip.pose.rotations), fps=30)
    animate(still, tmp_path / "a.gif", 48, body=preview, fps=10)
    with Image.open(tmp_path / "a.gif") as image:
        corners = set()
        for frame in range(image.n_frames):
            image.seek(frame)
            corners.add(image.convert("RGB").getpixel((2, 2)))
    assert len(corners) == 1


def test_webp_animations(tmp_path, clip, preview):
    animate(clip, tmp_path / "a.webp", 32, body=preview, fps=10)
    with Image.open(tmp_path / "a.webp") as image:
        assert image.n_frames == 10


def test_mp4_has_the_clip_s_frames_and_rate(tmp_path, clip, preview):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    animate(clip, tmp_path / "a.mp4", 64, body=preview)
    facts = next(imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4")))
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))
    assert facts["size"] == (64, 64) and abs(seconds - clip.seconds) < 0.1
    assert frames == round(seconds * facts["fps"])


def test_mp4_without_an_encoder_says_what_to_install(tmp_path, clip, preview, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(FileError, match=r"pip install 'poseloom\[video\]'"):
        animate(clip, tmp_path / "a.mp4", 32, body=preview)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [0, -1, 31])
def test_impossible_rates_are_told(tmp_path, clip, preview, fps):
    with pytest.raises(PoseloomError, match="fps"):
        animate(clip, tmp_path / "a.gif", 32, body=preview, fps=fps)


def test_two_poses_side_by_side_share_scale_and_floor(poses, preview):
    pair = side_by_side(poses[1], poses[4], 48, body=preview)
    assert pair.shape == (3, 48, 96)
    many = side_by_side(poses[:4], poses[1:], (40, 30), body=preview)
    assert many.shape == (4, 3, 40, 60)


def test_a_ghost_shows_where_the_first_pose_was(poses, preview):
    same = overlay(poses[1], poses[1], 48, body=preview)
    other = overlay(poses[0], poses[1], 48, body=preview)
    assert same.shape == other.shape == (3, 48, 48)
    assert (same - other).abs().amax() > 0.1


def test_pairs_of_different_batches_are_told(poses, preview):
    with pytest.raises(PoseloomError, match="batches differ"):
        side_by_side(poses[:2], poses[:3], 32, body=preview)


def test_real_motion_stays_in_view(tmp_path, shared_data, preview):
    arrays = np.load(shared_data("mocap") / "val.npz")
    rows = np.flatnonzero(arrays["seq"] == 0)[:60:6]
    pose = Pose(torch.tensor(arrays["pose"][rows]).float(), torch.tensor(arrays["trans"][rows]).float())
    path = animate(Clip(pose, fps=5), tmp_path / "walk.gif", 48, body=preview)
    assert len(durations(path)) == 10


def test_an_mp4_is_written_frame_by_frame(tmp_path, monkeypatch):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    from poseloom.render.animation import write_animation

    made, sent = [], []

    def frames():
        for number in range(20):
            made.append(number)
            yield Image.new("RGB", (8, 8))

    class Writer:
        def __init__(self, path, *_, **__):
            Path(path).write_bytes(b"")

        def send(self, content):
            if content is not None:
                assert len(made) <= len(sent) + 1
                sent.append(content)

        def close(self):
            pass

    monkeypatch.setattr(imageio_ffmpeg, "write_frames", Writer)
    write_animation(frames(), 20, 10, tmp_path / "a.mp4")
    assert len(sent) == 20
