"""The configuration of a run: frozen dataclasses, validated when built, stored as JSON.

The command line is made from these classes: a field's docstring is its help text, with the unit.
"""

from .data import DataConfig
from .evaluation import EvalConfig
from .model import Activation, Architecture, Conditioning, Likelihood, ModelConfig, Prior, Upsampling
from .objective import BetaSchedule, ObjectiveConfig
from .optim import Clip, OptimConfig, Optimizer, Schedule
from .root import Config, load_config
from .run import RunConfig
from .train import TrainConfig

__all__ = [
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
    "Prior",
    "RunConfig",
    "Schedule",
    "TrainConfig",
    "Upsampling",
    "load_config",
]
