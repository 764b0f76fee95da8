"""What is possible in each situation, and what footer and help call it."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from vae_tui.core.protocol.events import RunState
from vae_tui.tui.control.actions import ACTIONS
from vae_tui.tui.control.possible import Situation, possible_actions, why_not
from vae_tui.tui.session.session import OWNER, READER, RECORDING, VIEWER, Role

LIVE = Situation(OWNER, rewind_step=105)
STEERING = {
    "pause",
    "checkpoint",
    "learning_rate_up",
    "learning_rate_down",
    "beta_up",
    "beta_down",
    "rewind",
}
DRAWING = {"sample", "params", *(f"sample_{label}" for label in range(10)), "sample_class"}
PAN = {"pan_left", "pan_right"}

SITUATIONS = [
    Situation(
        role,
        state,
        is_pausing=state == RunState.PAUSED,
        rewind_step=105,
        source="raw" if changed else "ema",
        has_cursor=changed,
        is_whole=not changed,
    )
    for role, state, changed in itertools.product((OWNER, VIEWER, READER, RECORDING), RunState, (False, True))
]


def impossible(situation: Situation) -> set[str]:
    return {action.id for action in ACTIONS if why_not(action, situation)}


def offered(situation: Situation) -> dict[str, str]:
    """The labels of the offered actions, by the action's id."""
    return {action.id: action.hint.label for action in possible_actions(situation)}


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        (OWNER, set()),
        (VIEWER, set()),
        (READER, STEERING | DRAWING),
        (RECORDING, {"checkpoint", "detach"}),
    ],
)
def test_a_role_may_do_so_much(role: Role, refused: set[str]):
    assert impossible(dataclasses.replace(LIVE, role=role)) == refused | PAN


def test_a_closed_session_takes_no_commands():
    assert impossible(dataclasses.replace(LIVE, is_closed=True)) == STEERING | DRAWING | PAN


@pytest.mark.parametrize("role", [OWNER, VIEWER])
def test_a_finished_run_is_looked_at_and_left(role: Role):
    finished = dataclasses.replace(LIVE, role=role, state=RunState.FINISHED)
    assert impossible(finished) == STEERING | PAN
    assert offered(finished).keys() >= {"quit", "sample", "studio", "cursor_left"}
    assert offered(finished).keys().isdisjoint({"detach", "interrupt"})
    assert offered(finished)["quit"] == "leave"


def test_a_run_that_is_stopping_takes_no_more_changes():
    stopping = dataclasses.replace(LIVE, is_stopping=True)
    assert impossible(stopping) == STEERING | PAN
    assert "quit" not in offered(stopping)
    assert offered(stopping)["interrupt"] == "leave at once"


@pytest.mark.parametrize(
    ("changes", "id", "label"),
    [
        ({}, "pause", "pause"),
        ({"is_pausing": True}, "pause", "resume"),
        ({"role": RECORDING}, "pause", "pause"),
        ({"role": RECORDING, "is_pausing": True}, "pause", "play"),
        ({"role": RECORDING, "state": RunState.FINISHED}, "pause", "play"),
        ({}, "quit", "stop"),
        ({"role": VIEWER}, "quit", "leave"),
        ({"role": RECORDING}, "quit", "leave"),
        ({}, "live", None),
        ({"has_cursor": True, "is_whole": False}, "live", "live"),
        ({"is_whole": False}, "live", "whole run"),
        ({"is_maximized": True, "has_cursor": True}, "live", "all panels"),
        ({"is_maximized": True}, "maximize", None),
        ({}, "params", "raw"),
        ({"source": "raw"}, "params", "EMA"),
        ({"rewind_step": None}, "rewind", None),
        ({"role": RECORDING}, "rewind", None),
        ({"role": RECORDING, "has_cursor": True}, "rewind", "go there"),
        ({"role": RECORDING}, "learning_rate_up", "speed"),
        ({"role": RECORDING}, "beta_up", "skip"),
        ({"role": READER}, "detach", None),
        ({"role": RECORDING}, "interrupt", None),
        ({"has_steps": False}, "cursor_left", None),
        ({"has_model": False}, "studio", None),
        ({"has_views": False}, "images", None),
        ({"has_styles": False}, "style", None),
        ({"has_pages": False}, "page_down", None),
        ({}, "page_down", "page"),
        ({"has_other_classes": False}, "sample_class", None),
        ({}, "sample_class", "any class"),
    ],
)
def test_what_is_offered_is_what_the_key_does_now(changes: dict[str, object], id: str, label: str | None):
    assert offered(dataclasses.replace(LIVE, **changes)).get(id) == label  # type: ignore[arg-type]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_offered_key_has_a_label_of_its_own(situation: Situation):
    hints = {action.hint for action in possible_actions(situation)}
    labels = [hint.label for hint in hints]
    assert all(labels)
    assert len(set(labels)) == len(labels)
