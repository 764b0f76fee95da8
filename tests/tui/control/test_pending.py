"""Commands on their way, and what answers them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scripted import state
from vae_tui.core.protocol.commands import Generate, Pause, Resume, SetKnobs
from vae_tui.core.protocol.events import Ended, Generated, KnobsChanged, RunState, StateChanged
from vae_tui.tui.control.pending import Pending


def generated(ticket: int, problem: str = "") -> Generated:
    return Generated(step=1, ticket=ticket, images=np.zeros((0, 28, 28), np.uint8), weights="ema", problem=problem)


def test_images_are_answered_by_their_own_ticket_or_by_the_end() -> None:
    pending = Pending()
    codes = np.zeros((1, 3), np.float32)
    pending.send(Generate(7, codes, codes))
    pending.send(Pause())
    assert pending.text == "making images · pausing"
    assert not pending.acknowledge(generated(6))
    assert pending.acknowledge(generated(7, "no such checkpoint"))
    assert Generate not in pending
    assert Pause in pending
    pending.send(Generate(8, codes, codes))
    assert pending.acknowledge(Ended(step=1, reason="stopped"))
    assert Generate not in pending


def test_a_replay_answers_by_how_it_stands_and_by_its_end() -> None:
    pending = Pending()
    pending.send(Resume())
    assert not pending.acknowledge(state(RunState.PAUSED))
    assert pending.acknowledge(state(RunState.COMPILING)), "it plays, though nothing is trained yet"
    for command in (Pause(), Resume()):
        pending.send(command)
        assert pending.acknowledge(StateChanged(step=0, state=RunState.FAILED)), "of a run that has failed"
        assert not pending.text


def test_what_another_viewer_brings_about_is_an_answer_as_well() -> None:
    pending = Pending()
    pending.send(Pause())
    assert pending.acknowledge(state(RunState.PAUSED))
    pending.send(Resume())
    assert pending.acknowledge(state(RunState.TRAINING))
    assert pending.text == ""


FACTORS = st.sampled_from((0.25, 0.5, 0.8, 1.0, 1.25, 2.0))
CHANGES = st.builds(SetKnobs, FACTORS) | st.builds(SetKnobs, beta_scale=FACTORS) | st.builds(SetKnobs, FACTORS, FACTORS)


@given(st.lists(st.tuples(st.booleans(), CHANGES)))
def test_knobs_that_several_turn_at_once_are_all_answered(changes: list[tuple[bool, SetKnobs]]) -> None:
    """The trainer obeys one after the other, and each answer has both knobs."""
    pending, rate, beta = Pending(), 1.0, 1.0
    for is_mine, change in changes:
        if is_mine:
            pending.send(change)
    for _, change in changes:
        rate = rate if change.learning_rate_scale is None else change.learning_rate_scale
        beta = beta if change.beta_scale is None else change.beta_scale
        pending.acknowledge(KnobsChanged(step=1, learning_rate_scale=rate, beta_scale=beta))
    assert SetKnobs not in pending
    assert pending.knobs == SetKnobs()
    assert pending.text == ""
