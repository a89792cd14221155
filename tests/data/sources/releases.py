"""Tiny releases in the exact formats of the public data sets."""

import json
import pickle

import numpy as np

from poseloom.formats.amass import COEFFICIENTS

RATE = 120.0
IDS = "ids_2_dataset_sequence_and_frame_index_100k.json"


def raw_poses(frames, numbers=156, seed=0):
    """Joint rotations as AMASS has them: Z up, so that a standing person's root is turned by a quarter about x."""
    rng = np.random.default_rng(seed)
    poses = rng.normal(0, 0.15, (frames, numbers))
    poses[:, :3] = rng.normal((np.pi / 2, 0, 0), 0.4, (frames, 3))
    return poses


def write_amass(path, poses, rate=RATE):
    """An SMPL+H or SMPL-X motion file, as in the releases."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = len(poses)
    common = {"trans": np.tile((0, 0, 0.9), (frames, 1)), "betas": np.zeros(COEFFICIENTS), "poses": poses}
    if poses.shape[1] == 156:
        np.savez(path, **common, gender="male", mocap_framerate=rate, dmpls=np.zeros((frames, 8)))
    else:
        np.savez(path, **common, gender=b"neutral", surface_model_type="smplx", mocap_frame_rate=rate)


def write_json(folder, **files):
    """write_json(folder, name=content) -> folder/name.json"""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


MOTIONS = {
    "CMU/75/75_09": 40,
    "CMU/75/75_10": 12,
    "BioMotionLab_NTroje/rub001/0001 treadmill": 30,
    "DanceDB/Andria/happy_v1": 20,
}


def amass(folder, smplx=False):
    """Four motions of three subsets, a file of a shape alone, and a damaged file."""
    for seed, (name, frames) in enumerate(MOTIONS.items()):
        spelled = name.replace(" ", "_") + "_stageii" if smplx else name + "_poses"
        write_amass(folder / f"{spelled}.npz", raw_poses(frames, 165 if smplx else 156, seed))
    np.savez(folder / "CMU/75/shape.npz", betas=np.zeros(16))
    np.savez(folder / "CMU/75/neutral_stagei.npz", betas=np.zeros(16))
    return folder


TREADMILL = "BMLrub/BioMotionLab_NTroje/rub001/0001 treadmill_poses.npz"
POSES = {
    0: ["AMASS", "CMU/CMU/75/75_09_poses.npz", 0],
    1: ["AMASS", "CMU/CMU/75/75_09_poses.npz", 39],
    2: ["AMASS", "CMU/CMU/75/75_10_poses.npz", 3],
    3: ["AMASS", TREADMILL, 7],
    4: ["AMASS", TREADMILL, 8],
    5: ["AMASS", "DanceDB/Andria/happy_v1_poses.npz", 19],
}
HUMAN = {0: ["He stands.", "A person   stands upright."], 3: "Walking, left foot first, on stilts."}
AUTOMATIC = {number: [f"automatic {number} {place}" for place in range(3)] for number in POSES}


def posescript(folder, poses=None, human=None, automatic=None, **splits):
    """The release of PoseScript, six poses large. Keyword arguments replace a file's content."""
    lists = {"train": [0, 3, 5], "val": [1, 4], "test": [2], **splits}
    write_json(folder, **{IDS[:-5]: POSES if poses is None else poses})
    write_json(folder, **{f"{split}_ids_100k": ids for split, ids in lists.items()})
    write_json(folder, posescript_human_6293=HUMAN if human is None else human)
    write_json(folder, posescript_auto_100k=AUTOMATIC if automatic is None else automatic)
    return folder


PAIRS = [[0, 1], [0, 3], [3, 4], [2, 0], [4, 3]]
PAIR_TEXTS = {
    "posefix_human_6157": {0: "turn right", 2: ["bend more", "lower the arm"]},
    "posefix_paraphrases_4284": {2: ["bend further", "bow deeper"]},
    "posefix_auto_135305": {number: [f"auto {number} {place}" for place in range(3)] for number in range(5)},
}


