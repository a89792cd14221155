"""HamNoSys strings become trees; what breaks the notation is told at its symbol."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.language.hamnosys import (
    HamNoSysError,
    SymbolKind,
    explain,
    from_names,
    parse,
    symbols,
    to_names,
    tokenise,
)
from poseloom.language.hamnosys.orientation import name_of, palm_normal
from poseloom.language.hamnosys.reader import DEEPEST
from poseloom.language.hamnosys.tree import (
    Bend,
    Circle,
    Contact,
    Direction,
    InOrder,
    Location,
    LocationPair,
    Manner,
    Reach,
    Repeat,
    Repetition,
    Replace,
    Side,
    Size,
    Straight,
    Thumb,
    Together,
)

HAND = "flathand extfingeru palmd"
HAMBURG = (
    "ceeall thumbopenmod fingerstraightmod extfingerul palmdl forehead lrat close "
    "parbegin mover replace pinchall fingerstraightmod parend"
)


def part_of(names):
    return parse(from_names(names)).signs[0].parts[0]


def action_of(names):
    return part_of(f"{HAND} {names}").actions[0]


def test_there_are_210_symbols_in_code_point_order():
    characters = [symbol.character for symbol in symbols()]
    assert len(characters) == 210
    assert characters == sorted(characters)
    assert (characters[9], symbols()[9].name) == ("\ue000", "hamfist")
    assert (characters[-1], symbols()[-1].name) == ("\ue0f1", "hamversion40")


def test_names_and_characters_are_two_ways_of_writing():
    names = " ".join(symbol.short for symbol in symbols() if symbol.character != "\xa0")
    assert to_names(from_names(names)) == names
    assert from_names("hamflathand palmd hampalmud") == "\ue001\ue03c\ue03c"
    with pytest.raises(PoseloomError, match=r"name 2 is 'extfingero1', .*did you mean 'extfingero"):
        from_names("flathand extfingero1")


def test_the_hamburg_example():
    part = part_of(HAMBURG)
    shape = part.dominant.shape.shapes[0]
    assert (shape.base, shape.thumbs, shape.bends) == ("ceeall", (Thumb.OPEN,), (Bend.BENT,))
    place = part.locations[0]
    assert (place.places[0].name, place.places[0].sides, place.contact) == ("forehead", (Side.AT_RIGHT,), Contact.CLOSE)
    move, change = part.actions[0].dominant
    assert move.direction == Direction(("r",))
    assert change.dominant.shape.shapes[0].base == "pinchall"


def test_every_symbol_has_a_place_in_a_string():
    before = {
        SymbolKind.THUMB: "flathand",
        SymbolKind.BEND: "flathand",
        SymbolKind.GROUP_END: "flathand parbegin movel",
        SymbolKind.SEQUENCE_END: "flathand seqbegin movel",
        SymbolKind.FUSION_END: "flathand fusionbegin movel",
        SymbolKind.SYMMETRY: "",
        SymbolKind.NONDOMINANT: "",
    }
    after = {
        SymbolKind.SYMMETRY: "flathand",
        SymbolKind.NONDOMINANT: "flathand",
        SymbolKind.REPLACE: "fist",
        SymbolKind.PLUS: "movel",
        SymbolKind.BETWEEN: "mover",
        SymbolKind.GROUP_BEGIN: "movel parend",
        SymbolKind.SEQUENCE_BEGIN: "movel seqend",
        SymbolKind.FUSION_BEGIN: "movel fusionend",
        SymbolKind.ALTERNATIVE: "",
    }
    for symbol in symbols():
        if symbol.kind is SymbolKind.ALTERNATIVE:
            continue
        start = before.get(
            symbol.kind, "flathand" if symbol.kind in (SymbolKind.DIRECTION, SymbolKind.PALM) else "flathand movel"
        )
        text = from_names(start) + symbol.character + from_names(after.get(symbol.kind, ""))
        if symbol.kind is SymbolKind.HANDSHAPE:
            text = symbol.character
        if symbol.kind in (SymbolKind.WRIST, SymbolKind.RELATIVE):
            text = from_names("flathand extfingeru") + symbol.character
        assert parse(text).signs, symbol.name


def test_the_first_alternative_is_taken():
    assert (
        parse(from_names("altbegin flathand metaalt fist altend movel")).signs
        == parse(from_names("flathand movel")).signs
    )


def test_side_marks_mean_left_before_a_place_and_right_after_it():
    def sides(names):
        return part_of(f"{HAND} {names}").locations[0].places[0].sides

    assert sides("lrat chest") == (Side.AT_LEFT,)
    assert sides("chest lrat") == (Side.AT_RIGHT,)
    assert sides("lrbeside chest") == (Side.BESIDE_LEFT,)
    assert sides("chest lrbeside") == (Side.BESIDE_RIGHT,)


def test_flags_after_a_symmetry_mark_are_no_sizes_and_bends():
    symmetry = part_of("symmlr fingerstraightmod largemod alternatingmotion flathand").symmetry
    assert (symmetry.mirrored, symmetry.up_down, symmetry.out_in, symmetry.alternating) == (True, True, True, True)
    assert part_of("symmpar flathand largemod").symmetry.up_down is False


def test_two_hands_in_brackets():
    part = part_of("parbegin fist extfingero palml plus flathand extfingerr palmu parend palm touch repeatfromstart")
    assert part.dominant.shape.shapes[0].base == "fist"
    assert part.nondominant.shape.shapes[0].base == "flathand"
    assert part.actions == (Repeat(Reach(part.locations), (Repetition.FROM_START,)),)
    shared = part_of("parbegin fist plus flathand parend extfingerr palmd")
    assert (
        shared.dominant.orientation
        == shared.nondominant.orientation
        == part_of("fist extfingerr palmd").dominant.orientation
    )


def test_orientations_and_places_for_each_hand():
    part = part_of("symmlr flathand extfingero parbegin palmu plus palmd parend")
    assert part.dominant.orientation.palm == Direction(("u",))
    assert part.nondominant.orientation.palm == Direction(("d",))
    assert part.nondominant.orientation.fingers == Direction(("o",))
    pair = part_of("symmlr finger2 extfingero palmd parbegin fingertip indexfinger plus palm parend touch").locations[0]
    assert isinstance(pair, LocationPair)
    assert (pair.dominant[0].places[0].digits, pair.nondominant[0].places[0].name) == ((2,), "palm")
    assert pair.contact is Contact.TOUCH


def test_a_contact_with_a_part_of_the_hand():
    place = part_of(f"{HAND} lips lrat seqbegin touch fingertip middlefinger seqend").locations[0]
    assert place.contact is Contact.TOUCH
    assert (place.by.part, place.by.digits) == ("fingertip", (3,))


def test_between_places_and_between_shapes_and_directions():
    assert [place.name for place in part_of(f"{HAND} nose between lips").locations[0].places] == ["nose", "lips"]
    assert len(part_of("flathand between fist extfingeru").dominant.shape.shapes) == 2
    both = part_of("fist extfingeru between extfingero palml").dominant.orientation.fingers.vector
    assert both == pytest.approx((0, math.sqrt(0.5), math.sqrt(0.5)))


def test_sizes_belong_to_the_mark_before_them():
    move = action_of("mover smallmod arcu largemod fast halt")
    assert (move.how.size, move.how.arc, move.how.arc_size) == (Size.SMALL, "u", Size.LARGE)
    assert move.how.manners == (Manner.FAST, Manner.HALT)
    circle = action_of("circleo clockl clockr clockfull")
    assert isinstance(circle, Circle)
    assert (circle.how.clocks, circle.how.full_turns) == (("l", "r"), 1)


def test_a_repetition_at_the_end_repeats_everything_and_one_in_the_middle_what_stands_before_it():
    whole = part_of(f"{HAND} mover moved repeatfromstart").actions
    assert whole[0].kinds == (Repetition.FROM_START,)
    assert len(whole[0].action.actions) == 2
    first, second = part_of(f"{HAND} mover repeatreverse moved").actions
    assert isinstance(first, Repeat)
    assert isinstance(second, Straight)


def test_brackets_of_actions():
    group = action_of("parbegin moved plus nomotion parend")
    assert isinstance(group, Together)
    assert len(group.nondominant) == 1
    assert action_of("fusionbegin mover moved fusionend") == InOrder(
        (Straight(Direction(("r",))), Straight(Direction(("d",)))), fused=True
    )
    change = action_of("replace parbegin fist plus flathand parend extfingero")
    assert isinstance(change, Replace)
    assert change.nondominant.orientation.fingers == Direction(("o",))


def test_a_place_after_a_movement_is_its_end():
    move = action_of("movei chest touch")
    assert move.how.goals == (Location(part_of(f"{HAND} chest touch").locations[0].places, Contact.TOUCH),)


def test_signs_are_separated_by_spaces_and_parts_by_plus():
    signs = parse(from_names(f"{HAND} plus movel") + "  " + from_names(HAND) + " ").signs
    assert [len(sign.parts) for sign in signs] == [2, 1]


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 1, "empty string"),
        ("   ", 1, "empty string"),
        ("\ue001x", 2, "'x' .U.0078., outside HamNoSys"),
        ("\ue001\ue05c", 2, "U.E05C"),
        (from_names("flathand palmd extfingero"), 3, "hamextfingero .* order is hand shape, finger direction, palm"),
        (from_names("extfingero flathand"), 2, "hamflathand .a handshape"),
        (from_names("symmlr movel"), 2, "expected a hand shape after the symmetry mark"),
        (from_names(f"{HAND} replace movel"), 5, "expected the new hand shape"),
        (from_names(f"{HAND} replace"), 5, "is the end of the string; expected the new hand shape"),
        (from_names(f"{HAND} parbegin movel seqbegin mover parend seqend"), 8, "end of a sequence .*opened at 6"),
        (from_names(f"{HAND} parbegin movel fist parend"), 6, "expected .*end of a simultaneous group"),
        (from_names("thumboutmod"), 1, "a thumb mark"),
        (from_names("altbegin flathand"), 1, "never closed"),
        ("\ue001" + "\ue0e2" * 60 + "\ue086" + "\ue0e3" * 60, DEEPEST + 2, "nested at most"),
    ],
)
def test_errors_point_at_the_symbol(text, position, message):
    with pytest.raises(HamNoSysError, match=message) as caught:
        parse(text)
    assert caught.value.position == position
    assert "\n" not in str(caught.value)


def test_slips_are_passed_over_with_a_remark_and_are_errors_when_strict():
    text = from_names(f"symmpar parbegin {HAND} movel")
    signs = parse(text)
    assert signs.signs == parse(from_names(f"symmpar {HAND} movel")).signs
    assert [remark.position for remark in signs.remarks] == [2]
    with pytest.raises(HamNoSysError, match=r"symbol 2 .*never closed"):
        parse(text, strict=True)


def test_ten_thousand_symbols_are_read():
    for names in (
        "movel",
        "touch",
        "thumb",
        "repeatfromstart",
        "chest touch",
        "parbegin movel parend",
        "plus flathand",
    ):
        text = from_names(HAND) + from_names(names) * (10_000 // len(names.split()))
        assert parse(text).signs


@given(st.lists(st.sampled_from(symbols()), min_size=1, max_size=40))
def test_any_symbols_give_a_tree_or_an_error_within_the_string(drawn):
    text = "".join(symbol.character for symbol in drawn)
    try:
        assert explain(parse(text))
    except HamNoSysError as error:
        assert 1 <= error.position <= len(text) + 1


@given(st.text(max_size=20))
def test_any_text_gives_a_tree_or_an_error(text):
    try:
        parse(text)
    except HamNoSysError as error:
        assert 1 <= error.position <= len(text) + 1


def test_tokens_keep_their_positions():
    tokens = tokenise(f" {from_names('version40 flathand')} ")
    assert [(token.symbol.short, token.position) for token in tokens] == [("flathand", 3)]


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fingers", "palm", "expected"),
    [
        ("o", "l", "left"),
        ("u", "u", "towards the signer"),
        ("u", "d", "forward"),
        ("u", "l", "left"),
        ("d", "u", "forward"),
        ("d", "d", "towards the signer"),
        ("l", "l", "towards the signer"),
        ("l", "r", "forward"),
        ("l", "d", "down"),
        ("r", "l", "forward"),
        ("r", "r", "towards the signer"),
        ("ui", "u", "up and forward"),
        ("ui", "d", "down and towards the signer"),
        ("il", "r", "towards the signer and right"),
        ("il", "l", "forward and left"),
    ],
)
def test_palms_look_where_the_dictionary_says(fingers, palm, expected):
    assert name_of(palm_normal(Direction((fingers,)).vector, Direction((palm,)))) == expected


def test_the_gloss_says_what_the_notation_says():
    assert explain(from_names("flathand extfingerl palml chest touch")) == (
        "Dominant hand: flat hand, pointing left, palm towards the signer; touching the chest."
    )
    assert explain(from_names("symmlr fist extfingero palml mover smallmod repeatfromstart")) == (
        "Both hands, mirrored: fist, pointing forward, palm left; moves right, small, once more from the start."
    )


def test_behind_without_a_place_is_said():
    assert explain(parse(from_names("fist extfingeru palml behind"))).endswith("; behind.")
