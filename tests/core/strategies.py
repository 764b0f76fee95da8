"""Hypothesis strategies for configurations and events."""

from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from vae_tui.core import config
from vae_tui.core.config import (
    Config,
    DataConfig,
    EvalConfig,
    ModelConfig,
    ObjectiveConfig,
    OptimConfig,
    RunConfig,
    TrainConfig,
)
from vae_tui.core.protocol import events as ev

FRACTIONS = st.floats(0, 1, exclude_max=True)
POSITIVE = st.floats(1e-9, 1e9)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


PATTERNS = st.from_regex(r"[a-z]+(/[A-Z][a-z]+_[0-9*])?", fullmatch=True)


def of_words(words: Any) -> st.SearchStrategy[Any]:
    """One of the words of a Literal type."""
    return st.sampled_from(get_args(words))


@st.composite
def optim_configs(draw: st.DrawFn) -> OptimConfig:
    boundaries = sorted(draw(st.sets(st.floats(0.01, 0.99), min_size=1, max_size=4)))
    return OptimConfig(
        name=draw(of_words(config.Optimizer)),
        learning_rate=draw(POSITIVE),
        schedule=draw(of_words(config.Schedule)),
        warmup_steps=draw(st.integers(0, 10**6)),
        end_factor=draw(st.floats(1e-6, 1)),
        pct_start=draw(st.floats(0.01, 0.99)),
        div_factor=draw(st.floats(1, 1e9)),
        final_div_factor=draw(st.floats(1, 1e9)),
        boundaries=tuple(boundaries),
        scales=tuple(draw(POSITIVE) for _ in boundaries),
        clip=draw(of_words(config.Clip)),
        clip_norm=draw(POSITIVE),
        clip_value=draw(POSITIVE),
        noise_eta=draw(FRACTIONS),
        noise_gamma=draw(FRACTIONS),
        accumulate_steps=draw(st.integers(1, 100)),
        momentum=draw(FRACTIONS),
        nesterov=draw(st.booleans()),
        b1=draw(FRACTIONS),
        b2=draw(st.none() | FRACTIONS),
        eps=draw(POSITIVE),
        weight_decay=draw(FRACTIONS),
        freeze=tuple(draw(st.lists(PATTERNS, max_size=3))),
    )


def configs() -> st.SearchStrategy[Config]:
    return st.builds(
        Config,
        data=st.builds(
            DataConfig,
            name=WORDS,
            dir=st.none() | WORDS,
            size=st.none() | st.integers(4, 64),
            shape=st.just(()) | st.tuples(st.integers(1, 64), st.integers(1, 64)),
            grey=st.booleans(),
            transpose=st.booleans(),
            skip_bad=st.booleans(),
            classes=st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), max_size=3, unique=True).map(tuple),
        ),
        model=st.builds(
            ModelConfig,
            arch=of_words(config.Architecture),
            latents=st.integers(2, 4096),
            hidden=st.lists(st.integers(1, 4096), min_size=1, max_size=4).map(tuple),
            channels=st.tuples(st.integers(1, 512), st.integers(1, 512)),
            blocks=st.integers(0, 16),
            upsampling=of_words(config.Upsampling),
            conditioning=of_words(config.Conditioning),
            prior=of_words(config.Prior),
            likelihood=of_words(config.Likelihood),
            activation=of_words(config.Activation),
            dtype=st.sampled_from(["float32", "bfloat16"]),
        ),
        objective=st.builds(
            ObjectiveConfig,
            beta=FRACTIONS,
            beta_schedule=of_words(config.BetaSchedule),
            beta_warmup_steps=st.integers(1, 10**6),
            beta_cycles=st.integers(1, 100),
            free_bits=FRACTIONS,
        ),
        optim=optim_configs(),
        train=st.builds(
            TrainConfig,
            epochs=st.none() | st.integers(1, 10**6),
            steps=st.none() | st.integers(1, 10**9),
            batch_size=st.integers(1, 10**5),
            seed=st.integers(0, 2**32 - 1),
            ema_decay=FRACTIONS,
            init_from=st.none() | PATTERNS,
        ),
        eval=st.builds(EvalConfig, params=st.sampled_from(["ema", "raw"]), iw_samples=st.integers(0, 5000)),
        run=st.builds(
            RunConfig,
            dir=st.none() | WORDS,
            checkpoint_epochs=st.none() | st.integers(1, 100),
            tensorboard=st.booleans(),
        ),
    )


STEPS = st.integers(0, 2**40)


