import copy
import functools
from collections.abc import Callable
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import apply
from vae_tui.core.config import Likelihood, ModelConfig, Prior
from vae_tui.core.learning import eval_step
from vae_tui.core.learning import evaluator as evaluation
from vae_tui.core.learning.batches import DeviceSplit, gather, take_batch
from vae_tui.core.learning.evaluator import Evaluation, Evaluator, active_units
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.model import ConditionalVAE
from vae_tui.core.model.likelihoods import create_targets, negative_log_likelihood

MakeModel = Callable[..., tuple[ConditionalVAE, Any]]
LATENTS = 2


@pytest.fixture(autouse=True)
def eval_batch(monkeypatch: pytest.MonkeyPatch) -> int:
    """Batches as small as the splits of the tests."""
    monkeypatch.setattr(evaluation, "EVAL_BATCH", 20)
    return evaluation.EVAL_BATCH


@pytest.fixture(scope="module")
def make_model() -> MakeModel:
    """A tiny model whose posterior is off its place and too wide."""

    @functools.cache
    def build(prior: Prior, likelihood: Likelihood) -> tuple[ConditionalVAE, Any]:
        model = ConditionalVAE(
            ModelConfig(latents=LATENTS, hidden=(8,), prior=prior, likelihood=likelihood), 10, (28, 28)
        )
        rngs = {"params": jax.random.key(1), "latent": jax.random.key(2)}
        params = jax.jit(model.init)(rngs, jnp.zeros((1, 28, 28)), jnp.zeros(1, jnp.int32))["params"]
        params["encoder"]["Dense_1"]["bias"] = jnp.array([0.8, -0.6, 0.4, 0.2])
        if prior != "standard":  # which starts as N(0, I): move it
            rng, size = np.random.default_rng(0), {"class": 0.3, "flow": 0.05}[prior]
            params["prior"] = jax.tree.map(lambda leaf: leaf + size * rng.standard_normal(leaf.shape), params["prior"])
        return model, params

    def make(prior: Prior = "standard", likelihood: Likelihood = "bernoulli") -> tuple[ConditionalVAE, Any]:
        model, params = build(prior, likelihood)
        return model, jax.tree.map(lambda leaf: leaf, params)  # dictionaries to be changed

    return make


@functools.cache
def compiled(config: ModelConfig) -> Evaluator:
    return Evaluator(ConditionalVAE(config, 10, (28, 28)), local_mesh())


def evaluator_of(model: ConditionalVAE, seed: int = 0) -> Evaluator:
    """An evaluator with the compiled functions of earlier ones of its model."""
    evaluator = copy.copy(compiled(model.config))
    evaluator._rng = jax.random.key(seed)
    return evaluator


def make_split(size: int = 27) -> DeviceSplit:
    """Two batches, unless told otherwise; the sizes are few, as each is compiled for."""
    images = np.random.default_rng(size).integers(0, 256, (size, 28, 28), dtype=np.uint8)
    return DeviceSplit(jnp.asarray(images), jnp.asarray(np.arange(size, dtype=np.int32) % 10))


