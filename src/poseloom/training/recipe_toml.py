"""A recipe written as TOML, every key explained by the ``Args:`` of its data class."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import is_dataclass
from typing import Any

from poseloom.training.recipe_plain import plain

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100


def toml_text(section: Any) -> str:
    """The TOML text of a data class object."""
    return "\n".join(_table(section, "")).strip() + "\n"


def explained(kind: type[Any]) -> dict[str, str]:
    """Field -> its explanation in the ``Args:`` of the docstrings of a data class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        text = inspect.cleandoc(base.__doc__ or "").partition("Args:\n")[2].split("\n\n")[0]
        for names, words in re.findall(r"^ {4}([\w, ]+): (.*(?:\n {8}.*)*)", text, flags=re.M):
            found |= {name.strip(): " ".join(words.split()) for name in names.split(",")}
    return found


def _table(section: Any, where: str) -> list[str]:
    """Lines of a table: plain keys first, as TOML wants it, then the tables in it."""
    lines, tables = [], []
    words = explained(type(section)) if is_dataclass(section) else {}
    values = vars(section) if is_dataclass(section) else section
    for key, value in values.items():
        name = key if _BARE.fullmatch(key) else json.dumps(key)
        place = f"{where}.{name}" if where else name
        if is_dataclass(value) or (isinstance(value, dict) and value):
            tables += ["", f"[{place}]", *_table(value, place)]
        elif isinstance(value, list) and value and all(is_dataclass(item) for item in value):
            for item in value:
                tables += ["", f"[[{place}]]", *_table(item, place)]
        elif value is None:
            lines.append(f"# {key}: not given{_comment(words, key, ' - ')}")
        else:
            line = f"{name} = {_value(plain(value))}"
            comment = _comment(words, key, "  # ")
            lines += [line + comment] if len(line + comment) <= _WIDTH or not comment else [comment.strip(), line]
    return lines + tables


def _comment(words: dict[str, str], key: str, before: str) -> str:
    return f"{before}{words[key]}" if key in words else ""


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = (f"{k if _BARE.fullmatch(k) else json.dumps(k)} = {_value(v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    return repr(value)
