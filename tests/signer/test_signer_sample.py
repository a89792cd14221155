"""Properties of every sign, on a fixed sample of real and of drawn strings: bounds that hold today, on the skin.

The measures are those of `tools/sign_figures.py`, which do not use the signer's own means of keeping clear.
"""

import sys
from itertools import islice
from pathlib import Path

import pytest

from poseloom.language.hamnosys import check_file, from_names
from poseloom.tasks.sign.composed.strings import composed_strings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import sign_figures

SEED, DRAWN, PUBLIC = 77, 24, 18
CONTACTS = (
    "symmlr flathand extfingerul palmd touch head",
    "symmlr fist extfingeru palmd chest touch",
    "flathand extfingerl palmd chin touch",
    "flathand extfingerl palml chest touch moved",
    "finger2 extfingeru palml cheek touch",
    "symmlr flathand extfingeru palml touch",
)
"""Contacts are rare in the list."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(shared_data):
    """Figures of each string, real and drawn."""
    rows = check_file(shared_data("hamnosys") / "train.json")[::12][:PUBLIC]
    skin = sign_figures.Skin()
    texts = {
        "real": [row.text for row in rows] + [from_names(names) for names in CONTACTS],
        "drawn": islice(composed_strings(SEED), DRAWN),
    }
    return {kind: [sign_figures.measure(text, skin) for text in each] for kind, each in texts.items()}


@pytest.mark.parametrize(("kind", "deepest", "deep"), [("real", 0.01, 0), ("drawn", 0.015, 1)])
def test_nothing_goes_deep_into_the_body_or_the_other_arm(measured, kind, deepest, deep):
    depths = [max(one.depth.values()) for one in measured[kind]]
    assert max(depths) < deepest
    assert sum(depth > sign_figures.DEEP for depth in depths) <= deep


@pytest.mark.parametrize(("kind", "fastest", "flipping"), [("real", 2.9, 0), ("drawn", 3.6, 2)])
def test_elbows_are_no_faster_than_people_move_them(measured, kind, fastest, flipping):
    assert max(one.elbow for one in measured[kind]) < fastest
    assert sum(one.flips > 0 for one in measured[kind]) <= flipping


def test_mirrored_signs_mirror(measured):
    mirrors = [one.mirror for each in measured.values() for one in each if one.mirror is not None]
    assert len(mirrors) >= 3
    assert max(mirrors) < sign_figures.MIRRORED


@pytest.mark.parametrize(("kind", "count", "unmet"), [("real", 7, 0), ("drawn", 12, 2)])
def test_contacts_are_met(measured, kind, count, unmet):
    distances = [distance for one in measured[kind] for distance in one.contacts]
    assert len(distances) >= count
    assert sum(distance > sign_figures.MET for distance in distances) <= unmet
