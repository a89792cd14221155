import pytest

from poseloom.base.errors import FileError
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.nn.text.reading import PublishedReader, TokenReader, WordReader
from poseloom.nn.text.tokenizers import WordTokenizer
from poseloom.nn.text.vocabulary import SPECIAL_WORDS, Vocabulary
from poseloom.nn.text.words import LONGEST, WordList

WORDS = ["raise", "the", "left", "arm", "person", "with", "knee", "bent"]


@pytest.fixture(params=["small", "published"])
def read(request):
    if request.param == "small":
        return WordReader(WordList(WORDS))
    return TokenReader(WordTokenizer(Vocabulary((*SPECIAL_WORDS, *WORDS)), longest=LONGEST + 2))


def test_a_text_of_known_words_needs_no_note(read):
    assert read(["raise the left arm"]).notes == ()
    assert read(["raise the left arm"]).lengths.tolist() in ([4], [6])


def test_unknown_words_are_told(read):
    assert read(["raise the left flipper with knee bent"]).notes == ("not known: flipper",)
    assert read(["raise the arm", "raise the flipper"]).notes == ("not known: flipper",)


def test_other_languages_are_told(read):
    (note,) = read(["hebe den linken Arm über den Kopf"]).notes
    assert note.startswith("not known: hebe, den, linken") and "most of the text is not understood" in note


def test_many_unknown_words_are_counted(read):
    (note,) = read([" ".join(f"zz{chr(97 + number)}" for number in range(20))]).notes
    assert "and 12 more" in note and len(note) < 250


def test_long_texts_are_cut_and_that_is_told(read):
    reading = read(["left " * 10_000])
    assert reading.notes == (f"the text has 10,000 words, the first {LONGEST} are read",)
    assert reading.ids.shape[1] <= LONGEST + 2


def test_a_model_without_its_words_says_so(tmp_path):
    choice = TextEncoderChoice("glovebigru", "vocPSA2H2", words=12)
    with pytest.raises(FileError, match="has no vocabulary"):
        PublishedReader(choice, None, tmp_path / "m.safetensors")(["raise the arm"])
    known = Vocabulary((*SPECIAL_WORDS, *WORDS))
    assert PublishedReader(choice, known, tmp_path / "m.safetensors")(["raise the arm"]).notes == ()
