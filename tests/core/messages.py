"""Hypothesis strategies for what goes over the connection to a live run and is in no log: commands, unlogged events."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import ANY_FLOAT32, POSITIVE, STEPS, TIMES, WORDS, images, of_words
from vae_tui.core.config import ParamsSource
from vae_tui.core.protocol import commands as cm
from vae_tui.core.protocol import events as ev

FINITE_FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
WEIGHTS = of_words(cm.Weights)


@st.composite
def generates(draw: st.DrawFn) -> cm.Generate:
    n = draw(st.integers(1, 4) | st.just(cm.MAX_CODES))
    return cm.Generate(
        ticket=draw(STEPS),
        codes=draw(npst.arrays(np.float32, (n, draw(st.integers(1, 5))), elements=FINITE_FLOAT32)),
        classes=draw(npst.arrays(np.float32, (n, draw(st.integers(1, 5))), elements=FINITE_FLOAT32)),
        weights=draw(WEIGHTS),
        space=draw(of_words(cm.CodeSpace)),
    )


def commands() -> st.SearchStrategy[cm.Command]:
    return st.one_of(
        st.sampled_from([cm.Pause(), cm.Resume(), cm.Checkpoint()]),
        st.builds(cm.Sample, label=st.none() | st.integers(0, 99)),
        st.builds(cm.UseParams, source=of_words(ParamsSource)),
        st.builds(cm.SetKnobs, learning_rate_scale=st.none() | POSITIVE, beta_scale=st.none() | POSITIVE),
        st.builds(cm.Rewind, step=st.none() | STEPS),
        st.builds(cm.Stop, checkpoint=st.booleans()),
        generates(),
    )


@st.composite
def latent_maps(draw: st.DrawFn) -> ev.LatentMap:
    n = draw(st.integers(0, 4))
    return ev.LatentMap(
        step=draw(STEPS),
        time=draw(TIMES),
        points=draw(npst.arrays(np.float32, (n, 2), elements=ANY_FLOAT32)),
        labels=draw(npst.arrays(np.int32, n)),
        latents=draw(npst.arrays(np.float32, (n, draw(st.integers(1, 5))), elements=ANY_FLOAT32)),
        explained=draw(st.tuples(st.floats(0, 1), st.floats(0, 1))),
    )


def unlogged_events() -> st.SearchStrategy[ev.Event]:
    def build(event_type: type[ev.Event], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[ev.Event]:
        return st.builds(event_type, step=STEPS, time=TIMES, **fields)

    some = st.integers(0, 3)
    return st.one_of(
        build(ev.Examples, images=images(some, some)),
        build(ev.Reconstructed, images=images(some, some)),
        build(ev.Generated, ticket=STEPS, images=images(some), weights=WEIGHTS, problem=WORDS),
        latent_maps(),
    )
