"""Mutated glTF and FBX files: each is read or refused in one line, whatever was changed in it."""

import json
import struct

import pytest
from characters import GltfWriter, character, gentle_clip, gltf_content, naming, save_character, write_gltf
from fbx_files import character_records, to_binary, to_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_mutated_bytes import mutations, reads_or_refuses

from poseloom import api
from poseloom.formats.fbx import read_fbx
from poseloom.formats.gltf_character import write_onto
from poseloom.formats.gltf_read import read_gltf

NAMES = naming("Mixamo")
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MADE = character(gentle_clip(frames=3), NAMES)


class Files(dict):
    """Files by name, shown by their names alone."""

    def __repr__(self):
        return f"Files({', '.join(self)})"


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    writer = GltfWriter()
    write_gltf(folder / "a.gltf", gltf_content(MADE, writer), writer, inside=True)
    save_character(folder / "a.glb", MADE)
    api.save(gentle_clip(frames=3), folder / "own.glb")
    for name, write, version in (("a", to_binary, 7400), ("wide", to_binary, 7500), ("old", to_text, 6100)):
        (folder / f"{name}.fbx").write_bytes(write(character_records(MADE, version=version), version))
    return Files({path.name: path.read_bytes() for path in folder.iterdir()})


@pytest.mark.parametrize("name", ["a.gltf", "a.glb", "own.glb", "a.fbx", "wide.fbx", "old.fbx"])
@SETTINGS
@given(mutate=mutations())
def test_mutated_files_are_read_or_refused(tmp_path, originals, name, mutate):
    path = tmp_path / name
    path.write_bytes(mutate(originals[name]))
    reads_or_refuses(read_fbx if name.endswith("fbx") else read_gltf, path)
    if name == "a.glb":
        reads_or_refuses(lambda file: write_onto(gentle_clip(frames=2), file, tmp_path / "o.glb"), path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@settings(SETTINGS, max_examples=250)
@given(data=st.data())
def test_any_value_anywhere_in_the_json_is_read_or_refused(tmp_path, originals, data):
    glb = originals["own.glb" if data.draw(st.booleans()) else "a.glb"]
    length = struct.unpack_from("<L", glb, 12)[0]
    content = json.loads(glb[20 : 20 + length])
    # the head of each list is enough: there are hundreds of nodes and accessors
    every = [path for path in places(content) if all(not isinstance(key, int) or key < 4 for key in path) and path]
    path = data.draw(st.sampled_from(every))
    owner = content
    for key in path[:-1]:
        owner = owner[key]
    owner[path[-1]] = data.draw(VALUES)
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    rest = glb[20 + length :]
    file = tmp_path / "x.glb"
    head = b"glTF" + struct.pack("<LL", 2, 20 + len(text) + len(rest)) + struct.pack("<L4s", len(text), b"JSON")
    file.write_bytes(head + text + rest)
    reads_or_refuses(read_gltf, file)
    reads_or_refuses(lambda path: write_onto(gentle_clip(frames=2), path, tmp_path / "o.glb"), file)
