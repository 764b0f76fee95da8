"""The configuration of a run: frozen dataclasses, validated when built, stored as JSON.

The command line is made from these classes: a field's docstring is its help text, with the unit.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from .errors import ConfigError

Architecture = Literal["dense", "conv"]


@dataclass(frozen=True)
class DataConfig:
    """Which images to train on."""

    name: str = "auto"
    """Data set: mnist5k (packaged), mnist, fashion_mnist, kmnist, emnist/NAME; auto: mnist, or mnist5k when offline."""

    dir: str | None = None
    """Folder of the prepared data sets (default: the user's data folder)."""


@dataclass(frozen=True)
class ModelConfig:
    """The conditional variational autoencoder."""

    arch: Architecture = "dense"
    """Encoder and decoder: dense (multi-layer perceptron) or conv (convolutional)."""

    latents: int = 20
    """Latent dimensions."""

    hidden: tuple[int, ...] = (512, 256)
    """Widths of the dense encoder's layers in units; the decoder mirrors them."""

    channels: tuple[int, ...] = (32, 64)
    """Channels of the conv encoder's two layers; the decoder mirrors them."""

    def __post_init__(self) -> None:
        _require(self.arch in get_args(Architecture), "model.arch", self.arch, "dense or conv")
        _require(1 <= self.latents <= 4096, "model.latents", self.latents, "a whole number from 1 to 4096")
        _require(
            len(self.hidden) >= 1 and all(width >= 1 for width in self.hidden),
            "model.hidden",
            self.hidden,
            "one or more positive widths",
        )
        _require(
            len(self.channels) == 2 and all(width >= 1 for width in self.channels),
            "model.channels",
            self.channels,
            "two positive numbers of channels",
        )


@dataclass(frozen=True)
class OptimConfig:
    """The gradient transformation: clipping, Adam, a warm-up and cosine schedule."""

    learning_rate: float = 2e-3
    """Peak learning rate, reached when the warm-up ends."""

    warmup_steps: int = 100
    """Length of the linear warm-up in steps."""

    end_factor: float = 0.05
    """Learning rate at the last step, as a fraction of the peak."""

    clip_norm: float = 5.0
    """Largest global norm of the gradient; larger gradients are scaled down to it."""

    b1: float = 0.9
    """Adam's decay of the gradient's first moment."""

    b2: float = 0.999
    """Adam's decay of the gradient's second moment."""

    weight_decay: float = 0.0
    """Decoupled weight decay of the kernels, per unit of learning rate (0: off)."""

    def __post_init__(self) -> None:
        _require_positive("optim.learning-rate", self.learning_rate)
        _require(self.warmup_steps >= 0, "optim.warmup-steps", self.warmup_steps, "zero or more steps")
        _require(0 <= self.end_factor <= 1, "optim.end-factor", self.end_factor, "a number from 0 to 1")
        _require_positive("optim.clip-norm", self.clip_norm)
        _require(0 <= self.b1 < 1, "optim.b1", self.b1, "a number from 0 to below 1")
        _require(0 <= self.b2 < 1, "optim.b2", self.b2, "a number from 0 to below 1")
        _require(
            math.isfinite(self.weight_decay) and self.weight_decay >= 0,
            "optim.weight-decay",
            self.weight_decay,
            "zero or a positive number",
        )


@dataclass(frozen=True)
class TrainConfig:
    """How long and on what terms to train."""

    epochs: int | None = None
    """Passes over the training split (default: as many as show 550,000 images: 10 on mnist, 122 on mnist5k)."""

    steps: int | None = None
    """Optimisation steps; wins over epochs (default: set by epochs)."""

    batch_size: int = 128
    """Images in a step."""

    seed: int = 0
    """Seed of the parameters, the data order and the noise."""

    beta: float = 1.0
    """Weight of the KL term in the loss (1: the evidence lower bound)."""

    beta_warmup_steps: int = 0
    """Steps in which beta rises linearly from 0 (0: no warm-up)."""

    ema_decay: float = 0.995
    """Decay per step of the exponential moving average of the parameters."""

    def __post_init__(self) -> None:
        _require(self.epochs is None or self.epochs >= 1, "train.epochs", self.epochs, "at least 1 epoch")
        _require(self.steps is None or self.steps >= 1, "train.steps", self.steps, "at least 1 step")
        _require(self.batch_size >= 1, "train.batch-size", self.batch_size, "at least 1 image")
        _require(0 <= self.seed < 2**32, "train.seed", self.seed, "a whole number from 0 to 4294967295")
        _require(math.isfinite(self.beta) and self.beta >= 0, "train.beta", self.beta, "zero or a positive number")
        _require(self.beta_warmup_steps >= 0, "train.beta-warmup-steps", self.beta_warmup_steps, "zero or more steps")
        _require(0 <= self.ema_decay < 1, "train.ema-decay", self.ema_decay, "a number from 0 to below 1")


@dataclass(frozen=True)
class RunConfig:
    """Where the run is kept, and how often it is sampled and saved."""

    dir: str | None = None
    """The run's own directory (default: runs/DATE-DATASET-N below the working directory)."""

    sample_steps: int = 250
    """Steps between pictures of generated digits."""

    samples_per_class: int = 8
    """Digits drawn of each class in a picture."""

    temperature: float = 0.8
    """Standard deviation of the latents that are drawn for pictures (1: the prior)."""

    checkpoint_epochs: int | None = None
    """Epochs between checkpoints (default: 1; longer runs than 40 epochs save about 40 times)."""

    keep_checkpoints: int = 3
    """Latest checkpoints to keep; the best one is kept beside them."""

    def __post_init__(self) -> None:
        _require(self.sample_steps >= 1, "run.sample-steps", self.sample_steps, "at least 1 step")
        _require(
            1 <= self.samples_per_class <= 64, "run.samples-per-class", self.samples_per_class, "a number from 1 to 64"
        )
        _require(
            math.isfinite(self.temperature) and self.temperature >= 0,
            "run.temperature",
            self.temperature,
            "zero or a positive number",
        )
        _require(
            self.checkpoint_epochs is None or self.checkpoint_epochs >= 1,
            "run.checkpoint-epochs",
            self.checkpoint_epochs,
            "at least 1 epoch",
        )
        _require(self.keep_checkpoints >= 1, "run.keep-checkpoints", self.keep_checkpoints, "at least 1")


@dataclass(frozen=True)
class Config:
    """Everything that decides a run."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def to_json(self) -> dict[str, Any]:
        """The configuration as plain JSON values; `from_json` is its inverse."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: object) -> Config:
        """Build a configuration from JSON values; missing fields take their defaults.

        Raises:
            ConfigError: for unknown fields, values of the wrong type, and impossible values.
        """
        return _build(cls, values, "")


def load_config(path: Path) -> Config:
    """Read a configuration file. Raises ConfigError when it cannot be read or is not valid."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration file {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"the configuration file {path} is not valid JSON: {error}") from error
    try:
        return Config.from_json(values)
    except ConfigError as error:
        raise ConfigError(f"in the configuration file {path}: {error}") from error


def _require(condition: bool, name: str, value: object, wanted: str) -> None:
    if not condition:
        raise ConfigError(f"{name} is {value}; it must be {wanted}")


def _require_positive(name: str, value: float) -> None:
    _require(math.isfinite(value) and value > 0, name, value, "a positive number")


def _build(cls: type, values: object, prefix: str) -> Any:
    if not isinstance(values, dict):
        raise ConfigError(f"{prefix.rstrip('.') or 'the configuration'} must be a JSON object")
    hints = get_type_hints(cls)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise ConfigError(f"unknown field {prefix}{unknown[0]}; known are {', '.join(hints)}")
    return cls(**{name: _convert(hints[name], value, prefix + name) for name, value in values.items()})


def _convert(hint: Any, value: object, name: str) -> object:
    """Check a JSON value against a field's type; lists become tuples, whole numbers floats where asked."""
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, name + ".")  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
    elif get_origin(hint) is tuple:
        if isinstance(value, list | tuple):
            return tuple(_convert(get_args(hint)[0], item, name) for item in value)
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif type(None) in get_args(hint):
        if value is None:
            return None
        return _convert(get_args(hint)[0], value, name)
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ConfigError(f"{name} is {value!r}, which is not of type {getattr(hint, '__name__', hint)}")
