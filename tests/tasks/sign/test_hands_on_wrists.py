"""Lost hands are put on the signer's own wrists."""

import numpy as np
import pytest

from poseloom.formats.pose_file import layout_of, normalise, read_pose_file
from poseloom.tasks.sign.hands_on_wrists import Arm, with_hands_on_wrists
from poseloom.tasks.sign.views import as_layout

ARM = Arm(0, 1, (2, 23))


def moving_arm(frames=40):
    """A forearm that swings, with a stiff hand on it: elbow, wrist, 21 points."""
    angle = np.sin(np.linspace(0, 2 * np.pi, frames)) * 0.2
    wrist = np.stack([np.linspace(0, 2, frames), np.linspace(0, 1, frames) ** 2, np.zeros(frames)], -1)
    elbow = wrist - np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)
    shape = np.random.default_rng(0).normal(0, 0.2, (21, 3))
    shape[0] = 0.05
    hand = wrist[:, None] + shape
    return np.concatenate([elbow[:, None], wrist[:, None], hand], 1).astype(np.float32)


@pytest.mark.parametrize("lost", [slice(10, 35), slice(0, 12), slice(30, 40)])
def test_a_lost_hand_follows_its_wrist(lost):
    true = moving_arm()
    known = np.ones(true.shape[:2], bool)
    known[lost, 2:] = False
    given = np.where(known[..., None], true, 0)
    made = with_hands_on_wrists(given, known, (ARM,))
    assert np.array_equal(made[known], true[known])
    assert np.linalg.norm(made[lost, 2:] - true[lost, 2:], axis=-1).mean() < 0.1
    offset = np.linalg.norm(made[lost, 2] - true[lost, 1], axis=-1)
    assert offset.max() < 0.15  # the seen one is 0.09


def test_a_hand_that_was_never_seen_has_the_size_of_the_other():
    true = moving_arm()
    both = np.concatenate([true, true + np.float32(3)], 1)
    known = np.ones(both.shape[:2], bool)
    known[:, 25:] = False
    both[:, 25:] = 7 + 2 * (both[:, 25:] - both[:, 25:26])  # what a model made: twice as large, elsewhere
    made = with_hands_on_wrists(both, known, (ARM, Arm(23, 24, (25, 46))))
    assert np.allclose(made[:, 25], both[:, 24], atol=1e-5)
    palms = [np.linalg.norm(made[:, first + 9] - made[:, first], axis=-1) for first in (2, 25)]
    assert np.allclose(palms[1], np.median(palms[0]), atol=1e-4)


def test_whole_hands_of_recordings_beat_straight_lines(shared_data):
    errors = {"lines": [], "wrists": []}
    for name, side in (("openpose_example_v01", 1), ("holistic_576_97frames", 0), ("openpose", 0)):
        sequence = normalise(read_pose_file(shared_data("pose-files") / f"{name}.pose"))
        known = layout_of(sequence)
        body, wrist, hand, _ = known.wrists[side]
        elbow = wrist.replace("WRIST", "ELBOW").replace("Wrist", "Elbow")
        points = [sequence.point(hand, one) for one in sequence.component(hand).points]
        places = [sequence.point(body, elbow), sequence.point(body, wrist), *points]
        values, seen = sequence.values[:, 0][:, places], ~sequence.missing[:, 0][:, places]
        whole = seen.all(1)
        for first in range(1, len(values) - 26, 6):
            gap = slice(first, first + 25)
            if not whole[first - 1 : first + 26].all():
                continue
            kept = seen.copy()
            kept[gap, 2:] = False
            lines = values.copy()
            for place in range(2, 23):
                times = np.flatnonzero(kept[:, place])
                for axis in (0, 1):
                    lines[gap, place, axis] = np.interp(np.arange(first, first + 25), times, values[times, place, axis])
            made = with_hands_on_wrists(np.where(kept[..., None], values, 0), kept, (ARM,))
            for kind, found in (("lines", lines), ("wrists", made)):
                errors[kind].append(np.linalg.norm((found - values)[gap, 2:, :2], axis=-1).mean())
    assert len(errors["lines"]) > 8
    assert np.mean(errors["wrists"]) < 0.7 * np.mean(errors["lines"])


def test_points_of_the_other_family_are_taken_by_their_names():
    from poseloom.formats.pose_file.joints import joints_to_sequence
    from poseloom.tasks.sign.layouts import sign_layout

    generator = np.random.default_rng(0)
    tracks = {
        f"{side}_{part}": generator.normal(size=(3, 3)) for side in ("left", "right") for part in ("elbow", "wrist")
    }
    openpose = joints_to_sequence(tracks, "openpose", 25)
    layout = sign_layout("holistic-75")
    found = as_layout(openpose, layout)
    straight = joints_to_sequence(tracks, "holistic", 25)
    both = ~found.missing & ~straight.missing
    assert both.sum() >= 3 * 4
    assert np.allclose(found.values[..., :2][both], straight.values[..., :2][both])