def image_shapes(most: int = 8) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of gray and color images."""
    side = st.integers(1, most)
    return st.one_of(st.tuples(side, side), st.tuples(side, side, st.just(3)), st.just((28, 28)))


@st.composite
def images(draw: st.DrawFn, *sizes: st.SearchStrategy[int]) -> np.ndarray:
    """Images of any shape, with leading axes of these sizes."""
    return draw(npst.arrays(np.uint8, (*map(draw, sizes), *draw(image_shapes()))))


TIMES = st.floats(0, 1e11)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
ANY_FLOAT32 = st.floats(width=32)


def vectors(dtype: Any, elements: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[np.ndarray]:
    return npst.arrays(dtype, size, elements=elements)


@st.composite
def metrics(draw: st.DrawFn) -> ev.Metrics:
    size = draw(st.integers(1, 8))
    first = draw(st.integers(1, 2**40))
    rows = {
        name: draw(vectors(np.float32, ANY_FLOAT32, size))
        for name in ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")
    }
    return ev.Metrics(step=first + size - 1, first_step=first, time=draw(TIMES), seconds=draw(POSITIVE), **rows)


@st.composite
def model_readies(draw: st.DrawFn) -> ev.ModelReady:
    size = draw(st.integers(1, 8))
    return ev.ModelReady(
        step=draw(STEPS),
        time=draw(TIMES),
        parameter_count=draw(STEPS),
        device=draw(WORDS),
        steps_per_epoch=draw(STEPS) + 1,
        total_steps=draw(STEPS) + 1,
        batch_size=draw(STEPS),
        compile_seconds=draw(POSITIVE),
        schedule_steps=draw(vectors(np.int32, st.integers(0, 2**31 - 1), size)),
        schedule_rates=draw(vectors(np.float32, ANY_FLOAT32, size)),
        chain=tuple(draw(st.lists(WORDS))),
        optimizer_bytes=draw(STEPS),
        frozen_count=draw(STEPS),
        parameters=tuple(draw(st.lists(WORDS))),
    )


def samples() -> st.SearchStrategy[ev.Sampled]:
    return st.builds(
        ev.Sampled,
        step=st.integers(0, 3),
        images=images(st.integers(1, 3), st.integers(1, 3)),
        source=st.sampled_from(["ema", "raw"]),
        temperature=FRACTIONS,
        requested=st.booleans(),
        label=st.none() | st.integers(0, 9),
    )


def plain_events() -> st.SearchStrategy[ev.Event]:
    """Every logged event but Sampled, whose images are not kept in the log."""

    def build(event_type: type[ev.Event], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[ev.Event]:
        return st.builds(event_type, step=STEPS, time=TIMES, **fields)

    return st.one_of(
        build(ev.StateChanged, state=st.sampled_from(ev.RunState), detail=WORDS),
        build(ev.Progress, label=WORDS, done=STEPS, total=STEPS, unit=WORDS),
        build(
            ev.DataReady,
            name=WORDS,
            class_names=st.lists(WORDS).map(tuple),
            train_size=STEPS,
            validation_size=STEPS,
            test_size=STEPS,
            note=WORDS,
        ),
        model_readies(),
        metrics(),
        build(
            ev.Evaluated,
            split=st.sampled_from(["train", "validation", "test"]),
            loss=NUMBERS,
            reconstruction=NUMBERS,
            kl=NUMBERS,
            best=st.booleans(),
            active_units=st.none() | STEPS,
            iw_bound=st.none() | POSITIVE,
        ),
        build(
            ev.SystemMeasured,
            cpu=POSITIVE,
            memory=STEPS,
            disk_free=st.none() | STEPS,
            device_memory=st.none() | STEPS,
            device_peak=st.none() | STEPS,
            device_limit=st.none() | STEPS,
            gpu=st.none() | st.floats(0, 1),
        ),
        build(ev.KnobsChanged, learning_rate_scale=POSITIVE, beta_scale=POSITIVE),
        build(ev.Rewound, from_step=STEPS),
        build(ev.NotFinite, metrics=st.lists(WORDS).map(tuple)),
        build(ev.ParamsSelected, source=st.sampled_from(["ema", "raw"])),
        build(ev.CheckpointStarted, requested=st.booleans()),
        build(ev.Checkpointed, path=WORDS, best=st.booleans()),
        build(ev.Alert, kind=st.sampled_from(get_args(ev.AlertKind)), text=WORDS),
        build(ev.AlertCleared, kind=st.sampled_from(get_args(ev.AlertKind))),
        build(ev.Notice, level=st.sampled_from(["info", "warning", "error"]), text=WORDS),
        build(ev.Failed, message=WORDS, traceback=WORDS, usage=st.booleans()),
        build(ev.Ended, reason=st.sampled_from(["finished", "stopped"]), checkpoint=st.none() | WORDS),
    )


def finite(value: Any) -> Any:
    """What a value is after a journey through JSON: infinities have become NaN."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.where(np.isfinite(value), value, np.nan).astype(value.dtype)
    if isinstance(value, float) and not np.isfinite(value):
        return np.nan
    return value


def assert_same(got: ev.Event, sent: ev.Event) -> None:
    """The same event, arrays bit for bit with their types, up to `finite`; packed arrays keep infinities as well."""
    assert type(got) is type(sent)
    for name, value in vars(sent).items():
        is_packed = isinstance(value, np.ndarray) and not sent.is_logged
        value, back = value if is_packed else finite(value), getattr(got, name)
        if isinstance(value, np.ndarray):
            assert back.dtype == value.dtype, name
        np.testing.assert_array_equal(back, value, err_msg=name)
        assert isinstance(back, type(value)), name
