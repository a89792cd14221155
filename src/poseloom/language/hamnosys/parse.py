"""From a string to its tree: symmetry, hands, places, actions; parts of a sign; signs.

Recursive descent over the grammar of HamNoSys 4, as real dictionary entries use it. Brackets have several meanings;
which one is told by what stands inside, so that nothing is read twice.
"""

from __future__ import annotations

from poseloom.language.hamnosys.actions import EXPECTED, read_actions
from poseloom.language.hamnosys.contacts import settled
from poseloom.language.hamnosys.errors import HamNoSysError
from poseloom.language.hamnosys.hands import at_hand, read_hands
from poseloom.language.hamnosys.places import at_location, read_locations
from poseloom.language.hamnosys.reader import Reader
from poseloom.language.hamnosys.symbols import SymbolKind
from poseloom.language.hamnosys.tokens import tokenise
from poseloom.language.hamnosys.tree import Part, Sign, Signs, Symmetry, Where

_FLAGS = (SymbolKind.SIZE, SymbolKind.BEND, SymbolKind.ALTERNATING)


def parse(text: str, *, strict: bool = False) -> Signs:
    """Read a HamNoSys string.

    Small slips that real entries have (a bracket without its counterpart, a size mark where none belongs) are passed
    over and told in `Signs.remarks`.

    Args:
        text: characters of the font HamNoSysUnicode 4.0; signs separated by spaces.
        strict: raise on what would be passed over.

    Raises:
        HamNoSysError: symbols outside HamNoSys, or in an order that means nothing; points at the symbol.
    """
    reader = Reader(tokenise(text))
    signs: list[Sign] = []
    parts: list[Part] = []
    two_hands = False
    while True:
        part = _part(reader, first=not parts)
        two_hands = (two_hands and bool(parts)) or part.symmetry is not None or part.nondominant is not None
        parts.append(settled(part, two_hands))
        if reader.at(SymbolKind.PLUS):
            reader.take()
            continue
        signs.append(Sign(tuple(parts)))
        parts = []
        while reader.at(SymbolKind.SEPARATOR):
            reader.take()
        if reader.at(SymbolKind.END):
            break
    remarks = tuple(sorted(reader.remarks, key=lambda remark: remark.position))
    if strict and remarks:
        raise HamNoSysError(remarks[0].position, remarks[0].problem, "a string without slips (strict reading)")
    return Signs(tuple(signs), remarks)


def _part(reader: Reader, first: bool) -> Part:
    start = reader.index
    symmetry = _symmetry(reader)
    dominant, nondominant = read_hands(reader) if at_hand(reader) else (None, None)
    if first and symmetry is not None and dominant is None and nondominant is None:
        reader.fail("a hand shape after the symmetry mark")
    locations: list[Where] = []
    while at_location(reader):
        locations += read_locations(reader)
    actions = read_actions(reader, top=True, places=tuple(locations))
    if reader.index == start:
        reader.fail("a symmetry mark, a hand shape, a place or a movement")
    if not reader.at(SymbolKind.PLUS, SymbolKind.SEPARATOR, SymbolKind.END):
        reader.fail(
            f"{EXPECTED}{_ORDER if reader.at(SymbolKind.HANDSHAPE, SymbolKind.DIRECTION, SymbolKind.PALM) else ''}"
        )
    return Part(symmetry, dominant, nondominant, tuple(locations), actions)


_ORDER = "; the order is hand shape, finger direction, palm, then places, then movements"


def _symmetry(reader: Reader) -> Symmetry | None:
    """A symmetry mark and its flags, whose symbols mean something else elsewhere."""
    if not reader.at(SymbolKind.SYMMETRY, SymbolKind.ALTERNATING):
        return None
    token = reader.take()
    mirrored = None if token.kind is SymbolKind.ALTERNATING else token.symbol.short == "symmlr"
    flags = {token.symbol.short}
    while reader.at(*_FLAGS):
        flags.add(reader.take().symbol.short)
    return Symmetry(mirrored, "largemod" in flags, "fingerstraightmod" in flags, "alternatingmotion" in flags)
