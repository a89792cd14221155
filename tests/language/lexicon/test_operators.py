"""What an instruction does with the arms and legs as a whole."""

import pytest

from poseloom.language.lexicon.operators import operators_of


@pytest.mark.parametrize(
    ("instruction", "swapped", "rest"),
    [
        ("swap the arms", ("arm",), ""),
        ("switch your legs", ("leg",), ""),
        ("exchange both hands and sit down", ("arm",), "sit down"),
        ("swap the two feet", ("leg",), ""),
        ("swap sides", (), ""),
        ("swing the arms", (), "swing the arms"),
    ],
)
def test_limbs_are_exchanged(instruction, swapped, rest):
    found = operators_of(instruction)
    assert (found.swapped, found.rest if not found.mirror else "") == (swapped, rest)
    assert found.any == bool(swapped or found.mirror)
