"""Numbers of recipes: each states its range where it is declared, and what no run can have is refused."""

from dataclasses import fields, is_dataclass

import pytest

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import stated_range
from poseloom.tasks.common.recipes import open_recipe, recipe_names


def without_range(section, where=""):
    """Keys of numbers that state no range, in a section and those below it."""
    for one in fields(section):
        value, key = getattr(section, one.name), f"{where}{one.name}"
        for item in value if isinstance(value, list | tuple) else [value]:
            if is_dataclass(item):
                yield from without_range(item, f"{key}.")
        if isinstance(value, int | float) and not isinstance(value, bool) and stated_range(one) is None:
            yield key


@pytest.mark.parametrize("name", recipe_names())
def test_every_number_states_its_range(name):
    _, recipe = open_recipe(name)
    assert not sorted(set(without_range(recipe)))


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("retrieval/tiny", "stages.train.optimizer.beta1", "1"),
        ("retrieval/tiny", "engine.workers", "100000"),
        ("sign/tiny", "data.longest", "0"),
        ("sign/default", "model.refiner.dropout", "1.5"),
        ("sign/published-c", "model.generation_c.steps", "-1"),
        ("generation/published", "loss.divergence", "-0.1"),
        ("captioning/published", "protocol.best", "0"),
    ],
)
def test_what_no_run_can_have_is_refused(name, key, value):
    with pytest.raises(PoseloomError, match=rf"{key}: expected .* to .*, got {value}"):
        open_recipe(name, [(key, value)])
