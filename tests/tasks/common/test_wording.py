import pytest

from poseloom.base.errors import PoseloomError
from poseloom.nn.text.decoding import Beam, Greedy, Limits, Sampling
from poseloom.tasks.common.wording import Wording


@pytest.mark.parametrize(
    ("wording", "kind"),
    [
        (Wording(), Greedy),
        (Wording(beams=4), Beam),
        (Wording(top_k=3), Sampling),
        (Wording(top_p=0.9), Sampling),
        (Wording(temperature=0.5), Sampling),
    ],
)
def test_options_choose_the_way_of_decoding(wording, kind):
    assert isinstance(wording.strategy(Limits()), kind)


@pytest.mark.parametrize(
    "options",
    [
        {"beams": 0},
        {"beams": 65},
        {"top_k": -1},
        {"top_p": 0},
        {"top_p": 1.5},
        {"temperature": 0},
        {"beams": 2, "top_k": 3},
    ],
)
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(PoseloomError):
        Wording(**options)
