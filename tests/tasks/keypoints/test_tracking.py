"""People through a video: one number each, also where they cross; gaps; regions without the detector."""

from __future__ import annotations

import pytest
import torch

from poseloom.images.read import read_picture
from poseloom.tasks.keypoints import people as people_of_frames
from poseloom.tasks.keypoints.people import PeopleOfFrames, collected
from poseloom.tasks.keypoints.tracking import Tracker

WIDTH, HEIGHT = 480, 270


@pytest.fixture(scope="module")
def cut_outs(shared_data):
    """Two people, each with a little of the surroundings."""
    pictures = []
    for name, (left, top, right, bottom) in (
        ("photos/charades-crop.jpg", (0, 0, 546, 900)),
        ("keypoint-samples/coco/000000000785.jpg", (250, 20, 560, 420)),
    ):
        part = read_picture(shared_data(".") / name)[:, top:bottom, left:right]
        size = (230, round(230 * part.shape[-1] / part.shape[-2]))
        pictures.append(torch.nn.functional.interpolate(part[None], size=size, mode="area")[0])
    return pictures


def scene(*placed) -> torch.Tensor:
    """Pictures put into a grey one, the later ones in front, by their left edge."""
    picture = torch.full((3, HEIGHT, WIDTH), 0.5)
    for part, left in placed:
        start, end = max(0, left), min(WIDTH, left + part.shape[-1])
        if end > start:
            picture[:, 20 : 20 + part.shape[-2], start:end] = part[:, :, start - left : end - left]
    return picture


def test_the_detector_runs_once_for_somebody_who_stays(reader, cut_outs, monkeypatch):
    looks = []
    look_for = type(reader).look_for
    monkeypatch.setattr(type(reader), "look_for", lambda self, *a, **k: looks.append(1) or look_for(self, *a, **k))
    tracker = Tracker(reader, 25, 1, with_hands=False)
    people = list(tracker.follow(scene((cut_outs[0], 100 + 3 * k)) for k in range(8)))
    assert len(looks) == 1
    assert [one.ids.tolist() for one in people] == [[0]] * 8
    way = people[-1].body.points[0, 11:13, 0].mean() - people[0].body.points[0, 11:13, 0].mean()
    assert 12 < float(way) < 30  # 21 pixels, less the lag


def test_smoothing_calms_and_can_be_left_out(reader, cut_outs):
    noise = torch.Generator().manual_seed(0)
    frames = [
        (scene((cut_outs[0], 150)) + 0.1 * torch.randn(3, HEIGHT, WIDTH, generator=noise)).clamp(0, 1) for _ in range(6)
    ]
    restless = []
    for smooth in (True, False):
        found = list(Tracker(reader, 25, 1, smooth, with_hands=False).follow(frames))
        points = torch.stack([one.body.points[0, :, :2] for one in found])
        restless.append(float(points.diff(dim=0).norm(dim=-1).mean()))
    assert restless[0] < 0.7 * restless[1]


def test_two_who_cross_keep_their_numbers(reader, cut_outs, monkeypatch):
    tracker = Tracker(reader, 6, None, with_hands=False)
    frames = 12
    found = []
    for k in range(frames):
        share = k / (frames - 1)
        found.append(
            tracker.step(scene((cut_outs[1], round(290 - 270 * share)), (cut_outs[0], round(20 + 290 * share))))
        )
    rows = collected(found, "", 6.0, torch.arange(frames) / 6)
    assert_put_together(found, rows, monkeypatch)
    assert len(rows.people) == 2
    middles = {number: rows.of_person(number).points[:, 11:13, 0].mean(1) for number in rows.people}
    first, last = found[0], found[-1]
    assert sorted(first.ids.tolist()) == sorted(last.ids.tolist()) == sorted(rows.people)
    went = {number: float(middle[-1] - middle[0]) for number, middle in middles.items()}
    assert max(went.values()) > 150 and min(went.values()) < -150


def test_somebody_who_comes_back_is_known_and_the_gap_stays_empty(reader, cut_outs):
    tracker = Tracker(reader, 10, None, with_hands=False)
    there, away = scene((cut_outs[0], 150)), scene()
    counts = [len(tracker.step(there if k < 3 or k > 5 else away)) for k in range(9)]
    assert counts == [1, 1, 1, 0, 0, 0, 1, 1, 1]
    assert tracker.step(there).ids.tolist() == [0]


def test_a_box_chooses_who_is_followed(reader, cut_outs):
    both = scene((cut_outs[0], 20), (cut_outs[1], 290))
    box = torch.tensor([[300.0, 25.0, 160.0, 220.0]])
    tracker = Tracker(reader, 25, None, with_hands=False, boxes=box)
    for _ in range(3):
        people = tracker.step(both)
        assert people.ids.tolist() == [0] and float(people.body.points[0, 11:13, 0].mean()) > 280


def far_away(part, left, top, height=54):
    """A person in a wide grey picture, too small for the detector when it sees all of it."""
    width = round(part.shape[-1] * height / part.shape[-2])
    small = torch.nn.functional.interpolate(part[None], size=(height, width), mode="area")[0]
    picture = torch.full((3, HEIGHT * 2, WIDTH * 2), 0.5)
    picture[:, top : top + height, left : left + width] = small
    return picture


@pytest.mark.parametrize("limit", [None, 1])
def test_small_people_are_found_in_tiles_and_followed(reader, cut_outs, monkeypatch, limit):
    tiled = []
    look_for = type(reader).look_for

    def noted(self, picture, several, *, tiled_=tiled, tiled=True, **more):
        tiled_.append(several and tiled)
        return look_for(self, picture, several, tiled=tiled, **more)

    monkeypatch.setattr(type(reader), "look_for", noted)
    tracker = Tracker(reader, 10, limit, with_hands=False)
    found = [tracker.step(far_away(cut_outs[0], 600 + 2 * k, 300, 100)) for k in range(12)]
    assert all(one.ids.tolist() == [0] for one in found)
    middle = found[0].body.points[0, :, :2].mean(0)
    assert 590 < float(middle[0]) < 680 and 290 < float(middle[1]) < 410
    assert sum(tiled) == 1  # not again within four seconds


def test_people_without_masks_hold_none_of_their_memory(reader, cut_outs):
    people = Tracker(reader, 25, 1, with_hands=False).step(scene((cut_outs[0], 150)))
    assert people.body.masks.numel() > 60_000
    assert people.without_masks().body.masks.untyped_storage().nbytes() == 0


def assert_put_together(found, rows, monkeypatch):
    """Frames that are joined as they come give the same rows, in few tensors."""
    monkeypatch.setattr(people_of_frames, "_JOINED_AT_ONCE", 5)
    frames = PeopleOfFrames()
    for one in found:
        frames.append(one)
    assert len(frames.parts) == len(found) // 5 + len(found) % 5
    again = collected(frames.parts, "", rows.fps, rows.times, counts=frames.counts)
    for name in ("frame", "person", "points", "world", "visibility", "scores"):
        torch.testing.assert_close(getattr(again, name), getattr(rows, name))
