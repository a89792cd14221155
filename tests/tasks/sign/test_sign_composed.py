"""Strings drawn at random, and the clips of the rule-based signer to learn from."""

from itertools import islice

import numpy as np

from poseloom.language.hamnosys import SymbolKind, parse, symbols
from poseloom.tasks.sign.composed.choices import weights
from poseloom.tasks.sign.composed.clips import signer_clips
from poseloom.tasks.sign.composed.strings import composed_strings
from poseloom.tasks.sign.layouts import sign_layout
from poseloom.tasks.sign.sources import ClipSource, SignData

STRINGS = list(islice(composed_strings(1), 2000))


def test_all_strings_parse_without_a_slip_and_differ():
    assert len(set(STRINGS)) == len(STRINGS)
    assert not any(parse(text, strict=True).remarks for text in STRINGS)


def test_strings_depend_on_the_seed_alone():
    assert list(islice(composed_strings(1), 50)) == STRINGS[:50]
    assert list(islice(composed_strings(2), 50)) != STRINGS[:50]


def test_strings_have_all_that_is_signed():
    used = {symbol for text in STRINGS for symbol in text}
    for kind in (
        SymbolKind.HANDSHAPE,
        SymbolKind.THUMB,
        SymbolKind.SYMMETRY,
        SymbolKind.ARC,
        SymbolKind.REPETITION,
        SymbolKind.PALM,
    ):
        wanted = {one.character for one in symbols() if one.kind is kind}
        assert wanted <= used, kind


def test_strings_of_one_sign_and_of_two_with_one_hand_and_with_two():
    signs = [sign for text in STRINGS for sign in parse(text).signs]
    assert 1.05 < len(signs) / len(STRINGS) < 1.2
    shares = np.mean([[sign.parts[0].symmetry is not None, sign.parts[0].nondominant is not None] for sign in signs], 0)
    assert (shares > 0.1).all() and shares.sum() < 0.7


def test_many_signs_differ_from_an_earlier_one_in_one_block():
    def blocks(text):
        part = parse(text).signs[0].parts[0]
        return part.symmetry, part.dominant, part.nondominant, part.locations, part.actions

    rows = list(map(blocks, STRINGS[:200]))
    near = [any(sum(a != b for a, b in zip(row, other, strict=True)) <= 1 for other in rows[max(0, n - 50) : n])
            for n, row in enumerate(rows)]  # fmt: skip
    assert 0.1 < np.mean(near) < 0.9


def test_the_table_names_symbols_and_weighs_them():
    known = {one.short for one in symbols()}
    tables = [value for value in weights().values() if isinstance(value, dict)]
    assert all(weight > 0 for table in tables for weight in table.values())
    for name in ("shapes", "body", "sites", "locals", "thumbs", "bends", "touching", "symmetries", "repetitions"):
        assert {word for row in weights()[name] for word in row.split()} <= known


def test_clips_are_as_models_want_them():
    layout = sign_layout("holistic-75")
    clips, again = signer_clips(3, 4), signer_clips(3, 4)
    for clip, other in zip(clips, again, strict=True):
        assert clip.values.shape[1:] == (layout.keypoints, layout.dims)
        assert clip.text == other.text and np.array_equal(clip.values, other.values)
        shoulders = clip.values[:, 11] - clip.values[:, 12]
        np.testing.assert_allclose(np.linalg.norm(shoulders, axis=-1), 1, atol=3e-2)  # the collars move
    source = ClipSource(SignData(source="signer", pool=4))
    assert not {clip.text for clip in source.training} & {clip.text for clip in clips} and len(source.training) == 4


def test_batches_of_clips_that_are_about_equally_long():
    source = ClipSource(SignData(pool=200))
    lengths = [[len(clip) for clip in source.sample_alike(seed, 8)] for seed in range(20)]
    mixed = [[len(clip) for clip in source.sample(seed, 8)] for seed in range(20)]
    assert np.mean(np.ptp(lengths, axis=1)) < np.mean(np.ptp(mixed, axis=1)) / 3
    assert abs(np.mean(lengths) - np.mean(mixed)) < 5
    assert [clip.text for clip in source.sample_alike(1, 5)] == [clip.text for clip in source.sample_alike(1, 5)]
