"""What a table holds: the typed rows, and the same as Arrow columns.

A row is a person with all that is known of them: a pose, pictures, points, texts. Data sets of pictures may have no
poses. The pose's numbers (rotations, translation, shape, face) lie in arrays beside the Arrow file, where thousands of
rows are gathered at once; everything else lies in the columns below.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

from poseloom.base.errors import PoseloomError
from poseloom.data.arrow import pa
from poseloom.pose import Pose

SCHEMA_VERSION = 3
"""Grows with every change of the columns that an older reader would misread."""
OLDEST_SCHEMA = 1
"""The first version that is still read; before 2, pictures had no boxes, before 3, every row had a pose."""
NOWHERE = -1
"""Row number of an id that no row of the table has."""


class TextKind(str, Enum):
    """Where the words of a text come from."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    PARAPHRASE = "paraphrase"
    LABEL = "label"


@dataclass(frozen=True)
class Text:
    """A description or an instruction.

    Args:
        text: the words.
        kind: a `TextKind` value.
        source: the data set or the pipeline that it comes from.
        seed: which seed the pipeline that wrote it had; None for people's texts.
    """

    text: str
    kind: str = TextKind.HUMAN.value
    source: str = ""
    seed: int | None = None


@dataclass(frozen=True)
class Image:
    """A picture that shows the row's person.

    Args:
        path: as the data set names it, relative to the folder of its images.
        width, height: pixels.
        crop: the 2 x 3 matrix, row by row, that takes pixels of the picture to those of the crop; empty for none.
        box: where the person is: x, y, width, height, pixels; empty where it is not known.
    """

    path: str
    width: int
    height: int
    crop: tuple[float, ...] = ()
    box: tuple[float, ...] = ()


@dataclass(frozen=True)
class Keypoints:
    """Points of a keypoint convention.

    Args:
        convention: name of the convention, as in `poseloom.pose.keypoints`.
        points: x, y (pixels) or x, y, z (metres) of each point, one after the other.
        confidence: how sure each point is, 0 to 1; empty where it is not known.
    """

    convention: str
    points: tuple[float, ...]
    confidence: tuple[float, ...] = ()


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Args:
        focal, centre: x and y, pixels.
        rotation: turns the world into the camera's axes, 3 x 3, row by row.
        translation: metres, in the camera's axes.
    """

    focal: tuple[float, ...]
    centre: tuple[float, ...]
    rotation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    translation: tuple[float, ...] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Origin:
    """Where a row came from: data set, file or sequence in it, frame of that (from 0)."""

    data_set: str
    file: str
    frame: int


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a table.

    Args:
        number: place in the table, from 0.
        id: unique in the table, and the same however the table was built.
        origin: where it came from.
        split: ``"train"``, ``"val"``, ``"test"`` or empty.
        joints: how many joints the source told, 22 or 52; the others are zero. 0 where there is no pose.
        pose: without batch axes; None where the row has none.
    """

    number: int
    id: str
    origin: Origin
    split: str
    joints: int
    pose: Pose | None
    texts: tuple[Text, ...] = ()
    images: tuple[Image, ...] = ()
    keypoints: tuple[Keypoints, ...] = ()
    camera: Camera | None = None


@dataclass(frozen=True)
class Pair:
    """Two poses with instructions that lead from the first to the second.

    Args:
        number: place among the table's pairs, from 0.
        row_a, row_b: row numbers, `NOWHERE` where the table has no such row.
        in_sequence: both are of one recording, so that a turn between them counts.
    """

    number: int
    id: str
    id_a: str
    id_b: str
    row_a: int
    row_b: int
    in_sequence: bool
    split: str
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Layout:
    """What the numbers of all rows of a table look like.

    Args:
        joints: 22 or 52; 0 in a table of pictures without poses, which has no numbers at all.
        translation, face: whether the rows have them.
        shape: number of shape coefficients, 0 for none.
        shape_model: the body that they belong to; see `Pose`.
    """

    joints: int
    translation: bool = True
    face: bool = False
    shape: int = 0
    shape_model: str = ""

    @classmethod
    def of_pictures(cls) -> Layout:
        """That of a table whose rows have no poses."""
        return cls(0, translation=False)

    def arrays(self) -> dict[str, tuple[int, ...]]:
        """Name and shape per row of every array of numbers."""
        found: dict[str, tuple[int, ...]] = {"rotations": (self.joints, 3)} if self.joints else {}
        if self.translation:
            found["translation"] = (3,)
        if self.face:
            found["face"] = (3, 3)
        if self.shape:
            found["shape"] = (self.shape,)
        return found


