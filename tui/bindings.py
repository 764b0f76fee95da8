"""Every action of the app, once: the key bindings, the help and the command palette are made from this list."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from ..core.commands import Checkpoint, Command, Sample
from .knobs import KNOB_NAMES, Knob


@dataclass(frozen=True)
class Family:
    """Actions of the same kind, which share a line of the help, and a place in the footer."""

    keys: str
    title: str
    tooltip: str


@dataclass(frozen=True)
class Action:
    """Something that the user can do with one key."""

    id: str
    """Names the binding (for keymaps) and, where there is no command, the app's method `action_<id>`."""

    key: str
    label: str
    """A word for the footer; empty: not in the footer."""

    title: str
    """What it does, as the command palette and the help say it."""

    tooltip: str
    command: Command | None = None
    """The command to send, for an action that is nothing but a command."""

    call: str = ""
    """The app's action with its arguments, where it is not the method that `id` names."""

    family: Family | None = None
    """The actions that are one in the help."""

    key_display: str | None = None
    priority: bool = False

    @property
    def action(self) -> str:
        """The action string that Textual runs."""
        return f"tell('{self.id}')" if self.command else self.call or self.id

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


_CLASSES = Family("0-9", "Sample one class", "Draw new digits of this class")
_RATE = Family(", .", "Learning rate down, up", "A factor on the rest of the schedule")
_BETA = Family("< >", "Beta down, up", "A factor on the weight of the KL term")


def _sample_class(label: int) -> Action:
    return Action(
        f"sample_{label}",
        str(label),
        "class" if label == 0 else "",
        f"Sample class {label}",
        f"Draw new digits of class {label}",
        Sample(label),
        family=_CLASSES,
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
        key_display=sign,
    )


ACTIONS: tuple[Action, ...] = (
    Action("pause", "space", "pause", "Pause or resume", "Stop stepping, or go on"),
    Action("quit", "q", "stop", "Stop and leave", "Write a final checkpoint, then leave"),
    Action("checkpoint", "c", "save", "Checkpoint now", "Save the state of this step", Checkpoint()),
    Action("sample", "s", "sample", "Sample all classes", "Draw new digits of every class", Sample()),
    *(_sample_class(label) for label in range(10)),
    Action("help", "question_mark", "help", "Help", "Show every key", key_display="?"),
    _turn("learning_rate_scale", "comma", ",.", -1, _RATE, "rate"),
    _turn("learning_rate_scale", "full_stop", ".", 1, _RATE),
    _turn("beta_scale", "less_than_sign", "<", -1, _BETA),
    _turn("beta_scale", "greater_than_sign", ">", 1, _BETA),
    Action("rewind", "r", "rewind", "Rewind", "Go back to the checkpoint before this step, and pause there"),
    Action("run_view", "i", "run", "Run view", "Configuration, model table, gradient chain, environment"),
    Action("params", "e", "EMA", "EMA or raw parameters", "Sample with the averaged or the present parameters"),
    Action("style", "v", "style", "Next picture style", "Draw the digits in another way"),
    Action("metric", "m", "metric", "Next metric", "Curve of loss, reconstruction, KL or gradient norm"),
    Action("scale", "l", "log", "Logarithmic scale", "Switch the curve between linear and logarithmic"),
    Action(
        "interrupt",
        "ctrl+c",
        "",
        "Leave at once",
        "Ask first; a second ctrl+c leaves without a checkpoint",
        key_display="ctrl+c",
        priority=True,
    ),
)
"""In the footer's order: a narrow terminal cuts the last ones off."""

COMMANDS: dict[str, Command] = {action.id: action.command for action in ACTIONS if action.command}
"""The commands of the actions that are nothing but a command, by the action's id."""
