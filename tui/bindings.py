"""Every action of the app, once: the key bindings, the help and the command palette are made from this list."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from ..core.commands import Checkpoint, Command, Sample


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

    key_display: str | None = None
    priority: bool = False

    @property
    def action(self) -> str:
        """The action string that Textual runs."""
        return f"tell('{self.id}')" if self.command else self.id

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


def _sample_class(label: int) -> Action:
    return Action(
        f"sample_{label}",
        str(label),
        "class" if label == 0 else "",
        f"Sample class {label}",
        f"Draw new digits of class {label}",
        Sample(label),
        key_display="0-9" if label == 0 else str(label),
    )


ACTIONS: tuple[Action, ...] = (
    Action("pause", "space", "pause", "Pause or resume", "Stop stepping, or go on"),
    Action("quit", "q", "stop", "Stop and leave", "Write a final checkpoint, then leave"),
    Action("checkpoint", "c", "save", "Checkpoint now", "Save the state of this step", Checkpoint()),
    Action("sample", "s", "sample", "Sample all classes", "Draw new digits of every class", Sample()),
    *(_sample_class(label) for label in range(10)),
    Action("help", "question_mark", "help", "Help", "Show every key", key_display="?"),
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
