"""Stand-ins of what estimators and generators write: one motion in the layout of each project."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from poseloom.formats.axes import TO_Y_UP
from poseloom.pose import rotations as rot
from poseloom.pose.sampler import sample

CASES = Path(__file__).parent / "model_files"
LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
FRAMES = 6
CAMERA = np.array(TO_Y_UP["-y"])


def motion(seed=3):
    """Poses, and where the pelvis is."""
    poses = sample(FRAMES, seed=seed).body().rotations.double()
    place = np.stack([np.linspace(0, 0.3, FRAMES), np.full(FRAMES, 0.5), np.linspace(2, 2.5, FRAMES)], 1)
    return poses, place


def smpl_72(poses):
    return np.concatenate([poses.numpy().reshape(FRAMES, -1), np.zeros((FRAMES, 6))], 1)


def in_camera(poses):
    """The same poses in a camera's axes: y down, z away."""
    turned = poses.clone()
    turned[:, 0] = rot.rotmat_to_rotvec(torch.from_numpy(CAMERA) @ rot.rotvec_to_rotmat(poses[:, 0]))
    return turned


def matrices(poses, joints=24):
    both = torch.cat([poses, poses.new_zeros(FRAMES, joints - 22, 3)], 1)
    return rot.rotvec_to_rotmat(both).numpy()


def rows_6d(poses):
    return matrices(poses)[..., :2, :].reshape(FRAMES, 24, 6)


def same(clip, poses):
    return (
        float((rot.rotvec_to_rotmat(clip.pose.body().rotations) - rot.rotvec_to_rotmat(poses).float()).abs().max())
        < 1e-4
    )


def wham(poses, place):
    person = {"pose_world": smpl_72(poses), "trans_world": place, "pose": smpl_72(in_camera(poses)), "trans": place}
    short = {name: array[:2] for name, array in person.items()}
    return {0: short, 4: {**person, "betas": np.zeros((FRAMES, 10)), "verts": np.zeros((FRAMES, 5, 3))}}


def vibe(poses, _):
    return {7: {"pred_cam": np.ones((FRAMES, 3)), "pose": smpl_72(in_camera(poses)), "betas": np.zeros((FRAMES, 10))}}


def phalp(poses, place):
    turned = matrices(in_camera(poses))
    frames = {}
    for index in range(FRAMES):
        one = {
            "global_orient": turned[index, :1].astype(np.float32),
            "body_pose": turned[index, 1:].astype(np.float32),
            "betas": np.zeros(10, np.float32),
        }
        other = {name: np.broadcast_to(np.eye(3, dtype=np.float32), x.shape) for name, x in one.items() if x.ndim > 1}
        nobody = index == 2
        frames[f"demo/{index:06d}.jpg"] = {
            "time": index,
            "tid": [2] if nobody else [9, 2],
            "smpl": [one] if nobody else [other, one],
            "camera": [place[index] @ CAMERA] * (1 if nobody else 2),
        }
    return frames


def romp(poses, place):
    thetas = smpl_72(in_camera(poses))
    frames = {
        f"{index:03d}.png": {"smpl_thetas": thetas[index : index + 1], "cam_trans": place[index : index + 1] @ CAMERA}
        for index in range(FRAMES)
    }
    return {"results": np.array(frames, dtype=object)}


def trace(poses, place):
    turned = smpl_72(in_camera(poses))
    body = np.concatenate([np.zeros((FRAMES, 3)), turned[:, 3:]], 1)
    interleaved = {
        "smpl_thetas": np.repeat(body, 2, 0),
        "world_global_rots": np.repeat(turned[:, :3], 2, 0),
        "world_trans": np.repeat(place @ CAMERA, 2, 0),
        "track_ids": np.tile([3, 5], FRAMES),
    }
    return {"outputs": np.array(interleaved, dtype=object)}


def tram(poses, place):
    return {
        "pred_rotmat": torch.from_numpy(matrices(in_camera(poses))),
        "pred_trans": torch.from_numpy(place @ CAMERA)[:, None],
        "pred_shape": torch.zeros(FRAMES, 10),
        "frame": torch.arange(FRAMES),
    }


def slahmr(poses, place):
    turned = in_camera(poses).numpy()
    one = {"root_orient": turned[:, 0], "pose_body": turned[:, 1:].reshape(FRAMES, 63), "trans": place @ CAMERA}
    return {name: np.stack([array, array]) for name, array in one.items()} | {"cam_R": np.zeros((2, FRAMES, 3, 3))}


def mdm_parameters(poses, place):
    thetas = rows_6d(poses).transpose(1, 2, 0)
    return {"motion": np.zeros((25, 6, FRAMES)), "thetas": thetas, "root_translation": place.T, "text": "walks"}


def edge(poses, place):
    z_up = np.array(TO_Y_UP["z"])
    turned = poses.clone()
    turned[:, 0] = rot.rotmat_to_rotvec(torch.from_numpy(z_up.T) @ rot.rotvec_to_rotmat(poses[:, 0]))
    return {"smpl_poses": smpl_72(turned), "smpl_trans": place @ z_up, "full_pose": np.zeros((FRAMES, 24, 3))}


def emdb(poses, place):
    whole = smpl_72(poses)
    smpl = {"poses_root": whole[:, :3], "poses_body": whole[:, 3:], "trans": place, "betas": np.zeros(10)}
    return {"name": "a", "smpl": smpl, "camera": {"width": 640}}


def threedpw(poses, place):
    whole = smpl_72(poses)
    return {"poses": [whole[:2], whole], "trans": [place[:2], place], "cam_poses": np.zeros((FRAMES, 4, 4))}


def hybrik(poses, place):
    rows = matrices(in_camera(poses)).reshape(FRAMES, 1, -1)
    return {
        "pred_thetas_mat": list(rows),
        "transl": list((place @ CAMERA)[:, None]),
        "pred_uvd": np.zeros((FRAMES, 29)),
    }


def cliff(poses, place):
    return {"pose": smpl_72(in_camera(poses)), "shape": np.zeros((FRAMES, 10)), "global_t": place @ CAMERA}


def smplify_x(poses, _):
    whole = smpl_72(in_camera(poses))
    body = {"global_orient": whole[:, :3], "body_pose": whole[:, 3:66], "left_hand_pose": np.zeros((FRAMES, 12))}
    return {"camera_translation": np.zeros((FRAMES, 3)), "betas": np.zeros((1, 10)), **body}


LAYOUTS = {
    "WHAM": wham,
    "VIBE": vibe,
    "4D-Humans": phalp,
    "ROMP": romp,
    "TRACE": trace,
    "TRAM": tram,
    "SLAHMR": slahmr,
    "MDM": mdm_parameters,
    "EDGE": edge,
    "EMDB": emdb,
    "3DPW": threedpw,
    "HybrIK": hybrik,
    "CLIFF": cliff,
    "SMPLify-X": smplify_x,
}


def saved_as(container, content, folder):
    path = folder / f"x.{container}"
    if container == "pkl":
        path.write_bytes(pickle.dumps(content))
    elif container == "pt":
        torch.save(_tensors(content), path)
    elif container == "npy":
        np.save(path, np.array(content, dtype=object), allow_pickle=True)
    elif container == "npz":
        np.savez(path, **content)
    else:
        pytest.importorskip("joblib").dump(content, path, compress=3)
    return path


def _tensors(value):
    if isinstance(value, dict):
        return {key: _tensors(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_tensors(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype != object:
        return torch.from_numpy(np.ascontiguousarray(value))
    return _tensors(value.item()) if isinstance(value, np.ndarray) else value
