"""Which alerts the view shows as holding, and what the log says of them."""

from __future__ import annotations

import dataclasses

import pytest
from scripted import TOTAL_STEPS, evaluated, model_ready, opening, state, training
from vae_tui.core.config import Config
from vae_tui.core.history.alerts import AlertDetector
from vae_tui.core.protocol.events import Alert, AlertCleared, AlertKind, Event, Rewound, RunState
from vae_tui.tui.state.messages import log_lines
from vae_tui.tui.state.run_view import RunView


def alert(kind: AlertKind, step: int = 350) -> Alert:
    return Alert(step=step, kind=kind, text=f"about a {kind}")


def view_of(*events: Event) -> RunView:
    view = RunView(Config())
    for event in events:
        view.apply(event)
    return view


def test_an_ordinary_run_has_no_alerts():
    assert view_of(*opening(), *training(TOTAL_STEPS)).alerts == []


def test_an_alert_holds_until_it_is_cleared():
    view = view_of(*opening(), *training(350), alert("plateau"), alert("slow steps"), alert("kl collapse"))
    for event in training(385, first_step=351):
        view.apply(event)
    assert [found.kind for found in view.alerts] == ["plateau", "slow steps", "kl collapse"]
    view.apply(AlertCleared(step=385, kind="plateau"))
    assert [found.kind for found in view.alerts] == ["slow steps", "kl collapse"]
    view.apply(alert("slow steps", 385))
    assert [(found.kind, found.step) for found in view.alerts] == [("kl collapse", 350), ("slow steps", 385)]
    view.apply(AlertCleared(step=385, kind="slow steps"))
    view.apply(AlertCleared(step=385, kind="kl collapse"))
    assert view.alerts == []


def test_the_view_shows_what_the_trainer_found():
    watch, view = AlertDetector(Config()), RunView(Config())
    flat = [dataclasses.replace(evaluated(step), loss=99.0) for step in range(100, 4000, 100)]
    better = dataclasses.replace(evaluated(4000), loss=90.0)
    seen = []
    for event in (model_ready(), *flat, better):
        for told in (event, *watch.handle_event(event)):
            view.apply(told)
        seen.append([found.kind for found in view.alerts])
    assert seen == [[]] * 11 + [["plateau"]] * 29 + [[]]


@pytest.mark.parametrize("over", [RunState.FINISHED, RunState.STOPPED, RunState.FAILED])
def test_what_is_over_has_no_alerts(over: RunState):
    view = view_of(*opening(), alert("slow steps"))
    assert view.alerts
    view.apply(state(over, 350))
    assert view.alerts == []


def test_going_back_drops_the_alerts_of_later_steps():
    view = view_of(*opening(), *training(350), alert("plateau", 200), alert("kl collapse"), alert("slow steps"))
    view.apply(Rewound(step=210, from_step=350))
    assert [found.kind for found in view.alerts] == ["plateau"]


def test_alerts_of_an_earlier_life_are_over_when_a_trainer_begins():
    view = view_of(*opening(), *training(350), alert("plateau"), alert("slow steps"))
    view.apply(state(RunState.PREPARING))
    assert view.alerts == []


def test_an_alert_is_a_warning_in_the_log():
    (line,) = log_lines(alert("plateau"))
    assert (line.text, line.level) == ("step 350: about a plateau", "warning")
