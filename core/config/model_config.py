"""The settings of the model: architecture, conditioning on the class, prior, likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .checks import require, require_choice

Architecture = Literal["dense", "conv"]
Upsampling = Literal["transposed", "subpixel"]
Conditioning = Literal["onehot", "embedding", "film"]
Prior = Literal["standard", "class", "flow"]
Likelihood = Literal["bernoulli", "binarized", "logistic", "gaussian"]
Activation = Literal["gelu", "relu", "silu"]
ComputeType = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class ModelConfig:
    """The conditional variational autoencoder."""

    arch: Architecture = "dense"
    """Encoder and decoder: dense (multi-layer perceptron) or conv (convolutional)."""

    latents: int = 20
    """Number of latent dimensions."""

    hidden: tuple[int, ...] = (384, 384, 384)
    """Widths of the dense encoder's hidden layers, in units; the decoder mirrors them."""

    channels: tuple[int, ...] = (16, 32)
    """Channels of the conv encoder at 14x14 and 7x7 pixels; the decoder mirrors them."""

    blocks: int = 0
    """Residual blocks of the conv encoder and decoder at each of the two resolutions (0: none)."""

    upsampling: Upsampling = "transposed"
    """How the conv decoder doubles the resolution: transposed convolution, or subpixel (depth to space)."""

    conditioning: Conditioning = "film"
    """How the class enters: film (it scales and shifts every layer), or its one-hot vector or a learned embedding
    joined to the input."""

    prior: Prior = "flow"
    """Prior of the latents: standard (normal), class (one learned Gaussian per class) or flow (a learned flow that is
    conditioned on the class)."""

    likelihood: Likelihood = "bernoulli"
    """Likelihood of the pixels: bernoulli (on intensities), binarized (Bernoulli on gray pixels that are resampled at
    each step), logistic (discretized) or gaussian, the last two with a learned scale; in color each channel is a pixel
    of its own. Losses of binarized and logistic bound the negative log probability of an image; those of bernoulli, a
    cross-entropy, and gaussian, a density, compare only with losses of the same likelihood."""

    activation: Activation = "silu"
    """Nonlinearity of the hidden layers."""

    dtype: ComputeType = "float32"
    """Data type of the model's computations; the parameters are always float32."""

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("model.arch", self.arch, Architecture),
            ("model.upsampling", self.upsampling, Upsampling),
            ("model.conditioning", self.conditioning, Conditioning),
            ("model.prior", self.prior, Prior),
            ("model.likelihood", self.likelihood, Likelihood),
            ("model.activation", self.activation, Activation),
            ("model.dtype", self.dtype, ComputeType),
        ):
            require_choice(name, value, choices)
        require(1 <= self.latents <= 4096, "model.latents", self.latents, "a whole number from 1 to 4096")
        require(
            self.prior != "flow" or self.latents >= 2, "model.latents", self.latents, "at least 2 with the flow prior"
        )
        require(
            len(self.hidden) >= 1 and all(width >= 1 for width in self.hidden),
            "model.hidden",
            self.hidden,
            "one or more positive widths",
        )
        require(
            len(self.channels) == 2 and all(width >= 1 for width in self.channels),
            "model.channels",
            self.channels,
            "two positive numbers of channels",
        )
        require(0 <= self.blocks <= 16, "model.blocks", self.blocks, "a whole number from 0 to 16")
