import torch

from poseloom.facts.measured_pairs import CHANGES, CHANGES_SIDED, MeasuredChanges, PairClaims, claim_name, name_changes
from poseloom.facts.stated import instructed_claims
from poseloom.language import instruct
from poseloom.language.claims.claim import Measure
from poseloom.language.claims.reading import read_instruction
from poseloom.language.instruction.change import Change
from poseloom.tasks.common.pair_examples import PairData, PairPool, write_instructions

FIRST, SECOND = PairPool(PairData(procedural=300)).sample(1, 300)
TEXTS = write_instructions(FIRST, SECOND, 1, 0.0)


def test_claims_have_names_of_their_own_and_places():
    claims = PairClaims.of_texts(TEXTS, 100)
    names = claims.names(120)
    assert len(names) == 120 and len(set(names[:100])) == 100 and not any(names[100:])
    assert all(one.measure is not Measure.TOUCH for one in claims.claims)
    assert [claim_name(one) for one in claims.claims] == list(names[:100])


def test_what_is_instructed_holds():
    texts = instruct(FIRST[:40], SECOND[:40], seed=3)
    own = {claim_name(one) for text in texts for options in read_instruction(text).said for one in options}
    claims = PairClaims.of_texts([*texts] * 4, 400)
    assert {claim_name(one) for one in claims.claims} <= own
    places, holds = claims.judged(FIRST[:40], SECOND[:40], 200, seed=1)
    names = claims.names(400)
    told = [
        {name for asked in instructed_claims(text) for name in asked.names if len(asked.names) == 1} for text in texts
    ]
    mine = torch.tensor([[names[place] in told[row] for place in row_] for row, row_ in enumerate(places.tolist())])
    assert holds[mine & ~holds.isnan()].mean() > 0.95 and holds[~mine & ~holds.isnan()].mean() < 0.5


def test_no_claims():
    assert PairClaims(()).judged(FIRST[:2], SECOND[:2], 3, 0)[1].isnan().all()


def test_changes_of_pairs_as_numbers():
    seen = MeasuredChanges.of_pairs(FIRST, SECOND)
    numbers = seen.numbers(FIRST, SECOND)
    assert numbers.shape == (300, CHANGES) and ((numbers == 0) | (numbers >= 0.5)).all() and (numbers <= 1).all()
    assert (numbers > 0).any(1).float().mean() > 0.9
    assert not seen.numbers(FIRST, FIRST).any() and seen.numbers(FIRST[:0], SECOND[:0]).shape == (0, CHANGES)
    mirrored = seen.numbers(FIRST.mirror(), SECOND.mirror())
    left, right = slice(0, CHANGES_SIDED), slice(CHANGES_SIDED, 2 * CHANGES_SIDED)
    assert ((numbers[:, left] > 0) == (mirrored[:, right] > 0)).float().mean() > 0.995


def test_a_change_of_both_sides_is_one_of_each():
    both = name_changes([Change(3.0, "bend", degree=1, side="both", noun="knee")])
    assert {name.partition(" ")[0] for name in both} == {"left", "right"} and set(both.values()) == {0.65}
