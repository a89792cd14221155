"""Recipes as files: read, overridden key by key, checked with the nearest right word, written back whole."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from poseloom.base.errors import FileError, PoseloomError, closest, shortened
from poseloom.base.files import read_text
from poseloom.base.ranges import check_ranges
from poseloom.training.recipe import Recipe, Stage
from poseloom.training.recipe_plain import differing_key as differing_key
from poseloom.training.recipe_plain import plain as plain
from poseloom.training.recipe_plain import types_of as types_of
from poseloom.training.recipe_toml import toml_text
from poseloom.training.renamed_keys import present_key, present_recipe

R = TypeVar("R", bound=Recipe)
T = TypeVar("T")
Plain = dict[str, Any]

SHORTHAND = "shorthand"
"""Class attribute of a section with a main key, which the section's name alone sets on the command line."""
_MAXIMUM_BYTES = 1 << 20
_NONE = ("none", "null")
_LONGEST_VALUE = 200


def read_recipe(path: str | Path, kind: type[R], overrides: Sequence[tuple[str, str]] = ()) -> R:
    """The recipe of a TOML, JSON or YAML file.

    Args:
        path: the file.
        kind: the task's recipe class.
        overrides: keys with dots and the texts of their values, as `("stages.train.optimizer.lr", "3e-4")`.

    Raises:
        PoseloomError: a key is unknown (the nearest is named), or a value is not what its key takes.
    """
    return recipe_of(read_plain(path), kind, overrides, path)


def recipe_of(values: Plain, kind: type[R], overrides: Sequence[tuple[str, str]], path: str | Path) -> R:
    """The recipe of plain values that `path` held; see `read_recipe`."""
    try:
        check_keys(values, kind)
    except PoseloomError as mistake:
        raise PoseloomError(f"{path}: {mistake}") from None
    for key, text in overrides:
        override(values, kind, present_key(key), text)
    try:
        recipe = build(kind, values)
        for stage in recipe.stages:
            if stage.data and is_dataclass(getattr(recipe, "data", None)):
                overlaid(recipe.data, stage.data, f"stages.{stage.name}.data.")  # type: ignore[attr-defined]
        return recipe
    except PoseloomError as mistake:
        raise PoseloomError(f"{path}: {mistake}") from None


