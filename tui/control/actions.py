"""List the app's actions, for key bindings, footer, help and command palette."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from ...core.protocol import Checkpoint, Command, Sample
from ..state import KNOB_NAMES, Knob


@dataclass(frozen=True)
class KeyHint:
    """What footer and help say about an action, or about a family of actions."""

    keys: tuple[str, ...]
    """Textual's names of the keys."""

    label: str
    """One or two words for the footer."""

    title: str
    tooltip: str


@dataclass(frozen=True)
class Action:
    """A thing that the user can do with one key."""

    id: str
    """The name of the binding (for keymaps) and, without `command` and `call`, of the method `action_<id>`."""

    key: str
    label: str
    """The word in the footer; empty for the members of a family, which has its own."""

    title: str
    """The title in the command palette and the help."""

    tooltip: str
    command: Command | None = None
    """The command to send, for an action that only sends a command."""

    call: str = ""
    """The app's action with its arguments, if it is not the method that `id` names."""

    family: KeyHint | None = None
    """What stands for the action in footer and help, together with related actions."""

    group: str = ""
    """The heading of the help that the action is listed under."""

    priority: bool = False

    @property
    def action(self) -> str:
        """The action string that Textual runs."""
        return f"send('{self.id}')" if self.command else self.call or self.id

    @property
    def hint(self) -> KeyHint:
        """What stands for the action in footer and help."""
        return self.family or KeyHint((self.key.split(",")[0],), self.label, self.title, self.tooltip)

    @property
    def binding(self) -> Binding:
        """The action as a key binding."""
        return Binding(
            self.key, self.action, self.title, show=False, priority=self.priority, tooltip=self.tooltip, id=self.id
        )


RUNS, TRAINING, REPLAY, CURVES, IMAGES, VIEWS, APP = GROUPS = (
    *("runs", "training", "replay", "curves", "images", "views", "app"),
)
"""The groups of the help, in its order."""

_CLASSES = KeyHint(("0-9",), "class", "Sample one class", "Draw samples of this class")
_PAGE = KeyHint(("pageup", "pagedown"), "page", "Previous, next classes", "For more classes than the panel can show")
_RATE = KeyHint(("comma", "full_stop"), "rate", "Learning rate down, up", "Turn a factor on the rest of the schedule")
_BETA = KeyHint(
    ("less_than_sign", "greater_than_sign"), "beta", "Beta down, up", "Turn a factor on the weight of the KL term"
)
_CURSOR = KeyHint(("left", "right"), "cursor", "Step cursor", "Read out a step's metrics and images; shift: faster")
_ENDS = KeyHint(("home", "end"), "ends", "To the ends", "The first step, the newest one")
_ZOOM = KeyHint(("plus", "minus"), "zoom", "Zoom", "Fewer or more steps around the cursor")
_PAN = KeyHint(
    ("left_square_bracket", "right_square_bracket"), "pan", "Pan", "Show earlier or later steps; ( ) do the same"
)

FAST = 10
"""Columns that the cursor moves with shift."""


def _sample_class(label: int) -> Action:
    title, tooltip = f"Sample class {label}", f"Draw new samples of class {label}"
    return Action(f"sample_{label}", str(label), "", title, tooltip, Sample(label), family=_CLASSES, group=IMAGES)


def _turn(knob: Knob, key: str, direction: int, family: KeyHint) -> Action:
    name = KNOB_NAMES[knob]
    word, way, change = ("Raise", "up", "double") if direction > 0 else ("Lower", "down", "halve")
    title = f"{word} the {name}" if knob == "learning_rate_scale" else f"{word} {name}"
    tooltip = f"{family.tooltip}, one step {way}; three steps {change} it"
    id, call = f"{name.replace(' ', '_')}_{way}", f"turn('{knob}', {direction})"
    return Action(id, key, "", title, tooltip, call=call, family=family, group=TRAINING)


def _curves(id: str, key: str, title: str, call: str, family: KeyHint) -> Action:
    return Action(id, key, "", title, family.tooltip, call=f"screen.{call}", family=family, group=CURVES)


def _screen(id: str, key: str, label: str, title: str, tooltip: str, group: str, call: str = "") -> Action:
    return Action(id, key, label, title, tooltip, call=f"screen.{call or id}", group=group)


