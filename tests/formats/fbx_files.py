"""Writes FBX files for tests: record trees as text or binary, and characters in them, of versions 6.1 and 7."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import torch
from characters import Character, locals_of

TICKS = 46186158000


class R:
    """A record: name, values, children."""

    def __init__(self, name, *values, children=None):
        self.name, self.values, self.children = name, values, children or []


# -- the two layouts -----------------------------------------------------------------------------------------------


def to_text(records: list[R], version: int) -> bytes:
    return (
        f"; FBX {version // 1000}.{version // 100 % 10}.0 project file\n"
        + "".join(_text(record, 0) for record in records)
    ).encode()


def _text(record: R, depth: int) -> str:
    tabs = "\t" * depth
    if len(record.values) == 1 and isinstance(record.values[0], np.ndarray):
        array = record.values[0]
        numbers = [repr(value) for value in array.tolist()]
        lines = ",\n".join(",".join(numbers[start : start + 16]) for start in range(0, len(numbers), 16))
        return f"{tabs}{record.name}: *{len(array)} {{\n{tabs}\ta: {lines}\n{tabs}}}\n"
    shown = [f'"{v}"' if isinstance(v, str) and not isinstance(v, Letter) else str(v) for v in record.values]
    if not record.children:
        return f"{tabs}{record.name}: {', '.join(shown)}\n"
    inside = "".join(_text(child, depth + 1) for child in record.children)
    return f"{tabs}{record.name}: {', '.join(shown)} {{\n{inside}{tabs}}}\n"


class Letter(str):
    """A value that text files write without quotes."""


def to_binary(records: list[R], version: int) -> bytes:
    data = b"Kaydara FBX Binary  \0\x1a\0" + struct.pack("<L", version)
    for record in records:
        data += _binary(record, len(data), version >= 7500)
    return data + bytes(25 if version >= 7500 else 13) + bytes(160)


def _binary(record: R, start: int, wide: bool) -> bytes:
    name = record.name.encode()
    values = b"".join(_value(value) for value in record.values)
    head = struct.calcsize("<QQQB" if wide else "<LLLB")
    body = name + values
    for child in record.children:
        body += _binary(child, start + head + len(body), wide)
    if record.children:
        body += bytes(head)
    end = start + head + len(body)
    return struct.pack("<QQQB" if wide else "<LLLB", end, len(record.values), len(values), len(name)) + body


def _value(value) -> bytes:
    if isinstance(value, np.ndarray):
        kind = {"f4": b"f", "f8": b"d", "i8": b"l", "i4": b"i"}[value.dtype.str[1:]]
        packed = zlib.compress(value.tobytes())
        return kind + struct.pack("<LLL", len(value), 1, len(packed)) + packed
    if isinstance(value, Letter):
        return b"C" + value.encode()
    if isinstance(value, str):
        name, _, kind = value.rpartition("::")
        raw = f"{kind}\0\1{name}".encode() if name else value.encode()
        return b"S" + struct.pack("<L", len(raw)) + raw
    if isinstance(value, float):
        return b"D" + struct.pack("<d", value)
    return (b"I" + struct.pack("<i", value)) if abs(value) < 2**31 else b"L" + struct.pack("<q", value)


# -- characters ----------------------------------------------------------------------------------------------------


def euler_of(matrix: np.ndarray, order: str) -> np.ndarray:
    """Degrees about x, y, z of rotations that turn about the first letter of `order` first."""
    from poseloom.pose.movement import decompose

    found = decompose(torch.from_numpy(np.ascontiguousarray(matrix)), order[::-1]).rad2deg().numpy()
    return np.stack([found[..., order[::-1].index(axis)] for axis in "XYZ"], axis=-1)


def properties(old: bool, **values) -> R:
    """Properties70 or Properties60; underscores stand for blanks."""
    rows = []
    for name, value in values.items():
        name = name.replace("_", " ")
        many = list(value) if isinstance(value, (tuple, list, np.ndarray)) else [value]
        many = [float(v) if isinstance(v, (float, np.floating)) else v for v in many]
        kind = name if name.startswith("Lcl") else "Vector3D" if len(many) == 3 else "int"
        head = (name, kind, "A+") if old else (name, kind, "", "A")
        rows.append(R("Property" if old else "P", *head, *many))
    return R("Properties60" if old else "Properties70", children=rows)


ORDERS = ["XYZ", "XZY", "YZX", "YXZ", "ZXY", "ZYX"]


def character_records(made: Character, *, version=7400, unit=1.0, order="XYZ", bind=True, z_up=False, takes=1):
    """Records of a character whose bones' rest axes are PreRotation, as Mixamo's are; lengths in `unit` centimetres."""
    factor = 100 / unit
    axes = np.eye(4)
    if z_up:
        axes[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    rest, moving = axes @ _scaled(made.rest, factor), axes @ _scaled(made.moving, factor)
    own, still = locals_of(moving, made.parents, np.eye(4)), locals_of(rest, made.parents, np.eye(4))
    pre = euler_of(still[:, :3, :3], "XYZ")
    angles = euler_of(np.swapaxes(still[:, :3, :3], -1, -2) @ own[:, :, :3, :3], order)
    old = version < 7000
    keys = [f"Model::{name}" if old else 1000 + place for place, name in enumerate(made.names)]
    settings = {"UpAxis": 2 if z_up else 1, "UpAxisSign": 1, "FrontAxis": 1 if z_up else 2}
    settings |= {"FrontAxisSign": -1 if z_up else 1, "CoordAxis": 0, "CoordAxisSign": 1}
    settings |= {"UnitScaleFactor": float(unit), "TimeMode": 6}
    models, links = [], []
    for place, name in enumerate(made.names):
        first = {} if bind else {"Lcl_Rotation": angles[0, place]}
        group = properties(
            old,
            Lcl_Translation=still[place, :3, 3],
            PreRotation=pre[place],
            RotationActive=1,
            RotationOrder=ORDERS.index(order),
            **first,
        )
        head = (keys[place], "Limb") if old else (keys[place], f"Model::{name}", "LimbNode")
        models.append(R("Model", *head, children=[R("Version", 232), group]))
        above = made.parents[place]
        top = "Model::Scene" if old else 0
        links.append(R("Connect" if old else "C", "OO", keys[place], top if above < 0 else keys[above]))
    if bind:
        nodes = [
            R("PoseNode", children=[R("Node", key), _matrix("Matrix", rest[place], old)])
            for place, key in enumerate(keys)
        ]
        head = ("Pose::BIND", "BindPose") if old else (77, "Pose::BIND", "BindPose")
        models.append(R("Pose", *head, children=[R("Type", "BindPose"), *nodes]))
    head = R("FBXHeaderExtension", children=[R("FBXHeaderVersion", 1003), R("FBXVersion", version)])
    values = {"Lcl Rotation": angles, "Lcl Translation": own[:, :, :3, 3]}
    whole = R("GlobalSettings", children=[R("Version", 1000), properties(old, **settings)])
    if old:
        whole = R("Objects", children=[*models, whole])
        return [head, whole, R("Connections", children=links), _takes(made, values)]
    curves = [row for take in range(takes) for row in _curves(made, values, links, take)]
    return [head, whole, R("Objects", children=[*models, *curves]), R("Connections", children=links)]


def _scaled(matrices: np.ndarray, factor: float) -> np.ndarray:
    scaled = matrices.copy()
    scaled[..., :3, 3] *= factor
    return scaled


def _matrix(name: str, matrix: np.ndarray, old: bool) -> R:
    numbers = matrix.T.reshape(-1)
    return R(name, *numbers.tolist()) if old else R(name, numbers)


def _curves(made: Character, values: dict, links: list, take: int) -> list[R]:
    ticks = np.round(np.arange(len(made.moving)) / made.fps * TICKS).astype("<i8")
    stack, layer, key = 10 + take, 50 + take, 10_000 + 100_000 * take
    rows = [
        R("AnimationStack", stack, f"AnimStack::take {take}", ""),
        R("AnimationLayer", layer, "AnimLayer::Base", ""),
    ]
    links.append(R("C", "OO", layer, stack))
    for place in range(len(made.names)):
        for name, numbers in values.items():
            if name == "Lcl Translation" and made.parents[place] >= 0:
                continue
            node, key = key, key + 1
            rows.append(R("AnimationCurveNode", node, f"AnimCurveNode::{name[4]}", ""))
            links += [R("C", "OO", node, layer), R("C", "OP", node, 1000 + place, name)]
            for column, axis in enumerate("XYZ"):
                curve, key = key, key + 1
                series = (
                    np.unwrap(numbers[:, place, column], period=360) if "Rot" in name else numbers[:, place, column]
                )
                rows.append(R("AnimationCurve", curve, "AnimCurve::", "", children=_keys(ticks, series)))
                links.append(R("C", "OP", curve, node, f"d|{axis}"))
    return rows


def _keys(ticks: np.ndarray, series: np.ndarray) -> list[R]:
    return [
        R("Default", float(series[0])),
        R("KeyVer", 4008),
        R("KeyTime", ticks),
        R("KeyValueFloat", series.astype("<f4")),
        R("KeyAttrFlags", np.array([0x4], "<i4")),
        R("KeyAttrDataFloat", np.zeros(4, "<f4")),
        R("KeyAttrRefCount", np.array([len(ticks)], "<i4")),
    ]


def _takes(made: Character, values: dict) -> R:
    ticks = np.round(np.arange(len(made.moving)) / made.fps * TICKS).astype(int)
    models = []
    for place, name in enumerate(made.names):
        groups = []
        for path, letter in (("Lcl Translation", "T"), ("Lcl Rotation", "R")):
            channels = []
            for column, axis in enumerate("XYZ"):
                series = values[path][:, place, column]
                keys = [part for t, v in zip(ticks, series, strict=True) for part in (int(t), float(v), Letter("L"))]
                rows = [R("Default", float(series[0])), R("KeyVer", 4005), R("KeyCount", len(ticks)), R("Key", *keys)]
                channels.append(R("Channel", axis, children=rows))
            groups.append(R("Channel", letter, children=channels))
        transform = R("Channel", "Transform", children=groups)
        models.append(R("Model", f"Model::{name}", children=[R("Version", 1.1), transform]))
    take = R("Take", "Take 001", children=[R("FileName", "Take_001.tak"), *models])
    return R("Takes", children=[R("Current", "Take 001"), take])
