"""Messages: one line of bounded length that can be printed, whatever a file or an argument holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import LONGEST_MESSAGE, FileError, PoseloomError, closest


@given(st.text(max_size=2000))
def test_a_message_is_one_line_that_can_be_printed(text):
    for error in (PoseloomError(text), FileError("a.bvh", text, field=text, remedy=text)):
        assert len(str(error)) <= LONGEST_MESSAGE and str(error).isprintable()


def test_beginning_and_end_of_a_long_message_stay():
    error = FileError("walk.bvh", "has no " + "x" * 1_000_000, remedy="name every joint")
    assert str(error).startswith("walk.bvh: has no xxx") and str(error).endswith("xxx; name every joint")
    assert error.problem == "has no " + "x" * 1_000_000


def test_short_messages_stay_as_they_are():
    assert str(PoseloomError("é: expected 1, got 2")) == "é: expected 1, got 2"


def test_words_of_any_length_can_be_asked_about():
    assert closest("bvh", ["BVH"]) == "; did you mean 'BVH'?"
    assert closest("b" * 1_000_000, ["b" * 99]) == ""


def test_errors_are_values_that_python_knows():
    with pytest.raises(ValueError, match="here"):
        raise PoseloomError("here")
