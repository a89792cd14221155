"""Pickles as they are found: chumpy and scipy are forged, so that neither is needed and nothing real is imported."""

import os
import pickle
import struct
import sys
import types

import numpy as np
import pytest

from poseloom.base.errors import FileError
from poseloom.formats.pickles import load_pickle


@pytest.fixture
def forged(monkeypatch):
    """Modules that give pickles the class names of chumpy and of scipy's sparse matrices."""

    def module(path: str, *names: str) -> types.ModuleType:
        made = types.ModuleType(path)
        for name in names:
            setattr(made, name, type(name, (), {"__module__": path}))
        monkeypatch.setitem(sys.modules, path, made)
        return made

    module("chumpy")
    return types.SimpleNamespace(
        ch=module("chumpy.ch", "Ch"),
        reordering=module("chumpy.reordering", "Select", "Reverse"),
        csc=module("scipy.sparse.csc", "csc_matrix"),
    )


def object_of(kind, **state):
    made = kind()
    made.__dict__.update(state)
    return made


def sparse_of(kind, dense):
    rows, columns = np.nonzero(dense.T)[::-1]
    starts = np.concatenate([[0], np.cumsum((dense != 0).sum(0))]).astype(np.int32)
    state = {"data": dense[rows, columns], "indices": rows.astype(np.int32), "indptr": starts, "_shape": dense.shape}
    return object_of(kind, maxprint=50, **state)


def dump(path, content, protocol=2):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_body_model_as_published_is_read(tmp_path, forged, protocol):
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((24, 50)) < 0.1, rng.random((24, 50)), 0)
    template = rng.random((50, 3))
    content = {
        "v_template": object_of(forged.ch.Ch, x=template, _dirty_vars=set(), _itr=None),
        "shapedirs": object_of(forged.reordering.Select, a=object_of(forged.ch.Ch, x=template), idxs=np.arange(6)),
        "J_regressor": sparse_of(forged.csc.csc_matrix, dense),
        "f": np.arange(30, dtype=np.uint32).reshape(10, 3),
        "kintree_table": np.asfortranarray(np.arange(48, dtype=np.int64).reshape(2, 24)),
        "big_endian": np.arange(3, dtype=">f8"),
        "names": np.array(["a", None, {"b": 1}], dtype=object),
        "number": np.float64(2.5),
        "flag": np.array(True),
        "bs_type": "lrotmin",
        "raw": b"\x80\xff",
        "list": [1, 2.5, (True, None)],
        "empty": np.zeros((0, 3), np.float32),
    }
    back = load_pickle(dump(tmp_path / "model.pkl", content, protocol))
    assert np.array_equal(back["v_template"], template)
    assert np.array_equal(back["shapedirs"], template.reshape(-1)[:6])
    assert np.array_equal(back["J_regressor"], dense)
    for name in ("f", "kintree_table", "big_endian", "empty", "flag"):
        assert type(back[name]) is np.ndarray
        assert back[name].dtype == content[name].dtype
        assert np.array_equal(back[name], content[name])
    assert list(back["names"]) == ["a", None, {"b": 1}]
    assert {name: back[name] for name in ("number", "bs_type", "raw", "list")} == {
        name: content[name] for name in ("number", "bs_type", "raw", "list")
    }


def test_text_and_arrays_of_python_2_are_latin_1(tmp_path):
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\nt"
    array += b"cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR"
    array += rb"(I3" + b"\n" + rb"S'<'" + b"\nNNNI-1\nI-1\nI0\ntbI00\n" + rb"S'\x00\x00\x80?\x00\x00\x80\xbf'" + b"\ntb"
    (tmp_path / "a.pkl").write_bytes(b"(dS'caf\\xe9'\n" + array + b"s.")
    back = load_pickle(tmp_path / "a.pkl")
    assert list(back) == ["café"]
    assert back["café"].tolist() == [1.0, -1.0]