def posefix(folder, pairs=None, poses=None, **files):
    """The release of PoseFix, five pairs large. Keyword arguments replace a file's content."""
    lists = {"train_in": [2, 0], "train_out": [1], "val_in": [], "val_out": [3], "test_in": [4], "test_out": []}
    content = {f"{part}_sequence_pair_ids": ids for part, ids in lists.items()}
    content |= {IDS[:-5]: POSES if poses is None else poses, "pair_id_2_pose_ids": PAIRS if pairs is None else pairs}
    write_json(folder, **content | PAIR_TEXTS | files)
    return folder


def _label(raw, categories, **times):
    return {"raw_label": raw, "proc_label": raw.lower(), "seg_id": "x", "act_cat": categories, **times}


def babel(folder, extra=False):
    """The release of BABEL: a sequence with frames labelled, one labelled as a whole, one that is nowhere."""
    frames = [
        _label("Stand  still", ["stand"], start_t=0.0, end_t=0.1),
        _label("wave", ["wave", "hand movements"], start_t=0.1, end_t=0.333),
    ]
    whole = {"babel_lid": "s", "anntr_id": "a", "mul_act": True, "labels": [_label("stand and wave", ["wave"])]}
    dense = {"babel_lid": "f", "anntr_id": "a", "mul_act": True, "labels": frames}
    entry = {"babel_sid": 10, "url": "", "dur": 0.33, "feat_p": "CMU/CMU/75/75_09_poses.npz"}
    walk = {"babel_sid": 11, "url": "", "dur": 0.25, "feat_p": TREADMILL, "frame_ann": None}
    walk["seq_ann"] = {**whole, "mul_act": False, "labels": [_label("walk on a treadmill", ["walk"])]}
    lost = {"babel_sid": 12, "url": "", "dur": 1.0, "feat_p": "KIT/KIT/3/a_poses.npz", "frame_ann": None}
    write_json(folder, train={10: {**entry, "seq_ann": whole, "frame_ann": dense}}, val={11: walk})
    write_json(folder, test={12: {**lost, "seq_ann": None}})
    if extra:
        many = {**entry, "feat_p": "CMU/CMU/75/75_10_poses.npz", "seq_anns": [whole, walk["seq_ann"]]}
        write_json(folder, extra_train={13: {**many, "frame_anns": None}}, extra_val={})
    return folder


def threedpw_sequence(people=2, frames=4, seed=0, **changed):
    """What a sequence file of 3DPW holds. Keyword arguments replace or (None) remove entries."""
    rng = np.random.default_rng(seed)
    camera = np.tile(np.eye(4), (frames, 1, 1))
    camera[:, :3, :3] = [[1, 0, 0], [0, -1, 0], [0, 0, -1]]
    camera[:, :3, 3] = [0.2, 1.0, 4.0]
    valid = np.ones(frames, int)
    valid[1] = 0
    points = np.zeros((frames, 3, 18))
    points[:, :2] = rng.uniform(300, 500, (frames, 2, 18))
    points[:, 2, :16] = 0.8
    points[3, 2] = 0
    content = {
        "sequence": "downtown_walking_00",
        "poses": [rng.normal(0, 0.3, (frames, 72)) for _ in range(people)],
        "trans": [np.full((frames, 3), 0.1 * person) for person in range(people)],
        "betas": [rng.normal(0, 1, 10 if person else 300) for person in range(people)],
        "genders": ["m", "f"][:people],
        "poses2d": [points] * people,
        "campose_valid": [valid] * people,
        "jointPositions": [np.zeros((frames, 72))] * people,
        "poses_60Hz": [rng.normal(0, 0.3, (2 * frames, 72)) for _ in range(people)],
        "trans_60Hz": [np.zeros((2 * frames, 3)) for _ in range(people)],
        "img_frame_ids": np.arange(frames) * 2,
        "cam_poses": camera,
        "cam_intrinsics": np.array([[1961.8, 0, 540.0], [0, 1969.2, 960.0], [0, 0, 1]]),
    }
    return {key: value for key, value in {**content, **changed}.items() if value is not None}


def write_pickle(path, content):
    """As Python 2 wrote them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def threedpw(folder, **changed):
    """The release of 3DPW: one sequence in each split."""
    for place, split in enumerate(("train", "validation", "test")):
        content = threedpw_sequence(1 + place % 2, seed=place, **changed)
        write_pickle(folder / f"sequenceFiles/{split}/downtown_walking_0{place}.pkl", content)
    return folder
