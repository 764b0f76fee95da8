"""Which settings have an effect."""

from vae_tui.core.config import Config, ModelConfig, OptimConfig, TrainConfig
from vae_tui.core.config.effects import _CONDITIONS, has_effect


def test_conditions_are_on_settings_that_exist():
    config = Config()
    for name in _CONDITIONS:
        section, field = name.split(".")
        assert hasattr(getattr(config, section), field)


def test_each_choice_has_its_own_settings():
    conv = Config(model=ModelConfig(arch="conv"), train=TrainConfig(steps=5))
    momentum = Config(optim=OptimConfig(name="momentum", schedule="piecewise"))
    assert has_effect("model", "channels", conv)
    assert not has_effect("model", "hidden", conv)
    assert not has_effect("train", "epochs", conv)
    assert has_effect("optim", "momentum", momentum)
    assert has_effect("optim", "scales", momentum)
    assert not has_effect("optim", "b1", momentum)
    assert not has_effect("optim", "warmup_steps", momentum)
