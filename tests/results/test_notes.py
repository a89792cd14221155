"""Notes travel in results: whoever calls gets those of the own text, whatever other threads do."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

import poseloom
from poseloom.checkpoints.registry import load_model
from poseloom.pose.sampler import sample

WORDS = ("flubber", "gizmo")
ROUNDS = 6


def asked(model, word):
    """What is told of a text with an unknown word, by every function that reads one."""
    return {
        "generate": lambda: model.generate(f"the left arm is up, {word}", n=1).not_understood,
        "edit": lambda: model.edit(sample(1, seed=1), f"raise the left arm, {word}").not_understood,
        "rank": lambda: tuple(
            note.removeprefix("not known: ") for note in model.rank(f"the left {word} is up", sample(2, seed=1)).notes
        ),
    }


@pytest.mark.parametrize(("task", "call"), [("generation", "generate"), ("editing", "edit"), ("retrieval", "rank")])
def test_two_threads_get_their_own_notes(tiny_models, task, call):
    model, together = load_model(tiny_models[task]), Barrier(len(WORDS))

    def notes(word):
        together.wait()
        return [asked(model, word)[call]() for _ in range(ROUNDS)]

    with ThreadPoolExecutor(len(WORDS)) as pool:
        found = dict(zip(WORDS, pool.map(notes, WORDS), strict=True))
    assert found == {word: [(word,)] * ROUNDS for word in WORDS}


def test_no_note_is_a_warning(tiny_models):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = poseloom.generate("a flubber with the left arm up", n=1, model=tiny_models["generation"])
    assert made.not_understood == ("flubber",)
