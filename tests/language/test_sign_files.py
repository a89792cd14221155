"""Signs in every writing: SiGML, names with commas, TeX, tables, SignWriting, glosses and fingerspelling."""

import json

import pytest

from poseloom.base.errors import FileError, PoseloomError
from poseloom.language.hamnosys import Lexicon, check_file, from_names, notation, parse, read_signs, spelt, write_sigml
from poseloom.language.hamnosys.glosses import alphabets
from poseloom.language.hamnosys.written import NonManual, SignText, read_sigml, signs_in, signs_of
from poseloom.language.hamnosys.written.nonmanual import movement_of, words_of

NAMES = "flathand extfingerl palml chest touch"
TEXT = from_names(NAMES)
COMMAS = "hamflathand,hamextfingerl,hampalml,hamchest,hamtouch"
SIGML = f"""<?xml version="1.0" encoding="utf-8"?>
<sigml>
 <hns_sign gloss="TEST">
  <hamnosys_nonmanual><hnm_mouthpicture picture="ta"/><hnm_head tag="NO"/></hamnosys_nonmanual>
  <hamnosys_manual>{"".join(f"<{name}/>" for name in COMMAS.split(","))}</hamnosys_manual>
 </hns_sign>
</sigml>"""


@pytest.mark.parametrize(
    "written",
    [
        NAMES,
        COMMAS,
        COMMAS.replace(",", ", "),
        "\\hamnosys{" + COMMAS + "}",
        "\\" + COMMAS.replace(",", " \\"),
        TEXT,
        SIGML,
        SIGML.partition("\n")[2],
    ],
)
def test_every_writing_of_a_sign_is_the_same_sign(written):
    assert [sign.hamnosys for sign in signs_in(written)] == [TEXT]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.sigml", SIGML),
        ("a.xml", SIGML),
        ("a.txt", f"ONE\t{COMMAS}\n"),
        ("a.txt", SIGML),
        ("a.json", json.dumps({"a": {"hamnosys_text": COMMAS}})),
        ("a.json", json.dumps([{"id": "a", "hamnosys": "", "hamnosys_text": NAMES}])),
        ("a.jsonl", json.dumps({"hamnosys": TEXT}) + "\n"),
        ("a.csv", f'gloss,hamnosys\nONE,"{COMMAS}"\n'),
        ("a.csv", f"hamnosys;gloss\n{TEXT};ONE\n"),
        ("a.tsv", f"id\tgloss\thamnosys_text\n1\tONE\t{NAMES}\n"),
        ("a.tsv", f"ONE\t{NAMES}\n"),
        ("a.tex", "\\hamnosys{" + COMMAS + "}\n"),
    ],
)
def test_every_file_is_read_by_the_rules_of_an_argument(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert [sign.hamnosys for sign in read_signs(path)] == [sign.hamnosys for sign in signs_of(str(path))] == [TEXT]
    assert [row.error for row in check_file(path)] == [None]


def test_a_column_has_a_name_or_a_number(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f'wort,zeichen\nHAUS,"{COMMAS}"\n', encoding="utf-8")
    assert [sign.text for sign in read_signs(path, "Zeichen")] == [COMMAS]
    path.write_text(f'"{COMMAS}",HAUS\n', encoding="utf-8")
    assert [sign.text for sign in read_signs(path, "1")] == [COMMAS]
    with pytest.raises(FileError, match="no column 'zeichne'"):
        read_signs(path, "zeichne")


def test_a_name_that_is_none_fails_alone(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(f"{COMMAS}\nhamflathand,hamfoo\n", encoding="utf-8")
    first, second = check_file(path)
    assert first.error is None and (second.error.position, second.error.found) == (2, "'hamfoo'")


# -- SiGML -------------------------------------------------------------------------------------------------------------


def test_sigml_is_written_as_it_was_read(tmp_path):
    signs = [
        SignText("TEST & <1>", NAMES, (NonManual("mouthpicture", "ta"), NonManual("head", "NO"))),
        SignText("two", from_names(f"{NAMES} space finger2 extfingeru palmd"), (NonManual("body", "TF"),)),
    ]
    write_sigml(signs, tmp_path / "a.sigml")
    again = read_sigml(tmp_path / "a.sigml")
    assert [one.name for one in again] == [one.name for one in signs]
    assert [one.hamnosys for one in again] == [one.hamnosys for one in signs]
    assert [one.nonmanual for one in again] == [one.nonmanual for one in signs]


def test_every_symbol_survives_sigml(tmp_path):
    from poseloom.language.hamnosys import symbols

    text = "".join(symbol.character for symbol in symbols() if ord(symbol.character) >= 0xE000)
    write_sigml([SignText("all", text)], tmp_path / "a.sigml")
    assert read_sigml(tmp_path / "a.sigml")[0].hamnosys == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<sigml><hns_sign>", "is no XML"),
        ("<sigml/>", "holds no hns_sign"),
        ("<sigml><hamgestural_sign gloss='a'/></sigml>", "hamgestural_sign, which is not read"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><sigml>&b;</sigml>", "entities of its own"),
    ],
)
def test_what_is_no_sigml_is_told(tmp_path, content, message):
    path = tmp_path / "a.sigml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileError, match=message):
        read_signs(path)


def test_non_manual_parts_are_acted_or_told():
    assert movement_of(NonManual("head", "NO")) is not None and words_of(NonManual("head", "NO")) == "head nods"
    assert movement_of(NonManual("mouthpicture", "ta")) is None
    assert words_of(NonManual("mouthpicture", "ta")) == "mouth says 'ta'"
    assert words_of(NonManual("head", "XX")) == "head XX"


# -- SignWriting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fsw", "names"),
    [
        ("M507x507S10000487x492", "finger2 extfingeru palmu"),  # palm towards the signer
        ("M507x507S10020487x492", "finger2 extfingeru palmd"),  # away from the signer
        ("M507x507S10012487x492", "finger2 extfingerl palmd"),  # sideways, a quarter turned: palm down
        ("M507x507S15a30487x492", "flathand extfingero palmu"),  # in the plane of the floor, palm up
        ("M507x507S15a56487x492", "flathand extfingerr palmd"),
        ("M524x556S15a11505x500S15a19480x500", "symmlr flathand extfingerul palmdl"),
        ("M546x518S2ff00482x482S10000520x490S20500510x500", "finger2 extfingeru palmu cheek lrat touch"),
        ("M546x518S10000520x490S22a06530x480", "finger2 extfingeru palmu mover smallmod"),
        ("M546x518S10000520x490S26500530x480S2f700530x500", "finger2 extfingeru palmu moveo smallmod fast"),
        ("AS10000S22a06M546x518S10000520x490", "finger2 extfingeru palmu"),
    ],
)
def test_signwriting_is_read_as_hamnosys(fsw, names):
    assert signs_in(fsw)[0].text == names
    parse(signs_in(fsw)[0].hamnosys, strict=True)


