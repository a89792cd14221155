"""Two processes that train together see what one alone would have seen."""

from dataclasses import replace

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.training.checkpoint import read_checkpoint


def weights(folder):
    return read_checkpoint(folder / "checkpoints/last.ckpt")["weights"]


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_number_of_processes(recipe, run, tmp_path, with_engine, figures_of):
    alone = replace(recipe, model=replace(recipe.model, dropout=0.0))  # each process rests other units
    together = with_engine(alone, devices=2)
    one, two = run(alone, tmp_path / "one"), run(together, tmp_path / "two")
    torch.testing.assert_close(weights(tmp_path / "one"), weights(tmp_path / "two"), rtol=1e-5, atol=1e-6)
    rows = [figures_of(tmp_path / name) for name in ("one", "two")]
    assert [row["name"] for row in rows[0]] == [row["name"] for row in rows[1]]
    for first, second in zip(*rows, strict=True):
        assert float(first["value"]) == pytest.approx(float(second["value"]), rel=1e-4, abs=1e-6)
    assert two.figures["error"] == pytest.approx(one.figures["error"], rel=1e-4)


@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_processes(recipe, run, tmp_path, with_engine):
    alone = replace(recipe, model=replace(recipe.model, dropout=0.0))
    run(alone, tmp_path / "one")
    import toy

    class Stops(toy.ToyLearner):
        def losses(self, batch):
            if self.position.step == 5:
                raise KeyboardInterrupt
            return super().losses(batch)

    from poseloom.training import fit

    learner = Stops(alone)
    learner.load_state_dict(toy.TASK.build(alone).state_dict())
    with pytest.raises(KeyboardInterrupt):
        fit(learner, alone, tmp_path / "two")
    run(with_engine(alone, devices=2), tmp_path / "two")
    torch.testing.assert_close(weights(tmp_path / "one"), weights(tmp_path / "two"), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_a_mistake_in_a_process_is_told_in_one_line(recipe, run, tmp_path, with_engine):
    odd = replace(recipe, stages=[replace(recipe.stages[0], batch_size=7)])
    with pytest.raises(PoseloomError, match=r"batch_size: 7 samples cannot be split among 2 processes"):
        run(with_engine(odd, devices=2), tmp_path / "run")
