"""HumanData files: what is written is read again, in every variant that is in circulation; damage is told in a line."""

import numpy as np
import pytest

from poseloom.base.errors import PoseloomError
from poseloom.formats.human_data import BodyParameters, HumanData, human_data_length, read_human_data, write_human_data

COUNT = 3


def sample(model="smpl", joints=23):
    rng = np.random.default_rng(0)
    mask2d, mask3d = np.zeros(190, bool), np.zeros(190, bool)
    mask2d[[0, 5, 178]] = True
    mask3d[[1, 2]] = True
    flat, deep = (rng.normal(size=(COUNT, 190, width)).astype(np.float32) for width in (3, 4))
    flat[:, ~mask2d] = 0
    deep[:, ~mask3d] = 0
    body = BodyParameters(
        model,
        rng.normal(size=(COUNT, 3)).astype(np.float32),
        rng.normal(size=(COUNT, joints, 3)).astype(np.float32),
        rng.normal(size=(COUNT, 10)).astype(np.float32),
        rng.normal(size=(COUNT, 3)).astype(np.float32),
        np.array([True, False, True]),
    )
    boxes = rng.uniform(1, 9, (COUNT, 5)).astype(np.float32)
    return HumanData(["a.jpg", "b/c.jpg", "d.jpg"], boxes, flat, deep, mask2d, mask3d, body, ["m", "f", "f"], "h36m")


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize(("model", "joints"), [("smpl", 23), ("smplx", 21)])
def test_what_is_written_is_read(tmp_path, compressed, model, joints):
    data = sample(model, joints)
    write_human_data(data, tmp_path / "a.npz", compressed=compressed)
    found = read_human_data(tmp_path / "a.npz")
    for name in ("boxes", "keypoints2d", "keypoints3d", "mask2d", "mask3d"):
        np.testing.assert_array_equal(getattr(found, name), getattr(data, name))
    for name in ("global_orient", "body_pose", "betas", "transl", "present"):
        np.testing.assert_array_equal(getattr(found.body, name), getattr(data.body, name))
    assert (found.image_path, found.gender, found.config) == (data.image_path, data.gender, data.config)
    assert found.body.model == model and human_data_length(tmp_path / "a.npz") == COUNT
    stored = np.load(tmp_path / "a.npz", allow_pickle=True)
    assert stored["keypoints2d"].shape == (COUNT, 3 if compressed else 190, 3)
    assert bool(stored["__keypoints_compressed__"].item()) == compressed and int(stored["__data_len__"]) == COUNT


def test_old_files_have_shorter_masks_bare_boxes_and_joined_joints(tmp_path):
    """Masks of 144 names, four columns of boxes, 69 numbers of a pose, lists as objects, no length."""
    mask = np.zeros(144)
    mask[[3, 4]] = 1
    np.savez_compressed(
        tmp_path / "old.npz",
        image_path=np.array(["a.jpg", "b.jpg"], dtype=object),
        bbox_xywh=np.ones((2, 4)),
        keypoints2d=np.full((2, 2, 3), 5.0),
        keypoints2d_mask=mask,
        smpl=np.array({"body_pose": np.ones((2, 69)), "global_orient": np.ones((2, 3)), "betas": np.ones((2, 10))}),
        __data_len__=np.array(-1),
        __keypoints_compressed__=np.array(True),
    )
    found = read_human_data(tmp_path / "old.npz")
    assert found.boxes.tolist() == [[1, 1, 1, 1, 1]] * 2
    assert found.keypoints2d.shape == (2, 190, 3) and (found.keypoints2d[:, [3, 4]] == 5).all()
    assert found.keypoints2d[:, :3].max() == 0 and found.mask2d.sum() == 2
    assert found.body.body_pose.shape == (2, 23, 3) and found.body.transl is None and found.body.present.all()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"keypoints2d": np.zeros((COUNT, 7, 3))}, "has 7 points, expected 190 or the 3 of its mask"),
        ({"bbox_xywh": np.zeros((COUNT, 3))}, "has 3 columns, expected 4 or 5"),
        ({"bbox_xywh": np.zeros((2, 5))}, r"has shape \(2, 5\)"),
        ({"keypoints3d": np.full((COUNT, 2, 4), np.nan)}, "NaN"),
        ({"smpl": np.array([1.0])}, "expected a table of arrays"),
        ({"has_smpl": np.ones(5)}, "holds 5 values for 3 samples"),
        ({"keypoints2d_mask": np.ones(300)}, "has 300 names"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(tmp_path, change, line):
    write_human_data(sample(), tmp_path / "a.npz")
    content = dict(np.load(tmp_path / "a.npz", allow_pickle=True))
    np.savez(tmp_path / "b.npz", **{**content, **change})
    with pytest.raises(PoseloomError, match=line) as caught:
        read_human_data(tmp_path / "b.npz")
    assert "\n" not in str(caught.value) and len(str(caught.value)) <= 400


class _Bad:
    def __reduce__(self):
        return (print, ("run",))


def test_a_table_that_would_run_something_is_refused(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", image_path=np.array(["a.jpg"]), smpl=np.array(_Bad(), dtype=object))
    with pytest.raises(PoseloomError, match="refused"):
        read_human_data(tmp_path / "a.npz")
    assert "run" not in capsys.readouterr().out
