"""The raw files of BEDLAM: who stands where in each sequence, how the camera moves, and the motions.

Layout below the folder of the downloads (Black et al., CVPR 2023)::

    csv/SCENE/be_seq.csv                                          bodies of each sequence, Unreal axes, cm, degrees
    csv/SCENE/ground_truth/camera/SEQUENCE_camera.csv             one line a frame, 30 a second
    neutral_ground_truth_motioninfo/PERSON/MOTION/motion_seq.npz  SMPL-X, neutral, y up
    training|validation/SCENE_6fps|SCENE_30fps/png/...            pictures; need not be there
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64
from numpy import ndarray as Array

from poseloom.base.errors import FileError
from poseloom.base.files import read_text
from poseloom.formats.arrays import FRAMES, LARGEST_ANGLE, LARGEST_LENGTH, coefficients, numbers, same_frames
from poseloom.formats.npz_files import open_npz

SCENES, MOTIONS = "csv", "neutral_ground_truth_motioninfo"
SEQUENCES_FILE = "be_seq.csv"
SITE = "bedlam.is.tue.mpg.de"
FPS = 30
"""Of motions, cameras and frame numbers, whichever rate the pictures have."""
FRAME_STEP = 5
"""Frames from one picture of 6 a second to the next; scenes of 30 a second are thinned out alike."""
VALIDATION_SCENES = (
    "20221018_1_250_batch01hand_zoom_suburb_b",
    "20221018_3-8_250_batch01hand",
    "20221018_3_250_batch01hand_orbit_archVizUI3_time15",
    "20221019_3-8_250_highbmihand_orbit_stadium",
)
"""As the data set's page lists them; a folder ``validation/SCENE_...`` or ``training/SCENE_...`` overrules it."""
HAIR_SCENES = "handhair_"
"""Part of the names of the three scenes whose pictures exist at 30 a second only."""
CLOSEUP = "closeup"
"""Part of the names of scenes whose pictures lie on their side."""
SPLIT_FOLDERS = {"train": "training", "val": "validation"}

_POSE_NUMBERS = 165
_NEUTRAL = "neutral"
_SEQUENCE = re.compile(r"sequence_name=([^;]+)")
_START = re.compile(r"start_frame=(\d+)")
_FRAME_IN_NAME = re.compile(r"(\d+)(?:\.\w+)?$")
_BODY_COLUMNS = ("X", "Y", "Z", "Yaw")
_CAMERA_COLUMNS = ("x", "y", "z", "yaw", "pitch", "roll", "focal_length")


@dataclass(frozen=True)
class PlacedBody:
    """A person in a sequence.

    Args:
        person, motion: name the file of the motion.
        start: frame of the motion that is shown in frame 0 of the sequence.
        position: X, Y, Z in Unreal's axes (front, right, up), cm.
        yaw: degrees, from the front to the right.
    """

    person: str
    motion: str
    start: int
    position: tuple[float, float, float]
    yaw: float

    @property
    def subject(self) -> str:
        return f"{self.person}_{self.motion}"


@dataclass
class Sequence:
    """A film: the people in it."""

    name: str
    bodies: list[PlacedBody] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class CameraPath:
    """The camera of a sequence, frame by frame; Unreal's axes, cm, degrees, focal length in mm."""

    frames: Int64[Array, " frames"]
    position: Float32[Array, "frames 3"]
    yaw: Float32[Array, " frames"]
    pitch: Float32[Array, " frames"]
    roll: Float32[Array, " frames"]
    focal: Float32[Array, " frames"]


@dataclass(frozen=True, eq=False)
class Motion:
    """SMPL-X parameters: 55 joints in SMPL-X order (body, jaw, eyes, left hand, right hand), y up, metres."""

    rotations: Float32[Array, "frames 55 3"]
    translation: Float32[Array, "frames 3"]
    shape: Float32[Array, " coefficients"]


def scene_names(folder: Path) -> list[str]:
    """The scenes whose bodies are told, sorted.

    Raises:
        FileError: the folder is missing or holds none.
    """
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "does not exist"
        raise FileError(folder, problem, remedy="name the folder with BEDLAM's files")
    found = sorted(path.parent.name for path in (folder / SCENES).glob(f"*/{SEQUENCES_FILE}"))
    if not found:
        remedy = f"get the ground truth of the scenes at {SITE} and unpack it there"
        raise FileError(folder, f"holds no {SCENES}/SCENE/{SEQUENCES_FILE}", remedy=remedy)
    return found


def read_sequences(folder: Path, scene: str) -> list[Sequence]:
    """The sequences of a scene with their people, in the order of the file.

    Raises:
        FileError: the file is missing, lacks a column, or a line cannot be read.
    """
    path = folder / SCENES / scene / SEQUENCES_FILE
    found: list[Sequence] = []
    for line, row in _lines(path, ("Comment", "Body", *_BODY_COLUMNS)):
        begins, starts = _SEQUENCE.search(row["Comment"]), _START.search(row["Comment"])
        if begins:
            found.append(Sequence(begins[1]))
        elif starts:
            if not found:
                raise FileError(path, "a body stands before the first sequence_name", field=f"line {line}")
            found[-1].bodies.append(_body(path, line, row, int(starts[1])))
    return found


