"""`SignText`: one sign as somebody wrote it, with its name and what face, head and trunk do."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.language.hamnosys.symbols import notation


@dataclass(frozen=True)
class NonManual:
    """One entry of a sign's non-manual part.

    Args:
        tier: of SiGML, without its ``hnm_``: ``head``, ``shoulder``, ``body``, ``eyegaze``, ``mouthpicture``, ...
        tag: what the tier does: ``NO`` nods; of a mouth picture its sounds (SAMPA).
    """

    tier: str
    tag: str

    def __str__(self) -> str:
        return f"{self.tier} {self.tag}"


@dataclass(frozen=True)
class SignText:
    """One sign, or a string of them.

    Args:
        name: its gloss or id, or its place in the file.
        text: symbols of HamNoSys, or their names as `notation` takes them.
        nonmanual: what face, head and trunk do meanwhile, in order.
        notes: what of it was not read.
        gloss: what it means, where it has an id too.
    """

    name: str
    text: str
    nonmanual: tuple[NonManual, ...] = ()
    notes: tuple[str, ...] = ()
    gloss: str = ""

    @property
    def hamnosys(self) -> str:
        """The string in symbols.

        Raises:
            UnknownNameError: it is written in names, and no symbol has one of them.
        """
        return notation(self.text)