class Calls:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [os.system, eval, exec, getattr, np.load, np.frombuffer, __import__, bytearray])
def test_a_payload_is_refused_by_name_and_not_run(tmp_path, function, protocol):
    path = dump(tmp_path / "a.pkl", {"x": Calls(function, f"touch {tmp_path}/executed")}, protocol)
    with pytest.raises(FileError, match=rf"refused: .*{function.__name__}"):
        load_pickle(path)
    assert not (tmp_path / "executed").exists()


def test_an_unknown_class_of_chumpy_is_named(tmp_path, forged):
    path = dump(tmp_path / "a.pkl", {"x": object_of(forged.reordering.Reverse, a=1)})
    with pytest.raises(FileError, match=r"chumpy\.reordering\.Reverse"):
        load_pickle(path)


def tuple_bomb() -> bytes:
    """A key of two times the same tuple of two times the same tuple ...: its hash takes 2**60 steps."""
    return b"}" + b")q\x00" + b"h\x00h\x00\x86q\x00" * 60 + b"K\x01s."


def list_bomb() -> bytes:
    """A list of ten times the same list of ten times the same list ...: 10**30 elements when written out."""
    return b"}X\x01\x00\x00\x00a" + b"]q\x00" + b"](" + b"](".join([b"h\x00" * 10 + b"eq\x00"] * 30) + b"s."


@pytest.mark.parametrize(
    "data",
    [
        b".",
        b"}",
        b"(lp0\n.",
        b"\x80\x63}.",
        b"\x8e" + struct.pack("<Q", 1 << 62) + b".",
        b"\x96" + struct.pack("<Q", 1 << 40) + b".",
        b"X\xff\xff\xff\x7fab.",
        b"\x8b\xff\xff\xff\x7f.",
        b"Pid\n.",
        b"\x82\x01.",
        b"(cos\nsystem\no.",
        b"(S'ls'\nios\nsystem\n.",
        b"cnumpy\ndtype\n}X\x01\x00\x00\x00xK\x01sb.",
        b"cbuiltins\nset\n.",
        b"}X\x01\x00\x00\x00acnumpy\ndtype\ns.",
        b"]q\x00h\x00a.",
        b"}q\x00X\x01\x00\x00\x00ah\x00s.",
        tuple_bomb(),
        list_bomb(),
        b"]" * 100_000,
        b"}X\x01\x00\x00\x00a" + b"](" * 100_000 + b"e" * 100_000 + b"s.",
        b"}K\x01K\x02s.",
        b"}X\x01\x00\x00\x00acbuiltins\nbytes\n(J\xff\xff\xff\x7ftRs.",
        b"I" + b"9" * 10_000 + b"\n.",
        b"}X\x01\x00\x00\x00acnumpy\ndtype\n(X\x02\x00\x00\x00f3tRs.",
    ],
)
def test_damaged_and_hostile_bytes_are_refused_quickly(tmp_path, data):
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(FileError):
        load_pickle(tmp_path / "a.pkl")


def test_a_memo_of_two_billion_entries_is_not_allocated(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"}r\xff\xff\xff\x7f.")
    assert load_pickle(tmp_path / "a.pkl") == {}


@pytest.mark.parametrize(
    "changes",
    [{"indptr": np.array([0, 9, 1])}, {"indices": np.array([7])}, {"_shape": (1 << 20, 1 << 20)}, {"data": [1]}],
)
def test_a_sparse_matrix_that_does_not_fit_is_refused(tmp_path, forged, changes):
    state = {"data": np.ones(1), "indices": np.array([0]), "indptr": np.array([0, 1, 1]), "_shape": (2, 2)}
    path = dump(tmp_path / "a.pkl", {"x": object_of(forged.csc.csc_matrix, **{**state, **changes})})
    with pytest.raises(FileError):
        load_pickle(path)


def test_an_array_larger_than_its_content_is_refused(tmp_path):
    data = pickle.dumps({"x": np.zeros(100, np.uint8)}, 2).replace(b"Kd\x85", b"J\xff\xff\xff\x7f\x85")
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(FileError, match="content is missing"):
        load_pickle(tmp_path / "a.pkl")


def test_an_array_alone_is_no_table(tmp_path):
    with pytest.raises(FileError, match="expected a table"):
        load_pickle(dump(tmp_path / "a.pkl", np.zeros(3)))
