"""Files of other programs that were damaged or made to do harm."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_output_files import LAYOUTS, motion, saved_as

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats import registry
from poseloom.pose import Clip


class _Attack:
    def __reduce__(self):
        return (os.system, ("echo executed",))


@pytest.mark.parametrize("container", ["pkl", "pt", "npy", "joblib"])
def test_nothing_in_a_file_runs(tmp_path, container, capfd):
    with pytest.raises(FileError):
        poseloom.load(saved_as(container, {"poses": _Attack(), "trans": np.zeros((2, 3))}, tmp_path))
    assert "executed" not in capfd.readouterr().out


def test_a_compressed_pickle_is_measured_while_it_is_unpacked(tmp_path):
    import zlib

    path = tmp_path / "x.pkl"
    path.write_bytes(zlib.compress(bytes(200 << 20), 9))
    with pytest.raises(FileError, match="to more than"):
        poseloom.load(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    project=st.sampled_from(["WHAM", "4D-Humans", "TRACE", "TRAM"]),
    container=st.sampled_from(["pkl", "joblib", "npy", "pt"]),
    place=st.floats(0, 0.999),
    byte=st.integers(0, 255),
    cut=st.booleans(),
)
def test_damaged_files_are_read_or_refused(tmp_path, project, container, place, byte, cut):
    path = saved_as(container, LAYOUTS[project](*motion()), tmp_path)
    data = bytearray(path.read_bytes())
    index = int(place * len(data))
    data[index] = byte
    path.write_bytes(bytes(data[:index] if cut else data))
    try:
        clip = registry.read_motion(path)
    except PoseloomError as error:
        assert len(str(error)) < 700
        assert "\n" not in str(error)
    else:
        assert isinstance(clip, Clip)
