"""Anchors, suppression, and what makes a candidate a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from poseloom.images.roi import Roi
from poseloom.tasks.keypoints.body import BodyPoints, refined
from poseloom.tasks.keypoints.detection import FACE, PERSON, overlaps, suppressed
from poseloom.tasks.keypoints.finding import (
    Candidates,
    confirmed,
    distinct,
    filling,
    hidden_in_larger,
    plausible,
    tiles,
    trust,
)


def test_anchors_lie_row_by_row_from_fine_to_coarse():
    anchors = PERSON.anchors()
    assert anchors.shape == (2254, 2) and FACE.anchors().shape == (896, 2)
    torch.testing.assert_close(anchors[0], torch.full((2,), 1 / 56))
    torch.testing.assert_close(anchors[2], torch.tensor([3 / 56, 1 / 56]))
    torch.testing.assert_close(anchors[28 * 28 * 2], torch.full((2,), 1 / 28))
    torch.testing.assert_close(anchors[-1], torch.full((2,), 13 / 14))


def boxes(*rows):
    return torch.tensor([[[x, y], [w, h]] for x, y, w, h in rows])


def test_overlap_of_boxes_is_intersection_over_union():
    found = overlaps(boxes((0.0, 0, 2, 2)), boxes((0.0, 0, 2, 2), (1, 0, 2, 2), (5, 5, 1, 1)))
    torch.testing.assert_close(found, torch.tensor([[1, 1 / 3, 0]]))


def test_boxes_that_overlap_become_their_mean_by_score():
    values = boxes((0.0, 0, 2, 2), (0.4, 0, 2, 2), (9, 9, 2, 2))
    merged, scores = suppressed(values, torch.tensor([0.9, 0.6, 0.7]))
    torch.testing.assert_close(scores, torch.tensor([0.9, 0.7]))
    torch.testing.assert_close(merged[:, 0, 0], torch.tensor([0.4 * 0.6 / 1.5, 9]))
    assert len(suppressed(values[:0], torch.zeros(0))[0]) == 0


def test_heat_maps_refine_where_they_are_certain():
    heat = torch.full((1, 16, 16, 2), -20.0)
    heat[0, 5, 6:8, 0] = 20.0  # two cells side by side
    heat[0, 5, 6, 1] = -1.0  # not certain enough
    places = torch.tensor([[[5.2 / 16, 4.1 / 16], [5.2 / 16, 4.1 / 16]]])
    moved = refined(places, heat)
    torch.testing.assert_close(moved[0, 0], torch.tensor([6.5 / 16, 5 / 16]))
    torch.testing.assert_close(moved[0, 1], places[0, 1])


def standing(x: float = 100.0, height: float = 200.0, score: float = 1.0) -> tuple[BodyPoints, Roi]:
    """Somebody whose nose is at (x, 40) in a region one and a half times as high."""
    points = torch.zeros(1, 33, 3)
    points[..., 0], points[..., 1] = x, 40.0
    for left, y in ((11, 0.15), (13, 0.3), (15, 0.45), (23, 0.45), (25, 0.7), (27, 0.95)):
        points[:, left, :2] = torch.tensor([x + 0.1 * height, 40 + y * height])
        points[:, left + 1, :2] = torch.tensor([x - 0.1 * height, 40 + y * height])
    roi = Roi(torch.tensor([[x, 40 + 0.45 * height]]), torch.tensor([1.5 * height]), torch.zeros(1))
    seen, size = torch.ones(1, 33), 32
    return BodyPoints(points, points, seen, seen, torch.tensor([score]), roi, torch.ones(1, size, size)), roi


def test_a_person_is_plausible_and_a_squeezed_or_faint_one_is_not():
    body, roi = standing()
    assert plausible(body, roi).all()
    squeezed = body.points.clone()
    squeezed[..., 1] = 40 + (squeezed[..., 1] - 40) * 0.5
    assert not plausible(replace(body, points=squeezed), roi).any()
    assert not plausible(replace(body, score=torch.tensor([0.4])), roi).any()
    assert not plausible(replace(body, visibility=torch.full((1, 33), 0.3)), roi).any()


def test_a_second_look_confirms_what_stays_in_place():
    body, roi = standing()
    assert confirmed(body, body, roi).all()
    a_bit, far = body.points.clone(), body.points.clone()
    a_bit[..., 0] += 0.04 * roi.side
    far[..., 0] += 0.1 * roi.side
    assert confirmed(body, replace(body, points=a_bit), roi).all()
    assert not confirmed(body, replace(body, points=far), roi).any()
    lying = Roi(roi.centre, roi.side, torch.tensor([1.6]))
    assert confirmed(body, body, lying).all()
    assert not confirmed(body, replace(body, points=a_bit), lying).any()


def test_the_same_person_twice_is_one_and_the_more_trusted_stays():
    looks = [standing(100), standing(108), standing(300)]
    body = BodyPoints.joined([look[0] for look in looks])
    assert distinct(body.points, torch.tensor([0.5, 0.9, 0.7])).tolist() == [False, True, True]


def test_a_nose_off_the_detected_face_costs_trust():
    body, roi = standing()
    at = [
        Candidates(roi, torch.ones(1), torch.zeros(1, dtype=torch.bool), torch.tensor([[x, 40.0]])) for x in (100, 150)
    ]
    on, off = (float(trust(found, body)) for found in at)
    assert on == pytest.approx(1.0) and off < 0.7


def test_a_smaller_one_with_the_same_head_or_faint_within_is_dropped():
    big, small = standing(100, 200), standing(103, 90)
    roi = Roi.joined([big[1], small[1]])
    assert hidden_in_larger(BodyPoints.joined([big[0], small[0]]), roi).tolist() == [False, True]
    child, faint = standing(140, 90), standing(140, 90, 0.6)
    roi = Roi.joined([big[1], child[1]])
    assert not hidden_in_larger(BodyPoints.joined([big[0], child[0]]), roi).any()
    assert hidden_in_larger(BodyPoints.joined([big[0], faint[0]]), roi).tolist() == [False, True]


def test_a_box_is_filled_by_the_person_in_it():
    body, _ = standing(100, 200)
    own = torch.tensor([[80.0, 40.0, 40.0, 190.0]])
    assert filling(body, own).item() == pytest.approx(1.0)
    assert filling(body, own * 2).item() < 0.3


def test_tiles_cover_the_picture():
    picture = torch.zeros(3, 400, 1000)
    found = tiles(picture, 0.36)
    assert (found.side == 360).all()
    low, high = found.centre - 180, found.centre + 180
    assert low.amin(0).tolist() == [0, 0] and high.amax(0).tolist() == [1000, 400]
    assert len(tiles(torch.zeros(3, 200, 200), 0.36)) == 0
