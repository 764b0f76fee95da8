import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import Config, OptimConfig, RunConfig, TrainConfig
from vae_tui.core.errors import ConfigError
from vae_tui.core.training.plan import create_plan


@pytest.mark.parametrize(("size", "epochs"), [(55_000, 10), (4_500, 122)])
def test_default_length_shows_as_many_images_of_small_sets(size: int, epochs: int) -> None:
    plan = create_plan(Config(), size)
    assert plan.total_steps == epochs * (size // 128)


def test_steps_win_over_epochs() -> None:
    plan = create_plan(Config(train=TrainConfig(steps=7, epochs=3)), 1000)
    assert plan.total_steps == 7


def test_every_epoch_of_a_short_run_is_saved() -> None:
    plan = create_plan(Config(train=TrainConfig(epochs=3, batch_size=10)), 100)
    assert [step for step in range(31) if plan.is_checkpoint_due(step)] == [10, 20, 30]


def test_checkpoints_can_be_thinned() -> None:
    plan = create_plan(Config(train=TrainConfig(epochs=4, batch_size=10), run=RunConfig(checkpoint_epochs=2)), 100)
    assert [step for step in range(41) if plan.is_checkpoint_due(step)] == [20, 40]


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(ConfigError, match="batch-size is 128, but the training split has only 90 images"):
        create_plan(Config(), 90)


def test_a_run_too_short_for_an_update_is_refused() -> None:
    def plan(steps: int) -> None:
        create_plan(Config(train=TrainConfig(steps=steps), optim=OptimConfig(accumulate_steps=8)), 1000)

    plan(8)
    with pytest.raises(ConfigError, match="accumulate-steps is 8, but the run has only 7 steps"):
        plan(7)


@given(size=st.integers(1, 500), batch=st.integers(1, 500), step=st.integers(0, 5000))
def test_epochs_tile_the_steps(size: int, batch: int, step: int) -> None:
    if batch > size:
        return
    plan = create_plan(Config(train=TrainConfig(batch_size=batch)), size)
    end = step + plan.steps_to_epoch_end(step)
    assert plan.ends_epoch(end)
    assert plan.epoch(end) == plan.epoch(step) + 1
    assert not any(plan.ends_epoch(between) for between in range(step + 1, end))
