import jax
import jax.numpy as jnp
import numpy as np
import pytest
from vae_tui.core.config import Architecture, ModelConfig
from vae_tui.core.model import ConditionalVAE


@pytest.fixture(params=["dense", "conv"])
def bound(request: pytest.FixtureRequest) -> ConditionalVAE:
    arch: Architecture = request.param
    model = ConditionalVAE(ModelConfig(arch=arch, latents=3, hidden=(16, 8), channels=(4, 8)), classes=10)
    rngs = {"params": jax.random.key(0), "latent": jax.random.key(1)}
    variables = model.init(rngs, jnp.zeros((1, 28, 28)), jnp.zeros(1, jnp.int32))
    assert set(variables["params"]) == {"encoder", "decoder"}
    return model.bind(variables, rngs={"latent": jax.random.key(2)})


def test_shapes(bound: ConditionalVAE) -> None:
    logits, posterior = bound(jnp.zeros((5, 28, 28)), jnp.arange(5))
    assert logits.shape == (5, 28, 28)
    assert posterior.mean.shape == posterior.log_variance.shape == (5, 3)


def test_encoder_and_decoder_are_conditioned_on_the_class(bound: ConditionalVAE) -> None:
    image = jnp.full((2, 28, 28), 0.5)
    labels = jnp.array([3, 7])
    means = bound.encode(image, labels).mean
    logits = bound.decode(jnp.ones((2, 3)), labels)
    assert not np.allclose(means[0], means[1])
    assert not np.allclose(logits[0], logits[1])


def test_latents_are_drawn_from_the_posterior(bound: ConditionalVAE) -> None:
    images = jnp.broadcast_to(jnp.linspace(0, 1, 28), (4000, 28, 28))
    labels = jnp.zeros(4000, jnp.int32)
    logits, posterior = bound(images, labels)
    # Equal inputs: only the noise differs between rows, so the decoded rows differ too.
    assert np.ptp(np.asarray(posterior.mean), axis=0).max() < 1e-5
    assert np.asarray(logits).std(axis=0).max() > 0
