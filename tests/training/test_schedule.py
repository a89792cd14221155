import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.training import Schedule
from poseloom.training.schedule import rate_factor


def factors(schedule, steps=20, per_epoch=5):
    return [rate_factor(schedule, step, steps, per_epoch) for step in range(steps)]


def test_constant():
    assert factors(Schedule()) == [1.0] * 20


def test_step_drops_every_so_many_epochs():
    assert factors(Schedule("step", every=2, factor=0.1)) == pytest.approx([1.0] * 10 + [0.1] * 10)


def test_cosine_falls_from_one_to_its_floor():
    values = factors(Schedule("cosine", floor=0.2))
    assert values[0] == 1 and values[-1] == pytest.approx(0.2) and values == sorted(values, reverse=True)
    assert values[9] + values[10] == pytest.approx(1.2)


def test_linear_holds_and_then_falls_from_epoch_to_epoch():
    values = factors(Schedule("linear", hold=2))
    assert values == pytest.approx([1.0] * 10 + [2 / 3] * 5 + [1 / 3] * 5)
    assert factors(Schedule("linear", hold=2, ends_at_zero=True)) == pytest.approx([1.0] * 10 + [0.5] * 5 + [0.0] * 5)
    assert factors(Schedule("linear", hold=9)) == [1.0] * 20


@given(
    name=st.sampled_from(["constant", "step", "cosine", "linear"]), warmup=st.integers(0, 30), steps=st.integers(1, 40)
)
def test_the_rate_is_never_above_its_full_height(name, warmup, steps):
    values = factors(Schedule(name, warmup=warmup), steps)
    assert all(0 <= value <= 1 for value in values)


def test_warmup_rises_by_equal_steps():
    assert factors(Schedule(warmup=3))[:5] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
