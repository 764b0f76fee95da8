"""Generate images from codes and reconstruct images, with any parameters of a model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, Int, UInt8

from ..errors import UsageError
from ..learning.batches import as_intensities
from ..learning.mesh import divided
from ..learning.train_state import Params
from ..model import Classes, ConditionalVAE, Decoded
from ..model.likelihoods import most_likely_targets
from ..protocol import MAX_CODES, CodeSpace, Generate


class GeneratedImages(NamedTuple):
    """Images that a model has generated."""

    images: UInt8[Array, "batch height width *channels"]
    """The locations of the pixels, as gray levels 0..255."""
    finite: Bool[Array, " batch"]
    """Whether all logits of an image are finite; if not, the image is meaningless."""


Draw = Callable[
    [
        Params,
        Float[Array | np.ndarray, "batch latents"],
        Int[Array | np.ndarray, " batch"] | Float[Array | np.ndarray, "batch classes"],
    ],
    GeneratedImages,
]


class Explorer:
    """Generate and reconstruct images with one model; functions are compiled at first use."""

    def __init__(self, model: ConditionalVAE, mesh: Mesh) -> None:
        self._latents = model.config.latents
        self.classes = model.classes
        self.image_shape = model.image_shape
        self._draw: dict[CodeSpace, Draw] = {
            "noise": create_draw(model, mesh, "noise"),
            "latents": create_draw(model, mesh, "latents"),
        }
        self._reconstruct = create_reconstruct(model, mesh)

    def check(self, command: Generate) -> None:
        """Check the codes and classes of a command.

        Raises:
            UsageError: when there are no codes or too many, a shape does not fit, or a number is not finite.
        """
        n = len(command.codes) if command.codes.ndim else 0
        if not 1 <= n <= MAX_CODES:
            raise UsageError(f"{n} codes were given; 1 to {MAX_CODES} images can be generated at once")
        for what, array, width in (("codes", command.codes, self._latents), ("classes", command.classes, self.classes)):
            if array.shape != (n, width):
                shape = "x".join(map(str, array.shape))
                raise UsageError(f"the {what} are {shape}; this model takes {n}x{width}")
            if not np.isfinite(array).all():
                raise UsageError(f"the {what} are not all finite")

    def generate(self, params: Params, command: Generate) -> UInt8[np.ndarray, "n height width *channels"]:
        """Generate the images of a checked command, as arrays on the host.

        Raises:
            UsageError: when the codes are so large that the pixels are not finite.
        """
        n = len(command.codes)
        # Pad to a fixed size, so that there is one compilation for each space.
        codes = np.zeros((MAX_CODES, self._latents), np.float32)
        classes = np.zeros((MAX_CODES, self.classes), np.float32)
        codes[:n], classes[:n] = command.codes, command.classes
        images, finite = jax.device_get(self._draw[command.space](params, codes, classes))
        if not finite[:n].all():
            raise UsageError("the codes are too large for this model: its pixels are not finite")
        return images[:n]

    def reconstruct(
        self, params: Params, images: UInt8[np.ndarray, "classes n height width *channels"]
    ) -> UInt8[np.ndarray, "classes n height width *channels"]:
        """Reconstruct images from their posterior means; row c holds images of class c.

        Black images, which are padding, stay black. Blocks until the images are on the host.
        """
        classes, n = images.shape[:2]
        labels = np.repeat(np.arange(classes, dtype=np.int32), n)
        found = jax.device_get(self._reconstruct(params, images.reshape(-1, *images.shape[2:]), labels))
        return np.where(
            images.any(axis=tuple(range(2, images.ndim)), keepdims=True), found.reshape(images.shape), np.uint8(0)
        )


def create_draw(model: ConditionalVAE, mesh: Mesh, space: CodeSpace) -> Draw:
    """Create the jitted function that generates images from codes. Equal models share what is compiled.

    Args:
        model: The model without parameters.
        mesh: The devices that share the images.
        space: What the codes are: noise for the prior, or latents.

    Returns:
        A function of the parameters, the codes, and the class (or mixture of classes) of each code.
    """
    return partial(_draw, model, mesh, {"noise": "generate", "latents": "decode"}[space])


@partial(jax.jit, static_argnames=("model", "mesh", "method"))
def _draw(
    model: ConditionalVAE,
    mesh: Mesh,
    method: str,
    params: Params,
    codes: Float[Array, "batch latents"],
    classes: Classes,
) -> GeneratedImages:
    codes, classes = lax.with_sharding_constraint((codes, classes), divided(mesh))
    decoded: Any = model.apply({"params": params}, codes, classes, method=method)
    return GeneratedImages(
        to_grey_levels(decoded), jnp.isfinite(decoded.logits).all(axis=tuple(range(1, decoded.logits.ndim)))
    )


def create_reconstruct(
    model: ConditionalVAE,
    mesh: Mesh,
) -> Callable[
    [Params, UInt8[Array | np.ndarray, "batch height width *channels"], Int[Array | np.ndarray, " batch"]],
    UInt8[Array, "batch height width *channels"],
]:
    """Create the jitted function that reconstructs images from their posterior means."""
    return partial(_reconstruct, model, mesh)


@partial(jax.jit, static_argnames=("model", "mesh"))
def _reconstruct(
    model: ConditionalVAE,
    mesh: Mesh,
    params: Params,
    images: UInt8[Array, "batch height width *channels"],
    labels: Int[Array, " batch"],
) -> UInt8[Array, "batch height width *channels"]:
    images, labels = lax.with_sharding_constraint((images, labels), divided(mesh))
    targets = most_likely_targets(model.config.likelihood, as_intensities(images))
    posterior: Any = model.apply({"params": params}, targets, labels, method="encode")
    decoded: Any = model.apply({"params": params}, posterior.mean, labels, method="decode")
    return to_grey_levels(decoded)


def to_grey_levels(decoded: Decoded) -> UInt8[Array, "batch height width *channels"]:
    """Return the locations of the pixels (see `Decoded`) as gray levels 0..255."""
    return jnp.round(255.0 * jax.nn.sigmoid(decoded.logits)).astype(jnp.uint8)
