"""List the app's actions, for key bindings, help and command palette."""

from __future__ import annotations

from dataclasses import dataclass

from textual.actions import parse
from textual.binding import Binding

from ...core.protocol import Checkpoint, Command, Sample
from ..state import KNOB_NAMES, Knob


@dataclass(frozen=True)
class Family:
    """Actions that share a line of the help and a place in the footer."""

    keys: str
    title: str
    tooltip: str


@dataclass(frozen=True)
class Action:
    """A thing that the user can do with one key."""

    id: str
    """The name of the binding (for keymaps) and, without `command` and `call`, of the method `action_<id>`."""

    key: str
    label: str
    """The word in the footer; empty: not in the footer."""

    title: str
    """The title in the command palette and the help."""

    tooltip: str
    command: Command | None = None
    """The command to send, for an action that only sends a command."""

    call: str = ""
    """The app's action with its arguments, if it is not the method that `id` names."""

    family: Family | None = None
    """The family that stands for the action in the help."""

    group: str = ""
    """The heading of the help that the action is listed under."""

    key_display: str | None = None
    priority: bool = False

    @property
    def action(self) -> str:
        """The action string that Textual runs."""
        return f"send('{self.id}')" if self.command else self.call or self.id

    @property
    def parsed(self) -> tuple[str, tuple[object, ...]]:
        """The action's name and arguments, parsed from `action`."""
        _, name, arguments = parse(self.action)
        return name, arguments

    @property
    def binding(self) -> Binding:
        """The action as a key binding."""
        return Binding(
            self.key,
            self.action,
            self.label or self.title,
            show=bool(self.label),
            key_display=self.key_display,
            priority=self.priority,
            tooltip=self.tooltip,
            id=self.id,
        )


TRAINING, CURVES, DIGITS, VIEWS, APP = "training", "curves", "digits", "views", "app"
"""The groups of the help."""

_CLASSES = Family("0-9", "Sample one class", "Draw new digits of this class")
_RATE = Family(", .", "Learning rate down, up", "A factor on the rest of the schedule")
_BETA = Family("< >", "Beta down, up", "A factor on the weight of the KL term")
_CURSOR = Family("← →", "Step cursor", "Read out a step's metrics and digits; shift moves faster")
_ENDS = Family("home end", "Cursor to the ends", "The first step, the newest step")
_ZOOM = Family("+ -", "Zoom", "Fewer or more steps, around the cursor")
_PAN = Family("[ ]", "Pan", "Earlier or later steps")
_FOCUS = Family("tab", "Next panel", "Move the focus; shift moves it back")

FAST = 10
"""Columns that the cursor moves with shift."""


def _sample_class(label: int) -> Action:
    return Action(
        f"sample_{label}",
        str(label),
        "class" if label == 0 else "",
        f"Sample class {label}",
        f"Draw new digits of class {label}",
        Sample(label),
        family=_CLASSES,
        group=DIGITS,
        key_display="0-9" if label == 0 else str(label),
    )


def _turn(knob: Knob, key: str, sign: str, direction: int, family: Family, label: str = "") -> Action:
    name = KNOB_NAMES[knob]
    word, way, change = ("Raise", "up", "double") if direction > 0 else ("Lower", "down", "halve")
    return Action(
        f"{name.replace(' ', '_')}_{way}",
        key,
        label,
        f"{word} the {name}" if knob == "learning_rate_scale" else f"{word} {name}",
        f"{family.tooltip}, one step {way}; three steps {change} it",
        call=f"turn('{knob}', {direction})",
        family=family,
        group=TRAINING,
        key_display=sign,
    )


def _curves(id: str, key: str, title: str, call: str, family: Family, label: str = "", sign: str = "") -> Action:
    return Action(
        id,
        key,
        label,
        title,
        family.tooltip,
        call=f"screen.{call}",
        family=family,
        group=CURVES,
        key_display=sign or None,
    )


