"""Words that no list has are read as their nearest relative; words of direction, side and amount never are."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from poseloom.base.errors import FileError
from poseloom.language.description.plain_table import plain_words
from poseloom.language.lexicon.relatives import CLOSE, never_guessed, relative
from poseloom.language.lexicon.understanding import known_relatives, understand
from poseloom.language.lexicon.vectors import PIECES, VECTORS, word_vectors


def test_a_word_is_read_as_its_nearest_relative():
    found = relative("abdomen", ("knee", "belly", "shoulder"))
    assert found is not None
    assert found.word == "belly"
    assert found.cosine >= CLOSE


def test_what_has_no_relative_has_none():
    assert relative("violin", ("knee", "belly", "shoulder")) is None


@pytest.mark.parametrize("word", ["upward", "leftmost", "inwards", "behind", "half", "slightly", "beneath"])
def test_directions_and_amounts_are_never_looked_up_nor_found(word):
    assert relative(word, ("downward", "knee", "outwards", "fully"), least=-1) is None
    found = relative("abdomen", (word, "knee"), least=-1)
    assert found is not None
    assert found.word == "knee"


def test_every_side_and_relation_that_readers_know_is_written_by_hand():
    table = plain_words().table
    words = {word for rows in (table["sides"], table["amounts"]) for said in rows.values() for word in said}
    for state in ("up", "down", "forward", "backward", "sideways"):
        words |= set(table["states"][state])
    moving = {"lowered", "lowers", "lowering", "drop", "drops", "dropping", "hanging", "hang", "hangs", "relaxed"}
    assert {word for word in words if " " not in word} - moving <= never_guessed() | {"another", "opposite"}


def test_a_word_of_several_pieces_is_not_looked_up():
    assert len(word_vectors().pieces("smirking")) > 1
    assert relative("smirking", known_relatives(), least=-1) is None


def test_a_word_has_the_mean_of_its_pieces_with_length_one(tmp_path):
    path = tmp_path / "table.safetensors"
    listed = np.frombuffer(b"ab\n##cd", np.uint8)
    save_file({VECTORS: np.array([[100, 0], [0, 50]], np.int8), PIECES: listed}, path)
    vector = word_vectors(path).of("abcd")
    assert vector == pytest.approx([0.5**0.5, 0.5**0.5])
    assert word_vectors(path).of("xy") is None


@pytest.mark.parametrize("tensors", [{}, {VECTORS: np.zeros((3, 2), np.int8), PIECES: np.frombuffer(b"a", np.uint8)}])
def test_a_damaged_table_is_refused(tmp_path, tensors):
    path = tmp_path / f"bad{len(tensors)}.safetensors"
    save_file(tensors, path)
    with pytest.raises(FileError, match=r"word vectors|damaged"):
        word_vectors(path)


def test_what_is_read_as_a_relative_is_told():
    found = understand("left fist on the collar")
    assert [(one.side, one.part, one.target) for one in found.said] == [("left", "hand", "backhead")]
    assert found.mended == ("collar read as neck",)
    assert found.unread == ()


def test_a_word_without_a_close_relative_stays_not_understood():
    found = understand("the arms are flailing")
    assert found.unread == ("flailing",)
    assert found.mended == ()


def test_a_guess_adds_no_pose_to_one_that_is_named():
    assert [one.pose.name for one in understand("someone draws a bow and arrow").mentions] == ["archery"]
