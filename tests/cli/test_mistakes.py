"""A user's mistake: status 2, one line that names the place and the remedy, nothing half-written."""

import os
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest

TRACE = Path(tempfile.gettempdir()) / "poseloom-payload-ran"


ONE_JOINT = """HIERARCHY
ROOT {name}
{{
OFFSET 0 0 0
CHANNELS 3 Zrotation Xrotation Yrotation
}}
MOTION
Frames: {frames}
Frame Time: 0.01
0 0 0
"""


class Payload:
    def __reduce__(self):
        return (os.system, (f"touch {TRACE}",))


def bad_files(folder):
    """Name -> (path, words that the message must hold)."""
    rows = {
        "missing": ("nowhere.bvh", None, "does not exist"),
        "empty": ("empty.bvh", b"", "is empty"),
        "binary": ("binary.bvh", bytes(range(256)) * 4, ".bvh"),
        "truncated": ("cut.bvh", b"HIERARCHY\nROOT hip\n{\n OFFSET 0 0 0\n CHANNELS 3 Zrot", ".bvh"),
        "no zip": ("text.npz", b"hello", "npz"),
        "unknown suffix": ("motion.xyz", b"hello", "xyz"),
        "broken json": ("motion.json", b"{", "json"),
        "amc without asf": ("01_01.amc", b":FULLY-SPECIFIED\n:DEGREES\n1\nroot 0 0 0 0 0 0\n", "asf"),
    }
    files = {}
    for name, (file, content, words) in rows.items():
        path = folder / file
        if content is not None:
            path.write_bytes(content)
        files[name] = (path, words)
    (folder / "huge.bvh").write_text(ONE_JOINT.format(name="hip", frames=10_000_000))
    files["ten million frames"] = (folder / "huge.bvh", "10000000")
    (folder / "unknown.bvh").write_text(ONE_JOINT.format(name="qwe", frames=1))
    files["unknown skeleton"] = (folder / "unknown.bvh", "qwe")
    arrays = {
        "NaN": {"poses": np.full((3, 156), np.nan), "trans": np.zeros((3, 3)), "mocap_framerate": 30.0},
        "no frames": {"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3)), "mocap_framerate": 30.0},
        "joints": {"poses": np.zeros((3, 100)), "trans": np.zeros((3, 3)), "mocap_framerate": 30.0},
        "type": {"poses": np.full((3, 156), "a"), "trans": np.zeros((3, 3)), "mocap_framerate": 30.0},
    }
    for name, content in arrays.items():
        np.savez(folder / f"{name.replace(' ', '-')}.npz", **content)
        files[f"npz: {name}"] = (folder / f"{name.replace(' ', '-')}.npz", "poses")
    np.savez(folder / "payload.npz", poses=np.array([Payload()], object), trans=np.zeros((1, 3)), mocap_framerate=30.0)
    files["npz: payload"] = (folder / "payload.npz", "poses")
    (folder / "payload.pkl").write_bytes(pickle.dumps({"poses": Payload()}))
    files["pickle"] = (folder / "payload.pkl", "pkl")
    files["folder"] = (folder, "folder")
    return files


CASES = (
    "missing",
    "empty",
    "binary",
    "truncated",
    "no zip",
    "unknown suffix",
    "broken json",
    "amc without asf",
    "ten million frames",
    "unknown skeleton",
    "npz: NaN",
    "npz: no frames",
    "npz: joints",
    "npz: type",
    "npz: payload",
    "pickle",
    "folder",
)


def one_line(err: str) -> str:
    assert err.endswith("\n") and err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("case", CASES)
def test_bad_file_gets_one_line_and_status_2(command, tmp_path, case):
    path, words = bad_files(tmp_path)[case]
    before = sorted(tmp_path.iterdir())
    status, out, err = command("convert", path, tmp_path / "out.bvh")
    line = one_line(err)
    assert status == 2 and not out
    assert words in line and path.name in line
    assert sorted(tmp_path.iterdir()) == before
    assert not TRACE.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["describe", "FILE", "--frame", "900"], ["raise.bvh: frame 900", "40 frames", "0 to 39"]),
        (["describe", "FILE", "--frame", "-1"], ["-1", "0 to 39"]),
        (["describe", "FILE", "--every", "0"], ["--every 0", "1 or more"]),
        (["describe", "FILE", "--sed", "x"], ["--sed"]),
        (["describe", "FILE", "--frame", "two"], ["two"]),
        (["describe", "FILE", "--style", "shrt"], ["did you mean 'short'"]),
        (["describe", "FILE", "--style", "short", "--version", "A"], ["one of them"]),
        (["describe", "FILE", "--version", "Q"], ["expected one of complete"]),
        (["instruct", "FILE", "--frames", "0", "1", "--version", "pfX"], ["did you mean"]),
        (["instruct", "FILE", "--frames", "0", "1", "--style", "lst"], ["did you mean 'list'"]),
        (["describe"], ["FILE"]),
        (["descibe", "FILE"], ["did you mean 'describe'"]),
        (["instruct", "FILE"], ["two poses", "--frames A B"]),
        (["instruct", "FILE", "--frames", "0", "40"], ["frame 40", "0 to 39"]),
        (["render", "FILE", "--out", "OUT/x.tif"], [".tif", ".png"]),
        (["render", "FILE", "--out", "OUT/no/such/x.png"], ["folder", "does not exist"]),
        (["render", "FILE", "--out", "OUT/x.png", "--size", "0"], ["size"]),
        (["convert", "FILE", "OUT/x.fbx"], [".fbx"]),
        (["convert", "FILE", "OUT/x.npz", "--to", "amas"], ["did you mean 'amass'"]),
        (["convert", "FILE", "OUT/x.npz", "--from", "bhv"], ["did you mean 'bvh'"]),
        (["convert", "FILE", "OUT"], ["folder"]),
        (["demo", "FILE", "--out", "FILE"], ["folder"]),
    ],
)
def test_mistaken_arguments_get_one_line_and_status_2(command, motion_file, tmp_path, arguments, words):
    places = {"FILE": str(motion_file)}
    arguments = [places.get(argument, argument.replace("OUT", str(tmp_path), 1)) for argument in arguments]
    status, out, err = command(*arguments)
    line = one_line(err)
    assert status == 2 and not out.replace("poseloom demo: loading\n", "")
    assert all(word in line for word in words), line
    assert not list(tmp_path.iterdir())


def test_a_fault_of_ours_is_said_to_be_ours(command, motion_file, monkeypatch):
    monkeypatch.setattr("poseloom.api.load", lambda *_, **__: 1 / 0)
    status, _, err = command("describe", motion_file)
    assert status == 1 and "a fault of poseloom: ZeroDivisionError" in one_line(err)