def test_what_of_signwriting_is_not_read_is_listed():
    sign = signs_in("M546x518S10000520x490S34400500x500S30a00500x500")[0]
    assert sign.notes == (
        "SignWriting: MOUTH OPEN CIRCLE was not read",
        "SignWriting: EYEBROWS STRAIGHT UP was not read",
    )
    with pytest.raises(PoseloomError, match="no hand whose shape is known"):
        signs_in("M546x518S34400500x500")


def test_every_hand_and_movement_of_signwriting_is_hamnosys():
    from poseloom.language.hamnosys.signwriting.fsw import Symbol
    from poseloom.language.hamnosys.signwriting.hand_shapes import hand_of
    from poseloom.language.hamnosys.signwriting.movements import movement_of as arrow

    for base in range(0x100, 0x205):
        hand = hand_of(Symbol(f"S{base:x}", "1", "b", 500, 500))
        assert hand is not None and hand.left
        parse(notation(hand.names), strict=True)
    moved = [arrow(Symbol(f"S{base:x}", "0", row, 500, 500)) for base in range(0x216, 0x2F5) for row in "07f"]
    for one in (one for one in moved if one is not None):
        parse(notation(f"{NAMES} {one.names}"), strict=True)
    assert sum(one is not None for one in moved) > 0.75 * len(moved)


# -- glosses and words -------------------------------------------------------------------------------------------------


@pytest.fixture
def lexicon(tmp_path):
    path = tmp_path / "lexicon.csv"
    rows = [("HOUSE1", NAMES), ("THANK YOU", "fist extfingeru palml"), ("I", "finger2 extfingeru palmd")]
    path.write_text("gloss,hamnosys\n" + "".join(f"{a},{b}\n" for a, b in rows), encoding="utf-8")
    return Lexicon.read(path)


def test_a_sentence_of_glosses_is_looked_up(lexicon):
    found = lexicon.sentence("i thank you HOUSE fs:AB", "asl")
    assert [one.name for one in found] == ["i", "thank you", "HOUSE", "A", "B"]
    assert found[2].hamnosys == TEXT
    with pytest.raises(PoseloomError, match=r"gloss 'hose' is not in the lexicon.*did you mean 'house1'"):
        lexicon.sentence("hose")
    with pytest.raises(PoseloomError, match="no alphabet"):
        lexicon.sentence("#AB")


@pytest.mark.parametrize("alphabet", ["asl", "bsl", "dgs"])
def test_every_letter_of_an_alphabet_is_hamnosys(alphabet):
    letters = "abcdefghijklmnopqrstuvwxyz"
    signs = spelt(letters, alphabet)
    assert [one.name for one in signs] == list(letters.upper()) and alphabet in alphabets()
    for one in (*signs, *spelt("".join(2 * letter for letter in letters.replace("c", "")), alphabet)):
        parse(one.hamnosys, strict=True)


def test_letters_of_several_signs_and_accents():
    assert [one.name for one in spelt("Schüßler", "dgs")] == ["SCH", "Ü", "ß", "L", "E", "R"]
    assert [one.name for one in spelt("Zoë-Ann", "asl")] == ["Z", "O", "E", "A", "N", "N"]
    assert spelt("nn", "asl")[1].text.endswith("mover smallmod")
    assert spelt("aa", "bsl")[1].text.endswith("repeatfromstart")
    for word, alphabet in (("a1", "asl"), ("", "asl"), ("a", "als"), ("--", "asl")):
        with pytest.raises(PoseloomError, match="fingerspelling"):
            spelt(word, alphabet)
