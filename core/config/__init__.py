"""The configuration of a run: frozen dataclasses, validated when built, stored as JSON.

The command line is generated from these classes: a field's docstring is the flag's help text, with the unit.
"""

from .data_config import DataConfig
from .effects import has_effect
from .eval_config import EvalConfig, ParamsSource, SplitName
from .model_config import Activation, Architecture, Conditioning, Likelihood, ModelConfig, Prior, Upsampling
from .objective_config import BetaSchedule, ObjectiveConfig
from .optim_config import Clip, OptimConfig, Optimizer, Schedule
from .parsed_values import fill
from .presets import PRESETS, PresetName, lay_over, with_preset
from .root import MAX_CONFIG_BYTES, Config, load_config, parse_config
from .run_config import RunConfig
from .train_config import TrainConfig

__all__ = [
    "MAX_CONFIG_BYTES",
    "PRESETS",
    "Activation",
    "Architecture",
    "BetaSchedule",
    "Clip",
    "Conditioning",
    "Config",
    "DataConfig",
    "EvalConfig",
    "Likelihood",
    "ModelConfig",
    "ObjectiveConfig",
    "OptimConfig",
    "Optimizer",
    "ParamsSource",
    "PresetName",
    "Prior",
    "RunConfig",
    "Schedule",
    "SplitName",
    "TrainConfig",
    "Upsampling",
    "fill",
    "has_effect",
    "lay_over",
    "load_config",
    "parse_config",
    "with_preset",
]