@dataclass(frozen=True, eq=False)
class RowBlock:
    """Rows on their way into a table, as columns of equal length.

    Args:
        data_set: where all of them come from.
        pose: None where no row has one.
        joints: how many the source told, by row; those of the pose where None. 0 marks a row without a pose, whose
            numbers in `pose` do not count.
        problems: what was wrong with the files that they were read from, one line each.
    """

    data_set: str
    ids: list[str]
    files: list[str]
    frames: list[int]
    splits: list[str]
    pose: Pose | None
    joints: list[int] | None = None
    texts: list[list[Text]] | None = None
    images: list[list[Image]] | None = None
    keypoints: list[list[Keypoints]] | None = None
    cameras: list[Camera | None] | None = None
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in fields(self):
            column = getattr(self, one.name)
            if isinstance(column, list) and one.name != "problems" and len(column) != len(self.ids):
                raise PoseloomError(f"RowBlock.{one.name}: expected {len(self.ids)} values, got {len(column)}")
        if self.pose is None and any(self.joints or ()):
            raise PoseloomError("RowBlock.pose: is None, but some rows have joints; give their poses")
        if self.pose is not None and self.pose.batch_shape != (len(self.ids),):
            raise PoseloomError(f"RowBlock.pose: expected {len(self.ids)} poses, got {self.pose.batch_shape}")

    def __len__(self) -> int:
        return len(self.ids)


_FLOATS = pa.list_(pa.float32())
TEXTS_TYPE = pa.list_(
    pa.struct([("text", pa.string()), ("kind", pa.string()), ("source", pa.string()), ("seed", pa.int64())])
)
_IMAGE_FIELDS = [("path", pa.string()), ("width", pa.int32()), ("height", pa.int32()), ("crop", _FLOATS)]
_IMAGES_TYPE = pa.list_(pa.struct([*_IMAGE_FIELDS, ("box", _FLOATS)]))
_KEYPOINTS_TYPE = pa.list_(pa.struct([("convention", pa.string()), ("points", _FLOATS), ("confidence", _FLOATS)]))
_CAMERA_TYPE = pa.struct([("focal", _FLOATS), ("centre", _FLOATS), ("rotation", _FLOATS), ("translation", _FLOATS)])

ROWS_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("data_set", pa.string()),
        ("file", pa.string()),
        ("frame", pa.int32()),
        ("split", pa.string()),
        ("joints", pa.int8()),
        ("texts", TEXTS_TYPE),
        ("images", _IMAGES_TYPE),
        ("keypoints", _KEYPOINTS_TYPE),
        ("camera", _CAMERA_TYPE),
    ]
)
_IMAGES = ROWS_SCHEMA.get_field_index("images")
ROWS_SCHEMA_1 = ROWS_SCHEMA.set(_IMAGES, pa.field("images", pa.list_(pa.struct(_IMAGE_FIELDS))))
"""The columns of version 1."""
TEXTS_SCHEMA = pa.schema([("texts", TEXTS_TYPE)])
PAIRS_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("id_a", pa.string()),
        ("id_b", pa.string()),
        ("row_a", pa.int64()),
        ("row_b", pa.int64()),
        ("in_sequence", pa.bool_()),
        ("split", pa.string()),
        ("texts", TEXTS_TYPE),
    ]
)


def rows_to_arrow(block: RowBlock) -> Any:
    """The columns of a block that are not numbers of the pose."""
    count = len(block)
    empty: list[list[Any]] = [[]] * count
    columns = {
        "id": block.ids,
        "data_set": [block.data_set] * count,
        "file": block.files,
        "frame": block.frames,
        "split": block.splits,
        "joints": block.joints or [0 if block.pose is None else block.pose.joints] * count,
        "texts": plain(block.texts or empty),
        "images": plain(block.images or empty),
        "keypoints": plain(block.keypoints or empty),
        "camera": plain(block.cameras or [None] * count),
    }
    return pa.table(columns, schema=ROWS_SCHEMA)


def upgraded_rows(batch: Any) -> Any:
    """The columns of rows of any version that is read as those of the present one; nothing is copied."""
    if batch.schema.equals(ROWS_SCHEMA):
        return batch
    images = batch.column("images")
    pictures = images.flatten()
    boxes = pa.ListArray.from_arrays(pa.array([0] * (len(pictures) + 1), pa.int32()), pa.array([], pa.float32()))
    known = [pictures.field(name) for name, _ in _IMAGE_FIELDS]
    structs = pa.StructArray.from_arrays([*known, boxes], fields=list(_IMAGES_TYPE.value_type))
    ends = pa.compute.cumulative_sum(images.value_lengths().fill_null(0))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends.cast(pa.int32())])
    columns = [*batch.columns]
    columns[_IMAGES] = pa.ListArray.from_arrays(offsets, structs)
    return pa.RecordBatch.from_arrays(columns, schema=ROWS_SCHEMA)


def texts_to_arrow(texts: list[list[Text]]) -> Any:
    """One list of texts a row."""
    return pa.table({"texts": plain(texts)}, schema=TEXTS_SCHEMA)


def pairs_to_arrow(pairs: list[Pair]) -> Any:
    """Pairs as columns; their numbers are their places."""
    columns = {name: [getattr(pair, name) for pair in pairs] for name in PAIRS_SCHEMA.names if name != "texts"}
    return pa.table({**columns, "texts": plain([list(pair.texts) for pair in pairs])}, schema=PAIRS_SCHEMA)


def plain(value: Any) -> Any:
    """Data classes as dictionaries, at any depth: what Arrow and JSON take."""
    if isinstance(value, tuple) and value and type(value[0]) is float:  # coordinates, of which there are many
        return list(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    return value
