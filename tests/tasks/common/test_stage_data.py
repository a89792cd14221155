import pytest

from poseloom.base.errors import PoseloomError
from poseloom.tasks.common.recipes import open_recipe


def recipe(tmp_path, task, section):
    path = tmp_path / "recipe.toml"
    path.write_text(f'task = "{task}"\nname = "mine"\n[[stages]]\nname = "finetune"\nsteps = 1\n{section}\n')
    return path


@pytest.mark.parametrize("key", ['tables = ["human-texts"]', "procedural = 5", 'held_out = "x.npz"', "mixed = 0.5"])
def test_stage_values_that_would_change_nothing_are_refused(tmp_path, key):
    path = recipe(tmp_path, "retrieval", f"[stages.data]\n{key}")
    with pytest.raises(
        PoseloomError, match=r"stages\.finetune\.data\.\w+ has no effect.*can change batches, partial_texts"
    ):
        open_recipe(str(path))


def test_stage_values_that_are_read_are_taken(tmp_path):
    open_recipe(str(recipe(tmp_path, "generation", "[stages.data]\nwordless = 0.2\npartly = 0.1")))
    open_recipe(str(recipe(tmp_path, "sign", "[stages.data]\nwith_text = false")))


@pytest.mark.parametrize(
    "task, key",
    [
        ("captioning", "partial_texts"),
        ("instruction", "mixed"),
        ("pair_retrieval", "mixed"),
        ("captioning", "telegraphic"),
    ],
)
def test_values_that_a_task_never_reads_are_refused(tmp_path, task, key):
    with pytest.raises(PoseloomError, match=f"data.{key} has no effect in {task}/mine"):
        open_recipe(str(recipe(tmp_path, task, f"[data]\n{key} = 0.7")))


def test_unknown_algorithms_are_refused_with_the_nearest(tmp_path):
    path = recipe(tmp_path, "retrieval", "")
    path.write_text('algorithm = "publishd"\n' + path.read_text())
    with pytest.raises(PoseloomError, match=r"algorithm 'publishd' is unknown.*did you mean 'published'"):
        open_recipe(str(path))
