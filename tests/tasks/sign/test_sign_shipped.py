"""The shipped model: that it is there, how it scores, and that it keeps what its card promises."""

import numpy as np
import pytest

from poseloom.checkpoints.registry import load_model, shipped_models
from poseloom.language.hamnosys import from_names
from poseloom.tasks.sign.composed.clips import signed_by_rule
from poseloom.tasks.sign.evaluate import repair_figures
from poseloom.tasks.sign.layouts import sign_layout
from poseloom.tasks.sign.sources import is_held_out

TEXT = from_names("flathand extfingerl palml chest touch")


@pytest.fixture(scope="module")
def signer():
    if all(model.card is None for model in shipped_models() if model.name == "sign"):
        pytest.skip("this installation has no shipped signing model")
    return load_model("sign")


def test_the_figures_are_those_that_were_asked_for(signer):
    figures = signer.card.figures
    assert figures["ndtw_mje"] <= figures["still"] / 2
    assert figures["ndtw_mje"] < figures["neighbour"]
    assert figures["length_error"] <= 15
    assert figures["repair"] < figures["linear"]
    assert 95 <= figures["path"] <= 105 and figures["path_near"] >= 70 and figures["jitter"] <= 150


@pytest.mark.parametrize(
    "names",
    [
        "flathand extfingeru palmu chin touch parbegin moveo arcd replace extfingero palmu parend",
        "symmlr flathand extfingeruo palmdl head close movedr",
        "finger23spread extfingeru palmd mover wavy",
        "symmlr finger2345 thumboutmod fingerbendmod extfingeruo palmu moved smallmod repeatfromstart",
    ],
)
def test_wrists_go_as_far_as_by_rule(signer, names):
    text, layout = from_names(names), sign_layout("holistic-75")
    by_rule = signed_by_rule(text, layout).values
    start = layout.sequence(by_rule[:1], np.ones(by_rule[:1].shape[:2]))
    made = signer.sign(text, start=start).keypoints.values[:, 0]
    width = np.linalg.norm(made[0, 11] - made[0, 12])
    for wrist in [arm.wrist for arm in layout.arms]:
        own, true = (np.linalg.norm(np.diff(v[:, wrist], axis=0), axis=-1).sum() for v in (made / width, by_rule))
        assert own == pytest.approx(true, rel=0.15, abs=0.1)


def test_the_card_says_what_it_learned_from(signer):
    assert "not from signers" in signer.card.card.data
    assert "real data" in signer.card.card.limits


def test_a_hand_goes_to_the_chest(signer):
    made = signer.sign(TEXT).keypoints
    wrist = made.values[:, 0, made.point("POSE_LANDMARKS", "RIGHT_WRIST")]
    shoulders = made.values[0, 0, [made.point("POSE_LANDMARKS", f"{side}_SHOULDER") for side in ("LEFT", "RIGHT")]]
    width = np.linalg.norm(shoulders[0] - shoulders[1])
    middle = made.values[len(made) // 3 : 2 * len(made) // 3]
    heights = middle[:, 0, made.point("POSE_LANDMARKS", "RIGHT_WRIST"), 1]
    assert heights.mean() < wrist[0, 1] - width / 2


def test_a_clip_of_the_signer_is_repaired_better_than_by_lines(signer):
    texts = [TEXT, from_names("finger2 extfingeru palmd mover repeatfromstart")]
    clips = [signed_by_rule(text, sign_layout("holistic-75")) for text in texts]
    figures = repair_figures(signer.model, clips, signer.model.default_steps)
    assert figures["repair"] < figures["linear"]
    assert not is_held_out("")