def _body(path: Path, line: int, row: dict[str, str], start: int) -> PlacedBody:
    person, _, motion = row["Body"].rpartition("_")
    if not person:
        problem = f"{row['Body']!r} is no PERSON_MOTION"
        raise FileError(path, problem, field=f"line {line}, Body", remedy="get the file again")
    x, y, z, yaw = (_number(path, line, name, row[name]) for name in _BODY_COLUMNS)
    return PlacedBody(person, motion, start, (x, y, z), yaw)


def read_camera(folder: Path, scene: str, sequence: str) -> CameraPath:
    """The camera of a sequence. Frames are numbered by a column ``name`` (``..._0005.png``), else line by line.

    Raises:
        FileError: the file is missing, lacks a column, or a line cannot be read.
    """
    path = folder / SCENES / scene / "ground_truth" / "camera" / f"{sequence}_camera.csv"
    frames, values = [], []
    for place, (line, row) in enumerate(_lines(path, _CAMERA_COLUMNS)):
        named = _FRAME_IN_NAME.search(row.get("name") or "")
        frames.append(int(named[1]) if named else place)
        values.append([_number(path, line, name, row[name]) for name in _CAMERA_COLUMNS])
    if not values:
        raise FileError(path, "holds no frames", remedy=f"get it again at {SITE}")
    table = np.array(values, np.float32)
    if (table[:, -1] <= 0).any():
        raise FileError(path, "expected millimetres above 0", field="focal_length", remedy="get the file again")
    columns = dict(zip(_CAMERA_COLUMNS, table.T, strict=True))
    angles = {name: columns[name] for name in ("yaw", "pitch", "roll")}
    return CameraPath(np.array(frames, np.int64), table[:, :3], **angles, focal=columns["focal_length"])


def read_motion(folder: Path, body: PlacedBody) -> Motion:
    """The motion of a person.

    Raises:
        FileError: the file is missing, or not the neutral SMPL-X motion of 165 numbers a frame.
    """
    path = folder / MOTIONS / body.person / body.motion / "motion_seq.npz"
    if not path.exists():
        raise FileError(path, "does not exist", remedy=f"get {MOTIONS} at {SITE} and unpack it into {folder}")
    archive = open_npz(path)
    for name in ("poses", "trans", "betas"):
        if name not in archive:
            raise FileError(path, "is missing", field=name, remedy=f"expected a motion of {MOTIONS}")
    if "gender" in archive and archive.text("gender") != _NEUTRAL:
        remedy = f"the gendered motions are another version of the data set; get {MOTIONS}"
        raise FileError(path, f"is {archive.text('gender')!r}, expected {_NEUTRAL!r}", field="gender", remedy=remedy)
    poses = numbers(path, "poses", archive["poses"], (FRAMES, _POSE_NUMBERS), largest=LARGEST_ANGLE)
    translation = numbers(path, "trans", archive["trans"], (FRAMES, 3), largest=LARGEST_LENGTH)
    frames = same_frames(path, {"poses": poses, "trans": translation})
    shape = coefficients(path, "betas", archive["betas"], frames)[0]
    return Motion(poses.reshape(frames, -1, 3), translation, shape)


def split_of_scene(folder: Path, scene: str) -> str:
    """``train`` or ``val``: by the folder in which the pictures lie, else by the data set's own list."""
    for split, name in SPLIT_FOLDERS.items():
        if any((folder / name / f"{scene}_{rate}fps").is_dir() for rate in (6, FPS)):
            return split
    return "val" if scene in VALIDATION_SCENES else "train"


def picture_folder(folder: Path, scene: str) -> str:
    """Where the pictures of a scene's sequences lie, relative to the folder of the data set."""
    split = SPLIT_FOLDERS[split_of_scene(folder, scene)]
    rates = (FPS, 6) if HAIR_SCENES in scene else (6, FPS)
    there = [rate for rate in rates if (folder / split / f"{scene}_{rate}fps").is_dir()]
    return f"{split}/{scene}_{(there or rates)[0]}fps/png"


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines of a CSV file by column, with their numbers."""
    if not path.exists():
        raise FileError(path, "does not exist", remedy=f"get the scene's ground truth at {SITE}")
    reader = csv.DictReader(read_text(path).splitlines())
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        remedy = "expected the file as it was downloaded"
        raise FileError(path, f"there is no column {', '.join(missing)}", remedy=remedy)
    for row in reader:
        if None in row.values():
            raise FileError(path, "has too few values", field=f"line {reader.line_num}", remedy="get the file again")
        yield reader.line_num, row


def _number(path: Path, line: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= LARGEST_LENGTH:
        raise FileError(path, f"{text!r} is no plausible number", field=f"line {line}, {name}", remedy="get it again")
    return value