ACTIONS: tuple[Action, ...] = (
    Action("pause", "space", "pause", "Pause or resume", "Pause training, or resume it", group=TRAINING),
    Action("quit", "q", "stop", "Stop and leave", "Write a final checkpoint, then leave", call="stop", group=APP),
    Action("leave", "q", "leave", "Leave", "Ask first if this screen can stop the run", group=APP),
    Action("detach", "d", "detach", "Detach", "Leave; training goes on without the screen", group=APP),
    Action("checkpoint", "c", "save", "Checkpoint now", "Save the state of this step", Checkpoint(), group=TRAINING),
    Action("sample", "s", "sample", "Sample all classes", "Draw new digits of every class", Sample(), group=DIGITS),
    Action("help", "question_mark", "help", "Help", "Show every key", group=VIEWS, key_display="?"),
    *(_sample_class(label) for label in range(10)),
    Action("studio", "g", "studio", "Sampling studio", "Explore the digits that the model can draw", group=VIEWS),
    _turn("learning_rate_scale", "comma", ",.", -1, _RATE, "rate"),
    _turn("learning_rate_scale", "full_stop", ".", 1, _RATE),
    _curves("cursor_left", "left", "Cursor left", "cursor(-1)", _CURSOR, "step", "←→"),
    _curves("cursor_right", "right", "Cursor right", "cursor(1)", _CURSOR),
    _curves("cursor_left_fast", "shift+left", "Cursor left, faster", f"cursor(-{FAST})", _CURSOR),
    _curves("cursor_right_fast", "shift+right", "Cursor right, faster", f"cursor({FAST})", _CURSOR),
    _curves("cursor_home", "home", "Cursor to the first step", "cursor_end(-1)", _ENDS),
    _curves("cursor_end", "end", "Cursor to the newest step", "cursor_end(1)", _ENDS),
    Action(
        "step",
        "colon",
        "",
        "Go to a step",
        "Type the step to read out",
        call="screen.ask_step",
        group=CURVES,
        key_display=":",
    ),
    Action(
        "live",
        "escape",
        "",
        "Back to live",
        "The newest values; again: the whole run and all panels",
        call="screen.live",
        group=CURVES,
        key_display="esc",
    ),
    _curves("zoom_in", "plus,equals_sign", "Zoom in", "zoom(1)", _ZOOM, sign="+"),
    _curves("zoom_out", "minus", "Zoom out", "zoom(-1)", _ZOOM, sign="-"),
    _curves("pan_left", "left_square_bracket", "Pan to earlier steps", "pan(-1)", _PAN, sign="["),
    _curves("pan_right", "right_square_bracket", "Pan to later steps", "pan(1)", _PAN, sign="]"),
    Action(
        "span", "f", "span", "Full or recent", "The whole run, or its newest steps", call="screen.span", group=CURVES
    ),
    _turn("beta_scale", "less_than_sign", "<>", -1, _BETA, "beta"),
    _turn("beta_scale", "greater_than_sign", ">", 1, _BETA),
    Action("rewind", "r", "", "Rewind", "Go back to the checkpoint before this step, and pause there", group=TRAINING),
    Action(
        "digits",
        "x",
        "digits",
        "Next view of the digits",
        "Samples, samples beside real digits, reconstructions",
        call="screen.digits",
        group=DIGITS,
    ),
    Action("latent_map", "p", "map", "Latent map", "Where the encoder puts the validation images", group=VIEWS),
    Action("run_view", "i", "run", "Run view", "Configuration, model table, gradient chain, environment", group=VIEWS),
    Action("log", "slash", "log", "Log", "Everything that happened, with search", group=VIEWS, key_display="/"),
    Action(
        "metric",
        "m",
        "metric",
        "Next metric",
        "Loss, reconstruction, KL, gradient norm, all of them",
        call="screen.metric",
        group=CURVES,
    ),
    Action(
        "scale",
        "l",
        "",
        "Logarithmic scale",
        "Switch the curve between linear and logarithmic",
        call="screen.scale",
        group=CURVES,
    ),
    Action("params", "e", "", "EMA or raw parameters", "Sample with the averaged or the raw ones", group=DIGITS),
    Action(
        "style",
        "v",
        "",
        "Next picture style",
        "Draw the digits in another way",
        call="screen.style",
        group=DIGITS,
    ),
    Action(
        "maximize",
        "z,enter",
        "",
        "Maximize a panel",
        "The one with the focus, else the curves; again: all panels",
        call="screen.maximize",
        group=VIEWS,
        key_display="z",
    ),
    Action("focus_next", "tab", "", "Next panel", _FOCUS.tooltip, call="app.focus_next", family=_FOCUS, group=VIEWS),
    Action(
        "interrupt",
        "ctrl+c",
        "",
        "Leave at once",
        "Ask first; a second ctrl+c leaves without a checkpoint",
        group=APP,
        key_display="ctrl+c",
        priority=True,
    ),
    Action(
        "suspend_process",
        "ctrl+z",
        "",
        "Back to the shell",
        "fg brings the screen back; until then, a run of this terminal waits",
        group=APP,
        key_display="ctrl+z",
        priority=True,
    ),
)
"""All actions, in the footer's order: a narrow terminal cuts off the last ones."""

COMMANDS: dict[str, Command] = {action.id: action.command for action in ACTIONS if action.command}
"""The commands of the actions that only send a command, by the action's id."""
