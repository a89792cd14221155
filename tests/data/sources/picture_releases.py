"""Tiny releases of annotated pictures, in the exact formats of the public data sets."""

import json
import pickle

import numpy as np
from PIL import Image

LSP_POINTS = np.stack([np.linspace(20, 60, 14), np.linspace(10, 90, 14)], -1)
COCO_NAMES = [
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
]  # fmt: skip


def picture(path, width=100, height=120, colour=(90, 120, 150)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), colour).save(path)
    return path


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def pickled(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def coco(folder, change=None):
    """Three people in two pictures: one whole, one half labelled, one crowd."""
    points = np.concatenate([np.arange(34).reshape(17, 2) + 0.5, np.full((17, 1), 2)], -1)
    half = points.copy()
    half[9:] = 0
    people = [
        {"id": 11, "image_id": 5, "iscrowd": 0, "bbox": [1.5, 2, 30, 60], "keypoints": points.ravel().tolist()},
        {"id": 12, "image_id": 5, "iscrowd": 0, "bbox": [3, 4, 5, 6], "keypoints": half.ravel().tolist()},
        {"id": 13, "image_id": 6, "iscrowd": 1, "bbox": [0, 0, 9, 9], "keypoints": [0] * 51},
        {"id": 14, "image_id": 6, "iscrowd": 0, "bbox": [0, 0, 9, 9], "keypoints": points.ravel().tolist()},
    ]
    content = {
        "images": [
            {"id": number, "file_name": f"COCO_train2014_{number:012d}.jpg", "width": 100, "height": 120}
            for number in (5, 6)
        ],
        "annotations": people,
        "categories": [{"id": 1, "name": "person", "keypoints": COCO_NAMES}],
    }
    if change is not None:
        change(content)
    write(folder / "annotations/person_keypoints_train2014.json", content)
    picture(folder / "train2014/COCO_train2014_000000000005.jpg")
    return folder


def half_turns(count, seed=0):
    """Random rotation matrices (count, 24, 3, 3)."""
    rng = np.random.default_rng(seed)
    quaternion = rng.normal(size=(count, 24, 4))
    w, x, y, z = np.moveaxis(quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def eft(folder, matrices):
    data = [
        {
            "parm_pose": one.tolist(),
            "parm_shape": list(np.arange(10) / 10),
            "parm_cam": [0.9, 0.1, 0.0],
            "bbox_scale": 0.5,
            "bbox_center": [50.0, 60.0],
            "gt_keypoint_2d": np.concatenate([np.full((49, 2), 7.0), np.ones((49, 1))], -1).tolist(),
            "imageName": f"COCO_train2014_{number:012d}.jpg",
            "annotId": 100 + number,
            "smpltype": "smpl",
        }
        for number, one in enumerate(matrices)
    ]
    write(folder / "coco_2014_train_fit/COCO2014-All-ver01.json", {"data": data, "ver": "0.1"})
    return folder


def spin(folder, name="coco_2014_train.npz", **change):
    rng = np.random.default_rng(1)
    content = {
        "imgname": np.array(["train2014/a.jpg", "train2014/b.jpg"]),
        "center": np.array([[50.0, 60], [40, 30]]),
        "scale": np.array([0.5, 0.25]),
        "part": np.concatenate([rng.uniform(0, 90, (2, 24, 2)), np.ones((2, 24, 1))], -1),
        "openpose": np.concatenate([rng.uniform(0, 90, (2, 25, 2)), np.ones((2, 25, 1))], -1),
        "pose": rng.normal(0, 0.3, (2, 72)),
        "shape": rng.normal(0, 1, (2, 10)),
        "has_smpl": np.array([1, 0]),
        "S": rng.normal(0, 1, (2, 24, 4)),
        **change,
    }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / name, **{key: value for key, value in content.items() if value is not None})
    return content


def up3d(folder):
    for number in ("00001", "00002"):
        mask = Image.new("RGB", (100, 120), "white")
        mask.paste((200, 180, 160), (30, 20, 70, 100))
        folder.mkdir(parents=True, exist_ok=True)
        mask.save(folder / f"{number}_render_light.png")
        picture(folder / f"{number}_image.png")
        np.save(folder / f"{number}_joints.npy", np.concatenate([LSP_POINTS.T, np.ones((1, 14))]))
        pickled(folder / f"{number}_body.pkl", {"pose": np.full(72, 0.1), "betas": np.arange(10.0), "f": 5000.0})
    (folder / "trainval.txt").write_text("/00001_image.png\n/00002_image.png\n")
    (folder / "test.txt").write_text("/00003_image.png\n")
    return folder


def muco(folder):
    points = np.tile(np.arange(21.0)[:, None], (1, 2))
    deep = np.tile(np.arange(21.0)[:, None] * 10, (1, 3)) + np.array([0, 0, 3000])

    def person(number, seen=1):
        visible = [1] * 21
        visible[14] = seen
        return {
            "id": number,
            "image_id": 3,
            "bbox": [1, 2, 30, 40],
            "keypoints_img": points.tolist(),
            "keypoints_cam": deep.tolist(),
            "keypoints_vis": visible,
        }

    image = {
        "id": 3, "width": 2048, "height": 2048, "file_name": "augmented_set/full_000001.jpg", "f": [1500.0, 1501.0],
        "c": [1024.0, 1025.0], "R": list(np.eye(3).ravel()), "T": [0.0, 0.0, 0.0],
    }  # fmt: skip
    write(folder / "MuCo-3DHP.json", {"images": [image], "annotations": [person(7), person(8, 0), person(9)]})
    fit = {"pose": [0.1] * 72, "shape": [0.2] * 10, "trans": [0, 0, 3]}
    write(folder / "SMPLX/smpl_param.json", {"7": fit, "9": {**fit, "pose": [float("nan")] * 72}})
    return folder


def agora(folder):
    people = [
        {
            "id": number,
            "image_id": 1,
            "bbox": [300, 600, 900, 1200],
            "is_valid": valid,
            "gender": "female",
            "smplx_param_path": f"smplx_gt/{number}.pkl",
        }
        for number, valid in ((1, True), (2, False), (3, True))
    ]
    name = "ag_trainset_hdri_50mm_00001.png"
    content = {"images": [{"id": 1, "file_name": f"images/{name}"}], "annotations": people}
    write(folder / "AGORA_train.json", content)
    picture(folder / "images" / name, 1280, 720)
    fit = {"global_orient": np.full((1, 3), 0.5), "body_pose": np.full((1, 63), 0.1), "betas": np.ones((1, 10)),
           "transl": np.zeros((1, 3))}  # fmt: skip
    pickled(folder / "smplx_gt/1.pkl", fit)
    return folder


def market(folder, pairs=True):
    """Three pictures of one person (one without a hip), one of another, one of nobody."""
    rows = {
        "0002_c1s1_000451_03.jpg": 0,
        "0002_c1s2_000452_01.jpg": 1,
        "0002_c2s1_000453_01.jpg": None,
        "0007_c1s1_000001_01.jpg": 2,
        "-1_c1s1_000001_01.jpg": 3,
        "-1_c1s1_000002_01.jpg": 4,
    }
    lines = ["name:keypoints_y:keypoints_x"]
    for name, shift in rows.items():
        y = [5 * joint + (shift or 0) for joint in range(18)]
        x = [2 * joint for joint in range(18)]
        for missing in (16, 8) if shift is None else (16,):
            y[missing] = x[missing] = -1
        lines.append(f"{name}: {y}: {x}")
        picture(folder / "bounding_box_train" / name, 64, 128)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "market-annotation-train.csv").write_text("\n".join(lines) + "\n")
    if pairs:
        names = [*rows][:2]
        text = "from,to\n" + "\n".join(f"{a},{b}" for a, b in (names, names[::-1])) + "\n"
        (folder / "market-pairs-train.csv").write_text(text)
    return folder