def read_plain(path: str | Path) -> Plain:
    """What a file holds, unchecked; its suffix says how it is written.

    Raises:
        FileError: the suffix is unknown, or the file is not written so.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _PARSERS:
        raise FileError(path, f"suffix {suffix!r} is unknown", remedy=f"expected one of {', '.join(_PARSERS)}")
    text = read_text(path, maximum_bytes=_MAXIMUM_BYTES)
    try:
        values = _PARSERS[suffix](text)
    except Exception as error:  # every parser has its own kind
        problem = f"is not {suffix[1:].upper()}: {' '.join(str(error).split())}"
        raise FileError(path, problem, remedy="see the recipes that poseloom has") from None
    if not isinstance(values, dict):
        raise FileError(path, "holds no keys", remedy="see the recipes that poseloom has")
    return present_recipe(values)


def build(kind: type[T], values: Mapping[str, Any]) -> T:
    """An object of data class `kind` from plain values, every type checked; what is not given takes its default.

    Raises:
        PoseloomError: a key is unknown, or a value has the wrong type.
    """
    from jsonargparse import ArgumentParser

    check_keys(values, kind)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--recipe", type=kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parsed = parser.parse_object({"recipe": dict(values)})
            made: Any = getattr(parser, "instantiate", None) or parser.instantiate_classes  # before jsonargparse 4.49
            found = made(parsed).recipe
            check_ranges(found)
            return found
        except PoseloomError:
            raise
        except Exception as error:  # its own kinds, differing by version
            raise PoseloomError(_one_line(str(error))) from None


def overlaid(section: T, changes: Mapping[str, Any], where: str = "") -> T:
    """A data class object with some values replaced: what `Stage.data` does to a recipe's data section.

    Args:
        section: the object.
        changes: keys and their values.
        where: what messages put before a key.

    Raises:
        PoseloomError: a key is unknown, or a value has the wrong type.
    """
    if not changes:
        return section
    values = plain(section)
    check_keys(changes, type(section), where)
    _merge(values, changes)
    try:
        return build(type(section), values)
    except PoseloomError as mistake:
        raise PoseloomError(f"{where}{mistake}") from None


def override(values: Plain, kind: type[Any], key: str, text: str) -> None:
    """Set one key of plain values; stages go by their names: `stages.train.epochs`.

    Raises:
        PoseloomError: the key is unknown, or names a section.
    """
    first, _, rest = key.partition(".")
    try:
        _override(values, kind, first, rest, text)
    except PoseloomError as mistake:
        raise PoseloomError(f"--{key}: {mistake}") from None


def _override(values: Plain, kind: type[Any], key: str, rest: str, text: str) -> None:
    """Set `key` of a section, or what `rest` names in it."""
    hints = types_of(kind)
    if key not in hints:
        raise PoseloomError(f"there is no key {key!r}{_near(list(hints), key)}")
    section = _section(hints[key])
    if not rest and section is not None and hasattr(section, SHORTHAND):
        rest = getattr(section, SHORTHAND)
    if not rest:
        if section is not None:
            raise PoseloomError(f"{key!r} is a section; name a key in it: {', '.join(types_of(section))}")
        values[key] = _value(text, hints[key])
        return
    following, _, rest = rest.partition(".")
    if section is Stage:
        stages = values.setdefault(key, [plain(Stage(epochs=1))])
        names = [stage.get("name", Stage.name) for stage in stages]
        if following not in names:
            raise PoseloomError(f"the recipe has the stages {', '.join(names)}{closest(following, names)}")
        within, values = following, stages[names.index(following)]
        following, _, rest = rest.partition(".")
        if not following:
            raise PoseloomError(f"{within!r} is a section; name a key in it: {', '.join(types_of(Stage))}")
        _override(values, Stage, following, rest, text)
    elif section is not None and get_origin(hints[key]) is dict:
        within, (following, _, rest) = following, rest.partition(".")
        if not following:
            raise PoseloomError(f"{within!r} is a section; name a key in it: {', '.join(types_of(section))}")
        _override(values.setdefault(key, {}).setdefault(within, {}), section, following, rest, text)
    elif section is not None:
        _override(values.setdefault(key, {}), section, following, rest, text)
    elif get_origin(hints[key]) is dict:
        place = values.setdefault(key, {})
        while rest:
            place, (following, _, rest) = place.setdefault(following, {}), rest.partition(".")
        place[following] = _value(text, None)
    else:
        raise PoseloomError(f"{key!r} is a value, not a section")


def check_keys(values: Mapping[str, Any], kind: type[Any], where: str = "") -> None:
    """Refuse keys that a data class does not have, at any depth.

    Raises:
        PoseloomError: with the nearest known key.
    """
    hints = types_of(kind)
    for key, value in values.items():
        if key not in hints:
            raise PoseloomError(f"unknown key {where + key!r}{_near(list(hints), key)}")
        section = _section(hints[key])
        if section is None:
            continue
        if get_origin(hints[key]) is dict:
            _check_named(value, section, where + key)
            continue
        several = get_origin(hints[key]) is list
        for number, item in enumerate(value if several and isinstance(value, list) else [value]):
            if not isinstance(item, Mapping) and not (item is None or isinstance(item, section)):
                expected = f"tables [[{where + key}]]" if several else f"a section [{where + key}]"
                raise PoseloomError(f"{where + key}: expected {expected}, got {shortened(repr(item), _LONGEST_VALUE)}")
            if isinstance(item, Mapping):
                name = f"{item.get('name', number)}." if several else ""
                check_keys(item, section, f"{where}{key}.{name}")


def _check_named(value: Any, section: type[Any], where: str) -> None:
    """Refuse unknown keys in sections that go by names of their own, as `stages.turns` does."""
    if not isinstance(value, Mapping):
        raise PoseloomError(f"{where}: expected sections [{where}.NAME], got {value!r}")
    for name, item in value.items():
        if not isinstance(item, Mapping | section):
            raise PoseloomError(f"{where}.{name}: expected a section [{where}.{name}], got {item!r}")
        if isinstance(item, Mapping):
            check_keys(item, section, f"{where}.{name}.")


def recipe_text(recipe: Recipe) -> str:
    """The whole recipe as TOML that reads back equal, each key explained by the docstring of its data class."""
    return toml_text(recipe)


def _merge(values: Plain, changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value


def _section(hint: Any) -> type[Any] | None:
    """The data class in a type such as ``list[Stage]`` or ``Data | None``; None where there is none."""
    return next((part for part in (hint, *get_args(hint)) if isinstance(part, type) and is_dataclass(part)), None)


def _value(text: str, hint: Any) -> Any:
    """The text of a value as TOML reads it, or as it is where it is no TOML or a text is wanted."""
    if hint is str or (get_origin(hint) is Literal and all(isinstance(choice, str) for choice in get_args(hint))):
        return text
    if text.lower() in _NONE and type(None) in get_args(hint):
        return None
    try:
        return _toml(f"value = {text.lower() if hint is bool else text}")["value"]
    except Exception:  # a bare word
        return text


def _near(known: list[str], key: str) -> str:
    return closest(key, known) or f"; known are {', '.join(known)}"


def _one_line(message: str) -> str:
    """jsonargparse tells where and what on several lines."""
    message = shortened(message, 2000)  # values in it may be of any length
    message = re.sub(r"Problem with given class_path '[^']*':", "", message)
    message = re.sub(r"Expected a \S*Literal\[(.*?)\]", r"expected one of \1", message)
    message = re.sub(r"Expected a member of <enum '\w+'>: \{(.*?)\}", r"expected one of \1", message)
    message = re.sub(r"Expected an? <class '(\w+)'>", r"expected \1", message)
    message = re.sub(r"\. Got value: ", ", got ", message)
    message = re.sub(r'Parser key "(?:recipe\.)?([^"]*)":', r"\1:", message)
    return " ".join(message.replace("typing.", "").split()).removeprefix("recipe: ")


def _toml(text: str) -> Plain:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import toml as tomllib  # type: ignore[import-untyped, no-redef]
    return tomllib.loads(text)


def _yaml(text: str) -> Any:
    import yaml  # type: ignore[import-untyped]

    if any(isinstance(one, yaml.AliasToken) for one in yaml.scan(text)):
        raise ValueError("it has aliases (*name), which recipes do not need")
    return yaml.safe_load(text)


_PARSERS: dict[str, Callable[[str], Any]] = {".toml": _toml, ".json": json.loads, ".yaml": _yaml, ".yml": _yaml}
