"""Signing by rule: HamNoSys explained and signed, out of strings, files, glosses and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseloom.language.hamnosys.tree import Signs
    from poseloom.language.hamnosys.written import SignText
    from poseloom.results.signing import Explained, Signed
    from poseloom.signer import SigningStyle


def sign(
    text: str | SignText | Sequence[SignText],
    name: str = "",
    *,
    strict: bool = False,
    style: SigningStyle | None = None,
) -> Signed:
    """A body that signs HamNoSys by rule: 52 joints at 25 frames a second. ``load_model("sign")`` signs as it learned.

    Args:
        text: symbols of HamNoSys, or their names: ``"flathand extfingerl palml chest touch"``; TeX, SiGML and
            SignWriting (FSW) are read too. Or signs of a file (`read_signs`), of a sentence of glosses (`Lexicon`) or
            of a word (`spelt`), all of `poseloom.language.hamnosys`.
        name: what the clip is called.
        strict: slips that are passed over count as mistakes.
        style: speed, signing space, holds, handedness: `poseloom.signer.SigningStyle`.

    Raises:
        PoseloomError: a string that breaks the notation, or a name that no symbol has.
    """
    from poseloom.results.signing import Signed
    from poseloom.signer import sign_clip
    from poseloom.signer.nonmanual import with_nonmanual
    from poseloom.signer.unmet import remarks_on

    read = _read(text, strict)
    told = read.explained()
    clip = sign_clip(told.hamnosys, name, style)
    spans, entries, first = clip.notes["signs"], [], 0
    names = [one.gloss or one.name for one, count in zip(read.signs, read.counts, strict=True) for _ in range(count)]
    unmet = remarks_on(clip.notes.get("unmet", []), names)
    for one, count in zip(read.signs, read.counts, strict=True):
        if count:
            entries.append((spans[first][0], spans[first + count - 1][1], one.nonmanual))
        first += count
    return Signed(told.hamnosys, told.says, with_nonmanual(clip, entries), notes=(*told.notes, *unmet))


def explain(text: str | SignText | Sequence[SignText], *, strict: bool = False) -> Explained:
    """What HamNoSys says, in English; the notes are the slips that were passed over, and what no body acts.

    Args:
        text: as for `sign`.
        strict: slips count as mistakes.

    Raises:
        PoseloomError: a string that breaks the notation, or a name that no symbol has.
    """
    return _read(text, strict).explained()


@dataclass(frozen=True)
class _Read:
    """Signs, the tree of them all, and how many signs of the tree each of them is."""

    signs: list[SignText]
    hamnosys: str
    tree: Signs
    counts: list[int]

    def explained(self) -> Explained:
        from poseloom.language.hamnosys import explain as in_english
        from poseloom.language.hamnosys.written.nonmanual import face_of, movement_of, words_of
        from poseloom.results.signing import Explained

        says, notes = in_english(self.tree), [str(remark) for remark in self.tree.remarks]
        for one in self.signs:
            where = f"{one.name}: " if one.name else ""
            notes += [f"{where}{note}" for note in one.notes]
            for entry in one.nonmanual:
                if face_of(entry) is not None:
                    notes.append(f"{where}acted by the 468 points of a face alone: {words_of(entry)}")
                elif movement_of(entry) is None:
                    notes.append(f"{where}not acted, the body has no face to move: {words_of(entry)}")
            if one.nonmanual:
                says += f"\n{where}{', '.join(words_of(entry) for entry in one.nonmanual)}."
        return Explained(self.hamnosys, says, notes=tuple(notes))


def _read(text: str | SignText | Sequence[SignText], strict: bool) -> _Read:
    from poseloom.language.hamnosys import parse
    from poseloom.language.hamnosys.written import SignText, signs_in

    given = signs_in(text) if isinstance(text, str) else [text] if isinstance(text, SignText) else list(text)
    strings = [one.hamnosys for one in given]
    whole = strings[0] if len(strings) == 1 else " ".join(string.strip() for string in strings)
    tree = parse(whole, strict=strict)
    counts = [len(tree.signs)] if len(given) == 1 else [len(parse(string).signs) for string in strings]
    return _Read(given, whole, tree, counts)