@pytest.mark.parametrize(("size", "likelihood"), [(1, "bernoulli"), (20, "bernoulli"), (27, "gaussian")])
def test_rate_and_distortion_are_means_over_the_whole_split(
    make_model: MakeModel, eval_batch: int, size: int, likelihood: Likelihood
) -> None:
    model, params = make_model(likelihood=likelihood)
    # With a tiny posterior variance the draw of the latents does not matter, so the batches can be compared.
    params["encoder"]["Dense_1"]["bias"] = jnp.array([0.8, -0.6, -30.0, -30.0])
    data = make_split(size)
    calls: list[None] = []
    found = evaluator_of(model).measure(params, data, on_batch=lambda: calls.append(None))

    images, labels = gather(data, jnp.arange(size))
    output = apply(model, params, "__call__", images, labels, rng=jax.random.key(9))
    reconstruction = negative_log_likelihood(likelihood, output.decoded, images)
    assert found.reconstruction == pytest.approx(float(reconstruction.mean()), rel=1e-4)
    assert found.kl == pytest.approx(float(output.kl.sum(axis=-1).mean()), rel=1e-4)
    assert found.loss == found.reconstruction + found.kl
    losses = reconstruction + output.kl.sum(axis=-1)
    assert found.standard_error == pytest.approx(float(losses.std()) / np.sqrt(size), rel=1e-3, abs=1e-6)
    mean, log_variance = output.posterior
    assert found.active_units == active_units(np.asarray(mean), np.exp(log_variance), np.asarray(labels))
    assert found.iw_bound is None
    assert len(calls) == -(-size // eval_batch)


@pytest.mark.parametrize("likelihood", ["bernoulli", "binarized"])
def test_the_figures_depend_on_the_rng_alone(make_model: MakeModel, likelihood: Likelihood) -> None:
    model, params = make_model(likelihood=likelihood)
    data = make_split()
    evaluator = evaluator_of(model)
    found = evaluator.measure(params, data, iw_samples=2)
    assert evaluator.measure(params, data, iw_samples=2) == found
    other = evaluator_of(model, seed=1).measure(params, data, iw_samples=2)
    assert other.reconstruction != found.reconstruction
    assert other.iw_bound != found.iw_bound


def test_binarized_images_are_what_the_model_encodes_and_explains(make_model: MakeModel) -> None:
    """An image of the drawn pixels, which are drawn as they are, gives the same figures as the grey one."""
    model, params = make_model(likelihood="binarized")
    params["encoder"]["Dense_1"]["bias"] = jnp.array([0.8, -0.6, -30.0, -30.0])
    grey = DeviceSplit(jnp.full((20, 28, 28), 128, jnp.uint8), jnp.zeros(20, jnp.int32))
    assert len(grey.labels) == evaluation.EVAL_BATCH
    images, labels = gather(grey, jnp.arange(20))
    _, target_rng = jax.random.split(jax.random.fold_in(jax.random.key(0), 0))
    targets = create_targets("binarized", target_rng, images)
    drawn = DeviceSplit((255 * targets).astype(jnp.uint8), labels)
    evaluator = evaluator_of(model)
    assert evaluator.measure(params, grey).loss == pytest.approx(evaluator.measure(params, drawn).loss, rel=1e-5)


def exact_nll(model: ConditionalVAE, params: Any, images: jax.Array, labels: jax.Array) -> float:
    """Mean of -log p(x | y) by quadrature over a grid of the two latents."""
    axis, step = np.linspace(-8, 8, 81, retstep=True)
    grid = jnp.asarray(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, LATENTS), jnp.float32)

    @jax.jit
    def log_joint(image: jax.Array, label: jax.Array) -> jax.Array:
        bound, classes = model.bind({"params": params}), jnp.full(len(grid), label)
        every = jnp.broadcast_to(image, (len(grid), 28, 28))
        nll = negative_log_likelihood(model.config.likelihood, bound.decode(grid, classes), every)
        return bound.prior_log_prob(grid, classes) - nll

    values = np.array([log_joint(*pair) for pair in zip(images, labels, strict=True)], np.float64)
    return -float((np.logaddexp.reduce(values, axis=1) + LATENTS * np.log(step)).mean())


@pytest.mark.parametrize("prior", get_args(Prior))
def test_the_importance_weighted_bound_approaches_the_exact_likelihood(make_model: MakeModel, prior: Prior) -> None:
    model, params = make_model(prior)
    data = make_split()
    images, labels = gather(data, jnp.arange(len(data.labels)))
    exact = exact_nll(model, params, images, labels)
    found = evaluator_of(model).measure(params, data, iw_samples=1000)
    assert found.iw_bound == pytest.approx(exact, abs=0.05)
    assert found.loss > exact + 0.2


def test_more_samples_make_the_bound_tighter(make_model: MakeModel) -> None:
    model, params = make_model()
    evaluator, data = evaluator_of(model), make_split()
    bounds = [bound_of(evaluator.measure(params, data, iw_samples=samples)) for samples in (1, 4, 16, 64)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] - bounds[-1] > 0.1


