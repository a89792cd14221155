"""SiGML: signs as XML, one element a symbol of HamNoSys (H-SiGML), with the non-manual parts that the string has not.

Element names and tiers are those of the published document types (ViSiCAST, eSIGN; University of East Anglia). The
other kind of SiGML, which spells signs out as ``hamgestural_sign``, is told and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, read_bytes
from poseloom.language.hamnosys.symbols import PREFIX, by_character
from poseloom.language.hamnosys.written.sign_text import NonManual, SignText

LARGEST_FILE = 256 << 20
"""Bytes that are read at most."""
_SIGN, _MANUAL, _NON_MANUAL = "hns_sign", "hamnosys_manual", "hamnosys_nonmanual"
_GESTURAL = "hamgestural_sign"
_TIER = "hnm_"
_SPACE = "hamspace"


def read_sigml(path: str | Path) -> list[SignText]:
    """The signs of a SiGML file, in order.

    Raises:
        FileError: no XML, no SiGML, or without signs in HamNoSys.
    """
    try:
        return sigml_signs(read_bytes(path, maximum_bytes=LARGEST_FILE))
    except FileError:
        raise
    except PoseloomError as error:
        raise FileError(path, str(error)) from None


def sigml_signs(content: bytes | str) -> list[SignText]:
    """The signs of SiGML.

    Raises:
        PoseloomError: see `read_sigml`.
    """
    root = _root(content)
    elements = [element for element in root.iter() if _name(element) in (_SIGN, _GESTURAL)]
    signs = [_sign(element, f"sign {place}") for place, element in enumerate(elements, 1) if _name(element) == _SIGN]
    if not signs:
        other = f"; its {len(elements)} signs are spelt out as {_GESTURAL}, which is not read" if elements else ""
        raise PoseloomError(f"SiGML: holds no {_SIGN} with {_MANUAL}{other}")
    if len(signs) < len(elements):
        note = f"{len(elements) - len(signs)} signs that are spelt out as {_GESTURAL} were passed over"
        first = signs[0]
        signs[0] = SignText(first.name, first.text, first.nonmanual, (*first.notes, note))
    return signs


def _root(content: bytes | str) -> ElementTree.Element:
    text = content.encode("utf-8") if isinstance(content, str) else content
    if b"<!ENTITY" in text.replace(b"\x00", b""):
        raise PoseloomError("SiGML: declares entities of its own, which are not followed; save it without them")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as fault:
        raise PoseloomError(f"SiGML: is no XML ({fault})") from None


def _name(element: ElementTree.Element) -> str:
    """Without a namespace; comments and instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _sign(element: ElementTree.Element, place: str) -> SignText:
    manual = [part for part in element if _name(part) == _MANUAL]
    names = [name for part in manual for name in _names(part)]
    nonmanual, notes = [], []
    for part in element:
        if _name(part) == _NON_MANUAL:
            for entry in part.iter():
                tier = _name(entry)
                if tier.startswith(_TIER) and entry.attrib:
                    nonmanual.append(NonManual(tier.removeprefix(_TIER), " ".join(entry.attrib.values())))
        elif part not in manual:
            notes.append(f"<{_name(part)}> was passed over")
    return SignText(element.get("gloss") or place, " ".join(names), tuple(nonmanual), tuple(notes))


def _names(manual: ElementTree.Element) -> Iterable[str]:
    """Names of the symbols; some writers put the symbols themselves between the elements."""
    known = by_character()
    for part in manual.iter():
        name = _name(part)
        if name and part is not manual:
            yield name
        for text in (part.text, part.tail if part is not manual else None):
            for character in text or "":
                if not character.isspace():
                    yield known[character].name if character in known else character


def write_sigml(signs: Sequence[SignText], path: str | Path) -> None:
    """Write signs as H-SiGML; `read_sigml` gives the same names, symbols and non-manual parts.

    Raises:
        PoseloomError: names that no symbol has, a character that is none, or a place that is not writable.
    """
    root = ElementTree.Element("sigml")
    for sign in signs:
        element = ElementTree.SubElement(root, _SIGN, gloss=sign.name)
        rest = ElementTree.SubElement(element, _NON_MANUAL)
        for entry in sign.nonmanual:
            value = "picture" if entry.tier == "mouthpicture" else "tag"
            ElementTree.SubElement(rest, _TIER + entry.tier, {value: entry.tag})
        manual = ElementTree.SubElement(element, _MANUAL)
        for place, character in enumerate(sign.hamnosys.strip(), 1):
            ElementTree.SubElement(manual, _element_name(character, sign.name, place))
    ElementTree.indent(root, " ")
    with atomic_write(path) as temporary:
        ElementTree.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)


def _element_name(character: str, sign: str, place: int) -> str:
    if character.isspace():
        return _SPACE
    symbol = by_character().get(character)
    if symbol is None or not symbol.name.startswith(PREFIX):
        raise PoseloomError(f"SiGML: {sign}: symbol {place} is {character!r}, which HamNoSys has not")
    return symbol.name
