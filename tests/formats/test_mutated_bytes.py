"""Files with mutated bytes: every reader either reads or raises the package's own error, in bounded time and memory."""

import io
import json
import pickle
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_clips import amass_arrays, sample_clip

from poseloom.base.errors import PoseloomError
from poseloom.formats import registry
from poseloom.formats.mocap_npz import read_mocap_sequences
from poseloom.formats.pickles import load_pickle

FORMATS = [row.name for row in registry.formats() if row.suffixes[0] in (".npz", ".json")]
SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def original(name: str, folder: Path) -> bytes:
    """A small valid file of each format."""
    path = folder / "original.npz"
    row = next(row for row in registry.formats() if row.name == name)
    if row.write is not None:
        row.write(sample_clip(2, 22), path)
    else:
        frames = np.arange(3, dtype=np.uint16)
        pose = np.zeros((3, 22, 3), np.float16)
        np.savez(path, pose=pose, trans=pose[:, 0], ok=frames < 2, seq=frames // 2, frame=frames)
    return path.read_bytes()


def object_arrays() -> bytes:
    """An AMASS file whose gender is a pickled object."""
    stream = io.BytesIO()
    np.savez(stream, **(amass_arrays(2) | {"gender": np.array("male", dtype=object)}))
    return stream.getvalue()


def model_pickle() -> bytes:
    content = {"f": np.arange(6).reshape(2, 3), "names": np.array(["a", {"b": 1}], object), "n": np.float32(1)}
    return pickle.dumps(content | {"text": "é", "list": [1, (2.5, None)], "raw": b"\xff"}, 2)


@st.composite
def mutations(draw):
    """A function that changes a few places of some bytes."""
    edits = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["flip", "delete", "insert", "truncate", "number"]),
                st.floats(0, 1, exclude_max=True),
                st.binary(min_size=1, max_size=8),
            ),
            min_size=1,
            max_size=4,
        )
    )

    def mutate(data: bytes) -> bytes:
        for kind, place, other in edits:
            at = int(place * len(data))
            if kind == "flip":
                data = data[:at] + bytes([data[at] ^ other[0]]) + data[at + 1 :] if data else data
            elif kind == "delete":
                data = data[:at] + data[at + len(other) :]
            elif kind == "insert":
                data = data[:at] + other + data[at:]
            elif kind == "truncate":
                data = data[:at]
            else:
                data = data[:at] + struct.pack("<d", [np.nan, np.inf, 1e300, -1e-300][other[0] % 4]) + data[at + 8 :]
        return data

    return mutate


def reads_or_refuses(read, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            read(path)
        except PoseloomError as error:
            assert str(path.parent) in str(error)
            assert "\n" not in str(error)


def repacked(data: bytes, member: int, mutate) -> bytes:
    """The archive with one member mutated and the checksums right again."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        names = old.namelist()
        for index, name in enumerate(names):
            content = old.read(name)
            new.writestr(name, mutate(content) if index == member % len(names) else content)
    return stream.getvalue()


@pytest.mark.parametrize("name", FORMATS)
@SETTINGS
@given(mutate=mutations())
def test_mutated_files_are_read_or_refused(tmp_path, name, mutate):
    path = tmp_path / ("x.json" if name == "json" else "x.npz")
    path.write_bytes(mutate(original(name, tmp_path)))
    reads_or_refuses(lambda file: registry.read(file, name), path)
    reads_or_refuses(registry.read, path)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json"])
@settings(SETTINGS, max_examples=200)
@given(mutate=mutations(), member=st.integers(0, 20))
def test_archives_with_mutated_arrays_are_read_or_refused(tmp_path, name, mutate, member):
    path = tmp_path / "x.npz"
    path.write_bytes(repacked(original(name, tmp_path), member, mutate))
    reads_or_refuses(lambda file: registry.read(file, name), path)
    if name == "mocap":
        reads_or_refuses(read_mocap_sequences, path)


@SETTINGS
@given(mutate=mutations())
def test_archives_with_mutated_pickles_are_read_or_refused(tmp_path, mutate):
    names = zipfile.ZipFile(io.BytesIO(object_arrays())).namelist()
    path = tmp_path / "x.npz"
    path.write_bytes(repacked(object_arrays(), names.index("gender.npy"), mutate))
    reads_or_refuses(registry.read, path)


@settings(SETTINGS, max_examples=400)
@given(mutate=mutations())
def test_mutated_pickles_are_read_or_refused(tmp_path, mutate):
    path = tmp_path / "x.pkl"
    path.write_bytes(mutate(model_pickle()))
    reads_or_refuses(load_pickle, path)


@settings(SETTINGS, max_examples=200)
@given(text=st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3), st.lists))
def test_any_json_value_in_any_field_is_read_or_refused(tmp_path, text):
    path = tmp_path / "x.json"
    registry.write(sample_clip(2, 22), path)
    table = json.loads(path.read_text())
    for field in table:
        path.write_text(json.dumps({**table, field: text}))
        reads_or_refuses(registry.read, path)
