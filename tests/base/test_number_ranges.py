"""Ranges of numbers: stated where a field is declared, told with key and range."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import check_ranges, seed_number, text_argument, whole_number, within


@dataclass
class Inner:
    share: float = within(0.5, 0, 1)


@dataclass
class Outer:
    rows: int = within(10, 1, 1000)
    free: int = 0
    inner: Inner = field(default_factory=Inner)
    several: list[Inner] = field(default_factory=list)
    named: dict[str, Inner] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("outer", "words"),
    [
        (Outer(rows=0), "data.rows: expected 1 to 1,000, got 0"),
        (Outer(rows=10**12), "data.rows: expected 1 to 1,000"),
        (Outer(inner=Inner(1.5)), "data.inner.share: expected 0 to 1, got 1.5"),
        (Outer(inner=Inner(float("nan"))), "data.inner.share"),
        (Outer(several=[Inner(), Inner(-1)]), "data.several.1.share"),
        (Outer(named={"a": Inner(0.5), "b": Inner(2)}), "data.named.b.share: expected 0 to 1, got 2"),
        (Outer(free=2**31), "data.free: expected a number up to"),
    ],
)
def test_key_and_range_are_told(outer, words):
    with pytest.raises(PoseloomError, match=words):
        check_ranges(outer, "data.")


def test_both_ends_belong_to_a_range():
    for rows in (1, 1000):
        check_ranges(Outer(rows=rows, inner=Inner(1), several=[Inner(0)]))


@pytest.mark.parametrize("value", [1.5, True, None, "1", -(2**64), 2**64, float("nan")])
def test_only_whole_numbers_are_seeds(value):
    with pytest.raises(PoseloomError, match=r"seed is .*expected -9,223"):
        seed_number(value)


def test_whole_numbers_of_numpy_are_taken():
    assert whole_number("n", np.int64(3), 1, 4) == 3 and seed_number(2**63 - 1) == 2**63 - 1


def test_text_is_text():
    assert text_argument("text", "") == ""
    with pytest.raises(PoseloomError, match="text: expected text, got None"):
        text_argument("text", None)