ACTIONS: tuple[Action, ...] = (
    _screen("live", "escape", "live", "Back to live", "Remove the cursor and show the newest values", CURVES),
    Action("pause", "space", "pause", "Pause training", "Wait until you resume", group=TRAINING),
    Action("quit", "q", "stop", "Stop and leave", "Ask, then write a final checkpoint and leave", group=APP),
    Action("detach", "d", "detach", "Detach", "Leave; training goes on", group=APP),
    Action("help", "question_mark", "help", "Help", "The focused panel, then every key", group=VIEWS),
    Action("checkpoint", "c", "save", "Checkpoint now", "Save the state of this step", Checkpoint(), group=TRAINING),
    Action("sample", "s", "sample", "Sample all classes", "Draw new samples of every class", Sample(), group=IMAGES),
    *(_sample_class(label) for label in range(10)),
    Action("sample_class", "apostrophe", "any class", "Sample any class", "Type its number or its name", group=IMAGES),
    *(
        Action(id, key, "", title, _PAGE.tooltip, call=f"screen.page({by})", family=_PAGE, group=IMAGES)
        for id, key, title, by in (
            ("page_up", "pageup", "Previous classes", -1),
            ("page_down", "pagedown", "Next classes", 1),
        )
    ),
    Action("studio", "g", "studio", "Sampling studio", "Explore the images that the model can draw", group=VIEWS),
    _turn("learning_rate_scale", "comma", -1, _RATE),
    _turn("learning_rate_scale", "full_stop", 1, _RATE),
    _curves("cursor_left", "left", "Cursor left", "cursor(-1)", _CURSOR),
    _curves("cursor_right", "right", "Cursor right", "cursor(1)", _CURSOR),
    _curves("cursor_left_fast", "shift+left", "Cursor left, faster", f"cursor(-{FAST})", _CURSOR),
    _curves("cursor_right_fast", "shift+right", "Cursor right, faster", f"cursor({FAST})", _CURSOR),
    _turn("beta_scale", "less_than_sign", -1, _BETA),
    _turn("beta_scale", "greater_than_sign", 1, _BETA),
    Action("rewind", "r", "rewind", "Rewind", "Ask, then go back to the checkpoint before this step", group=TRAINING),
    _screen("images", "x", "images", "Next view of the images", "Samples, beside real images, reconstructions", IMAGES),
    Action("latent_map", "p", "map", "Latent map", "Where the encoder puts the validation images", group=VIEWS),
    Action("run_view", "i", "run", "Run view", "Configuration, model table, gradient chain, environment", group=VIEWS),
    Action("log", "slash", "log", "Log", "Everything that happened, with search", group=VIEWS),
    _screen("metric", "m", "metric", "Next metric", "Loss, reconstruction, KL, gradient norm, all of them", CURVES),
    _screen(
        "maximize", "z,enter", "maximize", "Maximize a panel", "Show the focused panel, else the curves, alone", VIEWS
    ),
    _screen("span", "f", "span", "Full or recent", "Show the whole run, or its newest steps", CURVES),
    Action("params", "e", "raw", "Sample with the raw parameters", "Instead of the averaged (EMA) ones", group=IMAGES),
    _screen("style", "v", "style", "Next picture style", "Draw the images in another way", IMAGES),
    _screen("scale", "l", "scale", "Logarithmic scale", "Switch the curves between linear and logarithmic", CURVES),
    _screen("overlay", "o", "overlay", "Overlay an earlier run", "Its curve behind this one; again removes it", CURVES),
    _curves("zoom_in", "plus,equals_sign", "Zoom in", "zoom(1)", _ZOOM),
    _curves("zoom_out", "minus", "Zoom out", "zoom(-1)", _ZOOM),
    _curves("pan_left", "left_square_bracket,left_parenthesis", "Pan to earlier steps", "pan(-1)", _PAN),
    _curves("pan_right", "right_square_bracket,right_parenthesis", "Pan to later steps", "pan(1)", _PAN),
    _screen("step", "colon", "step", "Go to a step", "Type the step to read out", CURVES, "ask_step"),
    _curves("cursor_home", "home", "Cursor to the first step", "cursor_end(-1)", _ENDS),
    _curves("cursor_end", "end", "Cursor to the newest step", "cursor_end(1)", _ENDS),
    Action("copy", "y", "copy", "Copy", "The selected text, or a path or command", group=APP),
    Action(
        "focus_next",
        "tab",
        "panel",
        "Next panel",
        "Move the focus; shift: back",
        call="app.focus_next",
        group=VIEWS,
    ),
    Action(
        "suspend_process",
        "ctrl+z",
        "shell",
        "Back to the shell",
        "fg brings the screen back; until then, training waits",
        group=APP,
        priority=True,
    ),
    Action(
        "interrupt",
        "ctrl+c",
        "leave at once",
        "Leave at once",
        "Ask first; a second ctrl+c leaves without a checkpoint",
        group=APP,
        priority=True,
    ),
)
"""All actions, the most important first: a narrow footer leaves out the last ones."""

COMMANDS: dict[str, Command] = {action.id: action.command for action in ACTIONS if action.command}
"""The commands of the actions that only send a command, by the action's id."""
