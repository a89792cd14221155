"""Texts that are drawn together have the poses that each has alone."""

import pytest
import torch

from poseloom.api import generate, load_model
from poseloom.base.errors import PoseloomError

TEXTS = (
    "a person kneeling",
    "a person with both arms raised and the left knee bent",
    "The person stands with the feet together. Both arms are raised to the sides.",
    "hands on the hips",
    "",
    "sitting on a chair, legs crossed",
    "touching the left foot with the right hand",
)


@pytest.mark.parametrize("n", [1, 3])
def test_each_text_has_the_poses_that_it_has_alone(n):
    made = load_model("generation").generate_all(TEXTS, n, range(len(TEXTS)))
    for seed, (text, one) in enumerate(zip(TEXTS, made, strict=True)):
        alone = generate(text, n, seed)
        assert torch.allclose(one.poses.rotations, alone.poses.rotations, atol=2e-3), text
        told, wanted = one.as_json(), alone.as_json()
        assert [row["holds"] for row in told.pop("poses")] == [row["holds"] for row in wanted.pop("poses")]
        assert told == wanted


def test_a_text_that_is_not_understood_does_not_spoil_the_others():
    first, second, third = load_model("generation").generate_all(["squat", "xyzzy plugh", "kneeling"])
    assert isinstance(second, PoseloomError)
    assert first.understood
    assert third.understood
    assert load_model("generation").generate_all([]) == []
