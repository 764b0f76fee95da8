"""Choose the actions that are possible now, and their texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...core.config import ParamsSource
from ...core.protocol import OVER, RunState
from ..session import RECORDING, Role
from .actions import ACTIONS, REPLAY, Action, KeyHint
from .keymap import Keymap, rebind


@dataclass(frozen=True)
class Situation:
    """What the possible actions and their texts depend on."""

    role: Role
    state: RunState = RunState.TRAINING
    is_closed: bool = False
    """Whether the session has ended."""
    is_stopping: bool = False
    """Whether a stop is pending."""
    is_pausing: bool = False
    """Whether the run is paused, or will be once the pending commands are acknowledged."""
    has_model: bool = True
    rewind_step: int | None = None
    """The step that a rewind leads to; None without an earlier checkpoint."""
    source: ParamsSource = "ema"
    has_steps: bool = True
    has_cursor: bool = False
    is_whole: bool = True
    """Whether the curves show the whole run."""
    is_maximized: bool = False
    has_views: bool = True
    """Whether there is more than one view of the images."""
    has_pages: bool = True
    """Whether the classes of the images are on more than one page."""
    has_other_classes: bool = True
    """Whether there are classes that the keys 0 to 9 do not name."""
    has_styles: bool = True
    """Whether the terminal can show more than one picture style."""
    keymap: Keymap = field(default_factory=dict)
    """The keys that the user has given to actions."""

    @property
    def is_over(self) -> bool:
        """Whether training has ended."""
        return self.state in OVER

    @property
    def is_replay(self) -> bool:
        """Whether the screen shows a replay."""
        return self.role == RECORDING


def possible_actions(situation: Situation) -> list[Action]:
    """Return the actions that do something now, with their texts, the most important first."""
    possible = (
        _reword(action, situation)
        for action in ACTIONS
        if not why_not(action, situation) and _is_useful(action, situation)
    )
    return rebind(possible, situation.keymap)


def why_not(action: Action, situation: Situation) -> str:
    """Return why an action is not possible now, for the user, or ""."""
    if action.id == "detach":
        return "" if situation.role.outlives else situation.role.limits
    if action.id in _DRAWING:
        if situation.is_closed:
            return "The run is closed."
        return "" if situation.role.draws else situation.role.limits
    if action.id in _STEERING:
        return _why_not_steer(action, situation)
    condition = _CONDITIONS.get(action.id)
    return "" if condition is None or condition[0](situation) else condition[1]


def _why_not_steer(action: Action, situation: Situation) -> str:
    if situation.is_closed and not situation.is_replay:
        return "The run is closed."
    if situation.is_replay:
        return situation.role.limits if action.id == "checkpoint" else ""
    if not situation.role.steers:
        return situation.role.limits
    if situation.is_over:
        return f"Training is {situation.state}; {_STEERING[action.id]}."
    if situation.is_stopping:
        return "Training is stopping."
    if action.id == "rewind" and situation.rewind_step is None:
        return "There is no checkpoint before this step to go back to."
    return ""


_STEERING = {
    "pause": "there is nothing to pause",
    "checkpoint": "there is nothing to save",
    "learning_rate_down": "learning rate no longer has an effect",
    "learning_rate_up": "learning rate no longer has an effect",
    "beta_down": "beta no longer has an effect",
    "beta_up": "beta no longer has an effect",
    "rewind": "the run can no longer go back to a checkpoint",
}
"""The actions that change the run, and why they are not possible after training."""

_DRAWING = ("sample", *(f"sample_{label}" for label in range(10)), "sample_class", "params")
"""The actions that redraw the images in the panels."""

_STEP_ACTIONS = (
    *("cursor_left", "cursor_right", "cursor_left_fast", "cursor_right_fast", "cursor_home", "cursor_end"),
    *("step", "zoom_in", "zoom_out", "span"),
)

_CONDITIONS: dict[str, tuple[Callable[[Situation], bool], str]] = {
    **{id: (lambda s: s.has_steps, "There is no step yet.") for id in _STEP_ACTIONS},
    **{id: (lambda s: not s.is_whole, "The whole run is shown; zoom in first.") for id in ("pan_left", "pan_right")},
    "studio": (lambda s: s.has_model, "The model is not ready yet."),
    "images": (lambda s: s.has_views, "There are only samples yet."),
    **{id: (lambda s: s.has_pages, "All classes are shown already.") for id in ("page_up", "page_down")},
    "style": (lambda s: s.has_styles, "This terminal can show only this picture style."),
}
"""The conditions of actions on the screen, and what to say where they are not met."""


def _is_useful(action: Action, situation: Situation) -> bool:
    """Return whether an action that is possible does more than another one, or than nothing."""
    match action.id:
        case "live":
            return situation.is_maximized or situation.has_cursor or not situation.is_whole
        case "maximize":
            return not situation.is_maximized
        case "quit":
            return not situation.is_stopping
        case "detach":
            return situation.role.steers and not situation.is_over
        case "interrupt":
            return situation.role.owns and not situation.is_over
        case "sample_class":
            return situation.has_other_classes
        case "rewind":
            return situation.has_cursor or not situation.is_replay
        case _:
            return True


def _reword(action: Action, situation: Situation) -> Action:
    """Return an action with the texts that hold now."""
    texts = _texts(action.id, situation)
    if texts is not None:
        label, title, tooltip = texts
        action = replace(action, label=label, title=title, tooltip=tooltip)
    if not situation.is_replay:
        return action
    family = _REPLAY_FAMILIES.get(action.id, action.family)
    return replace(action, family=family, group=REPLAY if action.id in _STEERING else action.group)


def _texts(id: str, situation: Situation) -> tuple[str, str, str] | None:
    """Return the label, title and tooltip of an action that differ from its usual ones."""
    if situation.is_replay:
        match id:
            case "pause" if situation.is_over:
                return "play", "Play", "Play the run again from its start"
            case "pause" if situation.is_pausing:
                return "play", "Play", "Continue the replay"
            case "quit":
                return "leave", "Leave", "Close the replay"
            case "suspend_process":
                return "shell", "Back to the shell", "fg brings the screen back"
        if id in _REPLAY_TEXTS:
            return _REPLAY_TEXTS[id]
    match id:
        case "live" if situation.is_maximized:
            return "all panels", "Back to all panels", "Show the other panels again"
        case "live" if not situation.has_cursor:
            return "whole run", "Back to the whole run", "Show all steps again"
        case "pause" if situation.is_pausing:
            return "resume", "Resume training", "Go on from this step"
        case "quit" if situation.is_over:
            return "leave", "Leave", "Training is over; close the screen"
        case "quit" if not situation.role.steers:
            return "leave", "Leave", "Training goes on without the screen"
        case "quit" if not situation.role.owns:
            return "leave", "Leave", "Ask whether to detach or to stop training"
        case "suspend_process" if not situation.role.owns:
            return "shell", "Back to the shell", "fg brings the screen back; training goes on"
        case "params" if situation.source == "raw":
            return "EMA", "Sample with the averaged parameters", "Instead of the raw ones"
        case _:
            return None


_SPEED = KeyHint(("comma", "full_stop"), "speed", "Slower, faster", "Change the speed by powers of two")
_SKIP = KeyHint(
    ("less_than_sign", "greater_than_sign"), "skip", "Skip back, forward", "To a checkpoint, the start or the end"
)

_REPLAY_FAMILIES = {
    "learning_rate_down": _SPEED,
    "learning_rate_up": _SPEED,
    "beta_down": _SKIP,
    "beta_up": _SKIP,
}

_REPLAY_TEXTS = {
    "pause": ("pause", "Pause", "Hold the replay at this moment"),
    "learning_rate_down": ("", "Play slower", "Half as fast"),
    "learning_rate_up": ("", "Play faster", "Twice as fast"),
    "beta_down": ("", "Skip back", "To the previous checkpoint, or the start"),
    "beta_up": ("", "Skip forward", "To the next checkpoint, or the end"),
    "rewind": ("go there", "Go to the cursor's step", "Replay the run from there"),
}
"""The label, title and tooltip of each action of a replay that differ from those on a live run."""