def bound_of(found: Evaluation) -> float:
    assert found.iw_bound is not None
    return found.iw_bound


@pytest.mark.parametrize("prior", ["class", "flow"])
def test_with_one_sample_it_estimates_the_evidence_lower_bound(make_model: MakeModel, prior: Prior) -> None:
    """So the KL, analytic or not, is the mean of log q(z | x, y) - log p(z | y)."""
    model, params = make_model(prior)
    params["decoder"] = jax.tree.map(jnp.zeros_like, params["decoder"])  # every pixel costs log 2, whatever the latents
    images, labels = make_split(10)
    many = DeviceSplit(jnp.tile(images, (300, 1, 1)), jnp.tile(labels, 300))
    found = evaluator_of(model).measure(params, many, iw_samples=1)
    assert found.reconstruction == pytest.approx(784 * np.log(2), rel=1e-5)
    assert bound_of(found) - found.reconstruction == pytest.approx(found.kl, abs=0.12)


@pytest.mark.parametrize("chunk", [7, 100])
def test_chunks_do_not_change_the_bound(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    model, params = make_model()
    data = make_split()
    whole = bound_of(evaluator_of(model).measure(params, data, iw_samples=45))
    monkeypatch.setattr(evaluation, "IW_CHUNK", chunk)
    calls: list[None] = []
    cut = Evaluator(model, local_mesh()).measure(params, data, iw_samples=45, on_batch=lambda: calls.append(None))
    assert cut.iw_bound == pytest.approx(whole, abs=1e-3)
    assert len(calls) == 2 * (1 - (-45 // chunk))


def test_the_last_batch_is_filled_up_with_the_last_image() -> None:
    data = make_split(27)
    first, last = (take_batch(data, np.int32(i), 20) for i in (0, 1))
    np.testing.assert_array_equal(first.images, gather(data, jnp.arange(20)).images)
    np.testing.assert_array_equal(last.images, gather(data, jnp.array([*range(20, 27), *[26] * 13])).images)
    np.testing.assert_array_equal(last.labels, [*range(7), *[6] * 13])


def test_one_compilation_serves_every_split_batch_and_number_of_samples(make_model: MakeModel) -> None:
    model, params = make_model()
    compiled = list[tuple[int, int]]()  # of equal models as well
    for samples, size in ((1, 27), (30, 27), (30, 10)):
        Evaluator(model, local_mesh()).measure(params, make_split(size), iw_samples=samples)
        compiled.append(
            (
                eval_step._eval_step._cache_size(),  # type: ignore[attr-defined]
                eval_step._weight_step._cache_size(),  # type: ignore[attr-defined]
            )
        )
    assert len(set(compiled)) == 1


def test_active_units_are_those_whose_mean_varies_with_the_image() -> None:
    deviations = np.sqrt([0.0, 0.009, 0.011, 0.9])
    signs = np.resize([-1.0, 1.0], 400)[:, None]
    labels = np.repeat(np.arange(10), 40)
    means = 5.0 + deviations * signs
    variances = np.broadcast_to(1.0 - deviations**2, means.shape)  # of the posterior: with the means', 1 in all
    assert active_units(means, variances, np.zeros(400, int)) == 2
    assert active_units(means, variances, labels) == 2
    # Where the class moves the mean, the image still does not.
    assert active_units(means + labels[:, None], variances, labels) == 2
    # A learned prior has any scale: it is the same dimension in other units.
    assert active_units(1e-3 * means, 1e-6 * variances, labels) == 2
    assert active_units(1e3 * means, 1e6 * variances, labels) == 2


def test_active_units_of_a_model(make_model: MakeModel) -> None:
    model, params = make_model()
    head = params["encoder"]["Dense_1"]
    head["kernel"] = (20.0 * head["kernel"]).at[:, 1].set(0.0)
    found = evaluator_of(model).measure(params, make_split())
    assert found.active_units == 1
