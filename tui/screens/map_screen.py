"""The full-screen latent map: move a cursor over the points and decode them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

import numpy as np
from jaxtyping import Float32
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from ...core.protocol import Command, Event, Generated, LatentMap, ModelReady, Rewound, Weights
from ..state import GenerateRequests, source_name
from ..studio.scene import Pictures
from ..widgets.map_panel import MapPanel
from ..widgets.pictures_panel import PicturesPanel
from .base import Dialog

FAST = 5
"""Cells that the cursor moves per key press with shift."""

Explore = Callable[[Float32[np.ndarray, " latents"], int], Awaitable[None]]
"""Explores the decoder from latents of a class, given by its label."""

KEYS = (
    ("arrows", "move"),
    ("tab", "same class"),
    ("e", "raw"),
    ("g", "studio"),
    ("esc", "close"),
)


class LatentMapScreen(Dialog[None]):
    """Explore the latent map."""

    AUTO_FOCUS = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,p,q", "dismiss", "Close"),
        ("left", "move(0,-1)", "Left"),
        ("right", "move(0,1)", "Right"),
        ("up", "move(-1,0)", "Up"),
        ("down", "move(1,0)", "Down"),
        ("shift+left", f"move(0,-{FAST})", "Left, faster"),
        ("shift+right", f"move(0,{FAST})", "Right, faster"),
        ("shift+up", f"move(-{FAST},0)", "Up, faster"),
        ("shift+down", f"move({FAST},0)", "Down, faster"),
        ("tab", "next(1)", "Next point of the class"),
        ("shift+tab", "next(-1)", "Previous point of the class"),
        ("e", "weights", "EMA or raw parameters"),
        ("g", "studio", "Studio from here"),
    ]

    DEFAULT_CSS = """
    LatentMapScreen {
        background: $background;

        MapPanel, PicturesPanel {
            border: round $border-blurred;
            border-title-color: $text-primary;
            border-title-style: bold;
            border-subtitle-color: $foreground-muted;
            padding: 0 1;
        }
        #picked { width: 36%; min-width: 26; max-width: 64; }
        #facts { height: 4; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis; }
        #keys { height: 1; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    def __init__(
        self,
        newest: Callable[[], LatentMap | None],
        class_names: tuple[str, ...],
        send: Callable[[Command], None],
        explore: Explore,
    ) -> None:
        """Make the screen.

        Args:
            newest: Returns the newest map, or None.
            class_names: The names of the classes, by label.
            send: Sends a command to the trainer.
            explore: Opens the studio above this screen.
        """
        super().__init__()
        self._newest = newest
        self._names = class_names
        self._requests = GenerateRequests(send)
        self._explore = explore
        self._weights: Weights = "ema"
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Compose the map and, beside it, the picked point."""
        with Horizontal():
            yield MapPanel()
            with Vertical(id="picked"):
                yield PicturesPanel(id="image", classes="")
                yield Static(id="facts")
        keys = (Content.assemble((key, "bold $text-primary"), f" {what}") for key, what in KEYS)
        yield Static(Content("  ").join(keys), id="keys")

    def on_mount(self) -> None:
        """Show the newest map, if any."""
        self.query_one(PicturesPanel).border_title = "decoded"
        self._show(self._newest())

    def handle_event(self, event: Event) -> None:
        """Show a new map, or the image that this screen requested."""
        match event:
            case LatentMap():
                self._show(event)
            case Rewound() | ModelReady():
                self._show(self._newest())
            case Generated() if self._requests.handle_answer(event):
                self._problem = event.problem
                if not event.problem:
                    self.query_one(PicturesPanel).show(Pictures(event.images))
                self._describe()

    def on_map_panel_pointed(self) -> None:
        """Decode the picked point."""
        if self.is_on_stack:
            self._decode()

    def action_move(self, down: int, across: int) -> None:
        """Move the cursor by cells, down and to the right."""
        self.query_one(MapPanel).move(down, across)

    def action_next(self, direction: int) -> None:
        """Pick the class's next point to the right (1) or left (-1).

        After the last point comes the first.
        """
        panel = self.query_one(MapPanel)
        if panel.picked is None or panel.event is None:
            panel.move(0, 0)
            return
        labels, points = panel.event.labels, panel.event.points
        same = np.flatnonzero(labels == labels[panel.picked])
        same = same[np.argsort(points[same, 0], kind="stable")]
        at = int(np.flatnonzero(same == panel.picked)[0])
        panel.pick(int(same[(at + direction) % len(same)]))

    def action_weights(self) -> None:
        """Switch between EMA and raw parameters, and decode again."""
        self._weights = "raw" if self._weights == "ema" else "ema"
        self._decode()

    async def action_studio(self) -> None:
        """Open the picked point in the studio."""
        panel = self.query_one(MapPanel)
        if panel.event is not None and panel.picked is not None:
            await self._explore(panel.event.latents[panel.picked], int(panel.event.labels[panel.picked]))

    def _show(self, newest: LatentMap | None) -> None:
        """Show a map; a rewind may have dropped it, and with it the decoded image."""
        self.query_one(MapPanel).show(newest, self._names)
        if newest is None:
            self.query_one(PicturesPanel).show(Pictures())
        self._decode()

    def _decode(self) -> None:
        """Request the image of the picked point."""
        panel = self.query_one(MapPanel)
        if panel.event is not None and panel.picked is not None:
            label = int(panel.event.labels[panel.picked])
            one_hot = np.zeros((1, max(len(self._names), label + 1)), np.float32)
            one_hot[0, label] = 1
            self._requests.ask(panel.event.latents[panel.picked][None], one_hot, self._weights, "latents")
        self._describe()

    def _describe(self) -> None:
        """Describe the picked point."""
        panel = self.query_one(MapPanel)
        event, picked = panel.event, panel.picked
        if event is None or picked is None:
            lines = ["arrows or the mouse pick a point" if event else "nothing to pick yet"]
        else:
            label = int(event.labels[picked])
            name = self._names[label] if label < len(self._names) else str(label)
            x, y = event.points[picked]
            lines = [f"class {name}", f"PC 1 {x:.2f}, PC 2 {y:.2f}", f"{source_name(self._weights)} parameters"]
            if self._problem:
                lines.append(self._problem)
        self.query_one("#facts", Static).update(Content("\n".join(lines)))
