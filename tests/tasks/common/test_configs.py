import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from poseloom.base.errors import FileError, PoseloomError
from poseloom.tasks.common.configs import as_stated, config_from_plain, config_to_plain
from poseloom.tasks.common.exported import section_of


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    spans: tuple[tuple[int, int], ...] = ((1, 2),)
    limit: float | None = None


@dataclass(frozen=True)
class Sizes:
    width: int = 4
    rate: float = 0.5
    names: list[str] = field(default_factory=list)
    corner: tuple[int, float] = (0, 0.0)
    extras: dict[str, Any] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)


FILLED = Sizes(8, 2.0, ["a", "b"], (3, 4.0), {"any": [1]}, Inner(((3, 5), (7, 9)), 1.0))


@pytest.mark.parametrize("read", [config_from_plain, section_of])
def test_a_config_comes_back_from_json_with_tuples_where_tuples_are_stated(read):
    values = json.loads(json.dumps(config_to_plain(FILLED)))
    assert values["inner"]["spans"] == [[3, 5], [7, 9]]
    assert read(Sizes, values) == FILLED


@pytest.mark.parametrize(
    ("hint", "value", "stated"),
    [
        (tuple[tuple[int, int], ...], [[1, 2]], ((1, 2),)),
        (tuple[int, ...], [], ()),
        (tuple[int, str], [1, "a"], (1, "a")),
        (list[tuple[float, float]], [[1, 2]], [(1.0, 2.0)]),
        (tuple[int, ...] | None, [1], (1,)),
        (tuple[int, ...] | None, None, None),
        (float, 3, 3.0),
        (dict[str, Any], {"a": [1]}, {"a": [1]}),
    ],
)
def test_plain_values_take_the_type_that_is_stated(hint, value, stated):
    found = as_stated(hint, value)
    assert found == stated and type(found) is type(stated)
    assert json.dumps(found) == json.dumps(stated)  # 1 and 1.0 are equal, but not in a file


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (tuple[tuple[int, int], ...], [[1, 2, 3]]),
        (tuple[tuple[int, int], ...], [1, 2]),
        (tuple[int, ...], ["a"]),
        (tuple[int, ...], "12"),
        (tuple[int, ...], 7),
        (list[str], [None]),
        (tuple[int, ...] | None, [1.5]),
        (int, True),
        (int, 1.0),
        (float, "1"),
    ],
)
def test_values_of_another_type_are_refused(hint, value):
    with pytest.raises(ValueError):
        as_stated(hint, value)


def test_mistakes_in_a_config_name_its_place_and_what_is_expected():
    with pytest.raises(PoseloomError, match=r"config\.inner\.spans is \[\[1\]\], expected tuple\[tuple"):
        config_from_plain(Sizes, {"inner": {"spans": [[1]]}})
    with pytest.raises(FileError, match=r"recipe\.model\.inner\.spans: expected tuple\[tuple.*got \[\[1\]\]"):
        section_of(Sizes, {"inner": {"spans": [[1]]}})


def test_enums_are_known_by_their_values():
    @dataclass
    class Painted:
        colour: Colour = Colour.RED

    assert config_from_plain(Painted, {"colour": "red"}) == Painted()
    with pytest.raises(PoseloomError, match="colour is 'blue', expected one of red"):
        config_from_plain(Painted, {"colour": "blue"})
