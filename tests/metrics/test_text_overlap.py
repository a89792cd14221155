"""BLEU, ROUGE-L, METEOR-ES and their parts, against sacrebleu, rouge-score and NLTK where those are installed."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.metrics import (
    bootstrap_means,
    closest_reference,
    corpus_bleu,
    distinct,
    meteor_es,
    rouge_l,
    shortest_reference,
    text_lengths,
    unique_texts,
)
from poseloom.metrics.bleu import tokenise_13a
from poseloom.metrics.meteor import meteor_es_of
from poseloom.metrics.porter import stem
from poseloom.metrics.rouge import common_subsequence, rouge_l_of
from poseloom.metrics.words import treebank_words

TEXTS = (
    "The person is kneeling on the left knee, with both arms raised above the head.",
    "Both arms are raised; the left knee is on the ground and the person's back is straight.",
    'He stands with his feet shoulder-width apart. His "right" hand is on his hip, don\'t you see?',
    "bend your left elbow at a 90-degree angle & turn your head to 3.5 o'clock (roughly).",
    "Kneel down on the left knee and raise both of your arms high above your head.",
    "She cannot reach the floor: her hands hang 10,000 units away - far -- too far...",
    "The legs are straight. The arms are straight. The arms are by the sides.",
    "a person's arms",
    "",
)
WORDS = st.lists(
    st.sampled_from(["the", "left", "Arm", "is", "arms", "raised", "raising", "knee", ".", ",", "-"]), max_size=15
).map(" ".join)


def corpus(items=12, references=3, seed=0):
    """Candidates that share words with their references, and texts as people write them."""
    draw = random.Random(seed)
    texts = [text for text in TEXTS if text]
    candidates, references_ = [], []
    for _ in range(items):
        text = draw.choice(texts)
        words = [word for word in text.split() if draw.random() > 0.15]
        candidates.append(" ".join(words))
        references_.append([text, *draw.sample(texts, references - 1)])
    return candidates, references_


# -- BLEU -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("references", [1, 3])
def test_bleu_equals_sacrebleu(references):
    sacrebleu = pytest.importorskip("sacrebleu")
    oracle = sacrebleu.BLEU(smooth_method="none", tokenize="13a", force=True)
    for seed in range(20):
        candidates, lists = corpus(references=references, seed=seed)
        columns = list(zip(*lists, strict=True))
        assert corpus_bleu(candidates, lists, closest_reference) == pytest.approx(
            oracle.corpus_score(candidates, columns).score, abs=1e-9
        )


@given(st.text(max_size=40) | st.sampled_from(TEXTS))
def test_13a_words_are_those_of_sacrebleu(text):
    tokenizers = pytest.importorskip("sacrebleu.tokenizers.tokenizer_13a")
    assert tokenise_13a(text) == tokenizers.Tokenizer13a()(text).split()


def test_the_reference_length_matters_with_several_references():
    references = [["the left arm is raised high above the head now", "the left arm is raised"]]
    candidate = ["the left arm is raised high above the head"]
    assert corpus_bleu(candidate, references, shortest_reference) == pytest.approx(100)
    assert corpus_bleu(candidate, references, closest_reference) == pytest.approx(100 * np.exp(1 - 10 / 9))
    assert closest_reference(5, [7, 3]) == 3


def test_bleu_is_zero_without_a_common_four_words_and_case_counts():
    assert corpus_bleu(["the left arm"], [["the left arm"]]) == 0
    assert corpus_bleu(["The left arm is up"], [["the left arm is up"]]) < 100
    assert corpus_bleu([""], [["the left arm is up"]]) == 0


# -- ROUGE-L --------------------------------------------------------------------------------------------------


@given(WORDS, WORDS)
def test_rouge_equals_rouge_score(candidate, reference):
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"], use_stemmer=False)
    assert rouge_l_of(candidate, reference) == pytest.approx(scorer.score(reference, candidate)["rougeL"].fmeasure)


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), max_size=9))
def test_the_common_subsequence_is_the_longest(a, b):
    def is_in(part, whole):
        rest = iter(whole)
        return all(word in rest for word in part)

    lengths = range(min(len(a), len(b)), -1, -1)
    longest = next(n for n in lengths if any(is_in(part, b) for part in itertools.combinations(a, n)))
    assert common_subsequence(a, b) == common_subsequence(b, a) == longest


def test_rouge_takes_the_best_reference_and_the_median_lies_near_the_mean():
    candidates, references = corpus(items=40)
    found = rouge_l(candidates, references, seed=1)
    best = [max(rouge_l_of(c, r) for r in rs) for c, rs in zip(candidates, references, strict=True)]
    assert found.mean == pytest.approx(100 * np.mean(best))
    assert found.low < found.median < found.high and found.median == pytest.approx(found.mean, abs=0.5)
    assert found == rouge_l(candidates, references, seed=1) != rouge_l(candidates, references, seed=2)


def test_bootstrap_means_spread_as_the_standard_error_does():
    scores = np.random.default_rng(0).normal(50, 10, 400)
    assert bootstrap_means(scores, means=4000).std() == pytest.approx(scores.std() / 20, rel=0.1)


# -- METEOR-ES ------------------------------------------------------------------------------------------------


class NoSynonyms:
    def synsets(self, word):
        return []


@given(WORDS, WORDS)
def test_meteor_equals_nltk_without_synonyms(candidate, reference):
    nltk_meteor = pytest.importorskip("nltk.translate.meteor_score")
    own, other = candidate.split(), reference.split()
    expected = nltk_meteor.single_meteor_score(other, own, wordnet=NoSynonyms())
    assert meteor_es_of(own, other) == pytest.approx(expected)


def test_meteor_of_texts_equals_nltk_without_synonyms():
    nltk_meteor = pytest.importorskip("nltk.translate.meteor_score")
    candidates, references = corpus()
    expected = [
        nltk_meteor.meteor_score([treebank_words(text) for text in texts], treebank_words(own), wordnet=NoSynonyms())
        for own, texts in zip(candidates, references, strict=True)
    ]
    assert meteor_es(candidates, references) == pytest.approx(100 * np.mean(expected))


def test_meteor_matches_stems_and_punishes_disorder():
    assert meteor_es(["raised arms"], [["raising arm"]]) > 90
    ordered, disordered = (
        meteor_es([text], [["the left arm is up"]]) for text in ("the left arm is up", "up is arm left the")
    )
    assert ordered > 99 and disordered < 60
    assert meteor_es(["nothing alike"], [["the left arm"]]) == 0 == meteor_es([""], [["the left arm"]])


@pytest.mark.parametrize("text", [text for text in TEXTS if "-- too" not in text])
def test_words_are_those_of_the_treebank(text):
    treebank = pytest.importorskip("nltk.tokenize.destructive").NLTKWordTokenizer()
    sentences = text.replace(". ", ".\n").split("\n")
    expected = [word for sentence in sentences for word in treebank.tokenize(sentence)]
    quotes = {"``": '"', "''": '"'}
    assert treebank_words(text) == [quotes.get(word, word) for word in expected]


STEMMED = (
    "caresses ponies ties cats feed agreed plastered motoring conflated troubled sized hopping tanned falling hissing "
    "fizzed failing filing happy sky enjoy relational conditional rational valency digitizer conformably radically "
    "differently vilely analogously vietnamization predication operator feudalism decisiveness hopefulness "
    "callousness formality sensitivity sensibility triplicate formative formalize electricity electrical hopeful "
    "goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment "
    "dependent adoption communism activate angularity homologous effective bowdlerize probate rate cease controlling "
    "rolling dying skies flies died spied geology fully kneeling crossed shoulders slightly y by is yy agreeing "
    "ed ing eed ied bies sses ations skiing being news inning fulli alli"
)


@pytest.mark.parametrize("word", STEMMED.split())
def test_stems_are_those_of_nltk(word):
    assert stem(word) == pytest.importorskip("nltk.stem.porter").PorterStemmer().stem(word)


@given(
    st.text("aeioubcdlstyzrnmg", max_size=6),
    st.sampled_from(["ing", "ed", "s", "es", "ational", "ement", "ness", "fulli", "logi", "ll", "e", "ion", "y"]),
)
def test_stems_of_made_up_words_are_those_of_nltk(start, end):
    assert stem(start + end) == pytest.importorskip("nltk.stem.porter").PorterStemmer().stem(start + end)


def test_stems_of_the_vocabulary_of_poses():
    assert [stem(word) for word in ["Kneeling", "knees", "raised", "bent", "crossing", "positions"]] == (
        ["kneel", "knee", "rais", "bent", "cross", "posit"]
    )


# -- variety and length ---------------------------------------------------------------------------------------


def test_distinct_counts_different_sequences():
    assert distinct(["the arm", "the Arm"], 1) == 0.5 and distinct(["the arm", "the leg"], 2) == 1
    assert distinct(["arm"], 3) == 0
    assert unique_texts(["a", "a", "b", "c"]) == 0.75


def test_lengths():
    found = text_lengths(["one two.", "one"])
    assert (found.mean, found.deviation, found.median, found.shortest, found.longest) == (2, 1, 2, 1, 3)


# -- mistakes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [corpus_bleu, rouge_l, meteor_es])
def test_mistakes_are_told(measure):
    with pytest.raises(PoseloomError, match="2 candidates but 1 lists of references"):
        measure(["a", "b"], [["a"]])
    with pytest.raises(PoseloomError, match=r"references\[1\]: expected a list"):
        measure(["a", "b"], [["a"], "b"])
    with pytest.raises(PoseloomError, match=r"references\[0\]: expected a list of at least one text, got '\[\]'"):
        measure(["a"], [[]])
    with pytest.raises(PoseloomError, match="at least one candidate"):
        measure([], [])


@pytest.mark.parametrize("measure", [text_lengths, unique_texts])
def test_no_texts_have_no_statistics(measure):
    with pytest.raises(PoseloomError, match="at least one text"):
        measure([])


def test_a_word_counts_as_often_as_one_reference_has_it():
    """`a` stands twice in the candidate, once in each reference: 4 of 5 words, then 3 of 4, 2 of 3 and 1 of 2."""
    found = corpus_bleu(["a b c d a"], [["a b c d e", "f a b c d"]])
    assert found == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)
