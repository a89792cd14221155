"""`poseloom.*`: results of the functions that users call."""

import pytest
import torch

import poseloom
from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.finding import FLOOR
from poseloom.data import Table
from poseloom.pose import Clip, Pose
from poseloom.pose.sampler import sample
from poseloom.results import Described, Found, Instructed, Signed
from poseloom.search import Index, MemoryRows, build_index

NAMES = "flathand extfingerl palml chest touch"


def test_descriptions_of_a_clip_know_their_times():
    clip = Clip(sample(3, seed=1), 10.0)
    told = poseloom.describe(clip)
    assert isinstance(told, Described) and told.frames == (0, 1, 2) and told.seconds == (0.0, 0.1, 0.2)
    assert told == list(poseloom.describe(clip.pose)) and not poseloom.describe(clip.pose).frames
    assert isinstance(poseloom.describe(clip.pose, version="A"), Described)


def test_instructions_are_results_too():
    told = poseloom.instruct(sample(2, seed=1), sample(2, seed=2))
    assert isinstance(told, Instructed) and len(told) == 2 and told[0].endswith(".")


def test_signs_say_what_they_are():
    signed = poseloom.sign(NAMES, "chest")
    assert isinstance(signed, Signed) and signed.clip.name == "chest" and signed.clip.pose.joints == 52
    assert "touching the chest" in signed.says
    assert all("degrees beside" in note for note in signed.notes)  # of slips there are none
    assert signed.as_json()["signs"] == [[0, len(signed.clip)]] or len(signed.spans) == 1


def test_slips_are_notes_unless_they_are_mistakes():
    slip = "flathand extfingerl palml chest touch smallmod smallmod"
    told = poseloom.sign(slip)
    assert len(told.notes) >= 1
    with pytest.raises(PoseloomError):
        poseloom.sign(slip, strict=True)


@pytest.mark.parametrize("use", [poseloom.describe, lambda pose: poseloom.save(pose, "a.npz"), poseloom.render])
def test_a_result_in_the_place_of_its_poses_is_refused_with_the_remedy(use, tiny_models):
    made = poseloom.generate("arms up", n=1, model=tiny_models["generation"])
    with pytest.raises(PoseloomError, match=r"got Generated; give its \.poses"):
        use(made)


def test_words_are_judged_by_poses():
    up, down = torch.zeros(22, 3), torch.zeros(22, 3)
    up[16, 2], down[16, 2] = 1.3, -1.3
    both = Pose(torch.stack([up, down]))
    judged = poseloom.judge("the left arm is raised, zebra", both)
    unread = "facts hold, 1 part was not understood"
    assert judged.facts.in_words() == [f"1 of 2 {unread}", f"0 of 2 {unread}"] and judged.facts.unread == ("zebra",)
    changed = poseloom.judge("Raise the left arm.", Pose(down), both)
    assert changed.facts.in_words() == ["1 of 1 facts hold", "0 of 1 facts hold"]
    assert poseloom.judge("left " * 300, Pose(up)).notes == ("the text has 300 words, the first 250 are read",)
    with pytest.raises(PoseloomError, match="one second pose for each of 2 first ones, got 3"):
        poseloom.judge("Raise the left arm.", both, sample(3, seed=1))


# -- find --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def indices(tmp_path_factory, described):
    """Folders of an index of geometry and of one of learned vectors, of the same 40 poses."""
    from poseloom.checkpoints.registry import load_model
    from tiny_models import untrained

    folder = tmp_path_factory.mktemp("find")
    poses = Table.open(described).poses(list(range(40)))
    model = untrained("retrieval", folder)
    rows = MemoryRows(poses, poseloom.describe(poses))
    build_index(rows, folder / "plain")
    build_index(rows, folder / "learned", embedder=load_model(model, "retrieval"))
    return folder / "plain", folder / "learned", model, poses


def test_find_asks_for_statements(indices):
    plain, learned, model, _ = indices
    found = poseloom.find("standing", plain, 5)
    assert isinstance(found, Found) and found == Index(plain).search("standing", 5)
    asked = poseloom.find("standing", learned, 5, statements=True, model=model)
    assert [hit.id for hit in asked] == [hit.id for hit in found] and asked.understood == ("standing",)


def test_find_ranks_all_rows_by_meaning(indices):
    _, learned, model, poses = indices
    far = poseloom.find("a standing flubber", learned, 40, model=model)
    assert all(hit.score >= FLOOR or hit.holds for hit in far) and far.notes
    found = poseloom.find("a flubber", learned, 40, model=model, near=True)
    ranked = poseloom.load_model(model, "retrieval").rank("a flubber", poses, 40)
    torch.testing.assert_close(
        torch.tensor([hit.score for hit in found]), torch.tensor([one.score for one in ranked]), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("which", [0, 1])
def test_find_compares_poses(indices, which):
    folder, model, poses = indices[which], indices[2] if which else None, indices[3]
    assert poseloom.find(poses[7], folder, 1, model=model)[0].row == 7
    assert poseloom.find(Clip(poses[7:8]), Index(folder), 1, model=model)[0].row == 7


def test_find_refuses_vectors_of_another_model(indices, tiny_models, tmp_path):
    plain, learned, model, _ = indices
    with pytest.raises(PoseloomError, match="is no index of learned vectors"):
        poseloom.find("standing", plain, model=model)
    with pytest.raises(PoseloomError, match="empty question"):
        poseloom.find(" ", learned, model=model)
