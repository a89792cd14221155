"""Videos frame by frame: turned, of varying length, broken off, animated pictures; times stay true."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
import torch
from PIL import Image

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.video import is_video, open_video, suffix_of_content

RED, BLUE = (250, 10, 10), (10, 10, 250)


def halves() -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (64, 48), RED)
    image.paste(BLUE, (32, 0, 64, 48))
    return image


@pytest.fixture(scope="module")
def ffmpeg():
    return pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()


@pytest.fixture(scope="module")
def clip(ffmpeg, tmp_path_factory):
    """20 frames at 10 a second, each a little brighter."""
    folder = tmp_path_factory.mktemp("video")
    for number in range(20):
        Image.new("RGB", (64, 48), (number * 12,) * 3).save(folder / f"{number:02d}.png")
    path = folder / "a.mkv"
    command = [ffmpeg, "-loglevel", "error", "-framerate", "10", "-i", str(folder / "%02d.png"), "-c:v", "mjpeg"]
    subprocess.run([*command, "-q:v", "1", str(path)], check=True)
    return path


def test_frames_come_in_order_with_rate_and_length(clip):
    video = open_video(clip)
    assert (video.size, video.original, video.fps, video.expected) == ((64, 48), (64, 48), 10.0, 20)
    levels = [frame.mean().item() for frame in video.frames()]
    np.testing.assert_allclose(levels, np.arange(20) * 12 / 255, atol=0.02)
    assert video.notes == []


def test_another_rate_keeps_the_time(clip):
    levels = [frame.mean().item() for frame in open_video(clip, 5).frames()]
    assert len(levels) == 10
    assert all(np.diff(levels) > 0.05)  # every second one
    assert len(list(open_video(clip, 20).frames())) == 40


def test_a_video_held_sideways_is_turned(ffmpeg, tmp_path):
    halves().save(tmp_path / "a.png")
    plain, turned = tmp_path / "a.mp4", tmp_path / "b.mp4"
    command = [ffmpeg, "-loglevel", "error", "-loop", "1", "-t", "0.5", "-r", "10", "-i", str(tmp_path / "a.png")]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(plain)], check=True)
    turn = [ffmpeg, "-loglevel", "error", "-display_rotation", "90", "-i", str(plain), "-c", "copy", str(turned)]
    subprocess.run(turn, check=True)
    video = open_video(turned)
    assert video.original == (48, 64)
    frame = next(iter(video.frames()))
    top, bottom = frame[:, :20].mean((1, 2)), frame[:, -20:].mean((1, 2))
    assert (top[2] > 0.8 and bottom[0] > 0.8) or (top[0] > 0.8 and bottom[2] > 0.8)


def test_frames_of_varying_length_are_spread_evenly(ffmpeg, clip, tmp_path):
    """Frames 0 to 9, then every third: the levels still rise with time."""
    path = tmp_path / "vfr.mkv"
    choice = "select=lt(n\\,10)+not(mod(n\\,3))"
    command = [ffmpeg, "-loglevel", "error", "-i", str(clip), "-vf", choice, "-fps_mode", "vfr", "-c:v", "mjpeg"]
    subprocess.run([*command, str(path)], check=True)
    levels = [frame.mean().item() * 255 / 12 for frame in open_video(path, 10).frames()]
    for number, level in enumerate(levels[:18]):
        assert abs(level - number) < 2.2


def test_what_was_read_before_it_breaks_off_is_kept_and_told(clip, tmp_path):
    content = clip.read_bytes()
    half = tmp_path / "half.mkv"
    half.write_bytes(content[: len(content) // 2])
    video = open_video(half)
    count = len(list(video.frames()))
    assert 5 <= count <= 15
    assert len(video.notes) == 1 and f"{count} of about 20 frames" in video.notes[0]


def test_large_frames_are_shrunk(clip):
    video = open_video(clip, longer_side=32)
    assert video.original == (64, 48) and video.size == (32, 24)
    assert next(iter(video.frames())).shape == (3, 24, 32)


@pytest.mark.parametrize("content", [b"", b"no video at all", b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n"])
def test_what_is_no_video_is_told_in_one_line(ffmpeg, tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(FileError) as told:
        list(open_video(path).frames())
    assert "a.mp4" in str(told.value) and len(str(told.value)) < 400 and "\n" not in str(told.value)


def test_sound_alone_is_no_video(ffmpeg, tmp_path):
    path = tmp_path / "a.mp4"
    command = [ffmpeg, "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=0.5", str(path)]
    subprocess.run(command, check=True)
    with pytest.raises(FileError, match="without pictures"):
        open_video(path)


@pytest.mark.parametrize("fps", [0, -1, 1e6, float("nan")])
def test_an_absurd_rate_is_refused(clip, fps):
    with pytest.raises(PoseloomError, match="frames a second"):
        open_video(clip, fps)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animated_pictures_are_videos_and_long_frames_last(tmp_path, suffix):
    frames = [Image.new("RGB", (32, 24), (level,) * 3) for level in (0, 80, 160, 240)]
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[100, 100, 300, 100], loop=0)
    assert is_video(path)
    video = open_video(path)
    assert video.fps == pytest.approx(10)
    levels = [frame.mean().item() * 255 for frame in video.frames()]
    np.testing.assert_allclose(levels, [0, 80, 160, 160, 160, 240], atol=6)


def test_a_still_picture_is_no_video(tmp_path):
    halves().save(tmp_path / "a.gif")
    halves().save(tmp_path / "a.png")
    assert not is_video(tmp_path / "a.gif") and not is_video(tmp_path / "a.png") and is_video("b.MP4")
    assert torch.is_tensor(next(iter(open_video(tmp_path / "a.gif").frames())))


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"\0\0\0\x20ftypisom", ".mp4"),
        (b"\0\0\0\x14ftypqt  ", ".mp4"),
        (b"\0\0\0\x18ftypheic", None),
        (b"\x1a\x45\xdf\xa3....", ".mkv"),
        (b"RIFF\n\0\0\0AVI LIST", ".avi"),
        (b"RIFF\n\0\0\0WEBPVP8X", ".webp"),
        (b"GIF89a", ".gif"),
        (b"\xff\xd8\xff\xe0", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_kind_of_video(content, suffix):
    assert suffix_of_content(content) == suffix
