"""The sampling studio: explore the decoder with the keyboard, during training or afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from ...core.protocol import Command, Event
from ...core.text import count
from ..state import shorten
from ..studio import scene
from ..studio.exploration import Exploration
from ..studio.keys import BINDINGS, key_lines, studio_keys
from ..studio.layout import Arrangement, arrange_studio
from ..studio.picture_file import sheet, write_picture
from ..studio.strips import along
from ..studio.studio_state import Studio
from ..studio.words import facts, more_facts, plane_title, step_text, strip_title
from ..widgets.pictures_panel import PicturesPanel
from ..widgets.real_pixels import PixelSheet
from .base import Dialog
from .class_screen import ClassScreen
from .studio_help import StudioHelp

FOLLOW_SECONDS = 1.0
"""Seconds between two polls for changed parameters."""


class StudioScreen(Dialog[Studio]):
    """Show an image, its neighborhood, a strip, and pinned images.

    The screen closes with its state, to open it there again.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    DEFAULT_CSS = """
    StudioScreen {
        background: $background;
        overflow: hidden hidden;

        Horizontal { height: auto; }
        .part {
            border: none;
            border-top: solid $border-blurred;
            border-title-color: $text-primary;
            border-title-style: bold;
            border-subtitle-color: $foreground-muted;
            padding: 0 1 0 0;
        }
        #facts { padding: 0 1; }
        #line, #message, #keys { text-wrap: nowrap; text-overflow: ellipsis; padding: 0 1; height: 1; }
        #foot { dock: bottom; height: auto; }

        &.-framed .part { border: round $border-blurred; padding: 0 1; }
    }
    """

    def __init__(
        self,
        send: Callable[[Command], None],
        *,
        studio: Studio,
        class_names: tuple[str, ...],
        run_path: Path | None,
        pixels: bool = False,
        keymap: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Make the screen.

        Args:
            send: Sends a command to the trainer.
            studio: The state to begin with.
            class_names: The names of the classes, by label.
            run_path: The run's directory, for PNG files; None: this screen may not write to it.
            pixels: Show the image in real pixels; `why_no_pixels` must have returned an empty string.
            keymap: The user's own keys, by the action's id; the app has set them.
        """
        super().__init__()
        self._exploration = Exploration(send, studio)
        self._pixels = pixels
        self._keys = studio_keys(keymap)
        self._names = class_names
        self._run_path = run_path
        self._arrangement = arrange_studio(80, 24)
        self._aspect = 1.0
        """Width per height of the images; square until the first one has come."""

    def compose(self) -> ComposeResult:
        """Compose the image and its neighborhood, the strip, the pins, and the keys."""
        yield Static(id="line")
        with Horizontal():
            if self._pixels:
                yield PixelSheet(id="image", classes="part")
            else:
                yield PicturesPanel(id="image", classes="part")
            yield PicturesPanel(id="around", classes="part")
            yield Static(id="facts", classes="part")
        yield PicturesPanel(id="strip", classes="part")
        yield PicturesPanel(id="pins", classes="part")
        with Vertical(id="foot"):
            yield Static(id="message")
            yield Static(id="keys")

    def on_mount(self) -> None:
        """Start polling for changed parameters."""
        self.set_interval(FOLLOW_SECONDS, self._exploration.follow)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out the parts again."""
        self._arrange(event.size.width, event.size.height)

    def _arrange(self, width: int, height: int) -> None:
        """Lay out the parts, and request as many images as fit."""
        self._arrangement = arrange_studio(width, height, self._aspect)
        self._lay_out(self._arrangement)
        self._exploration.make_room(self._arrangement.around, self._arrangement.strip)
        self._paint()

    def handle_event(self, event: Event) -> None:
        """Handle an event from the trainer."""
        if not self._exploration.handle_event(event):
            return
        shot = self._exploration.shot
        if shot is not None and shot.aspect != self._aspect:
            self._aspect = shot.aspect
            self._arrange(*self.size)
        self._paint()

    # -- painting

    def _lay_out(self, to: Arrangement) -> None:
        self.set_class(to.framed, "-framed")
        height, width = to.middle
        self.query_one("#image").styles.width = width
        self.query_one("#facts").styles.width = to.facts
        for part in ("#image", "#around", "#facts"):
            self.query_one(part).styles.height = height
        for shelf in ("#strip", "#pins"):
            self.query_one(shelf).styles.height = to.shelf
        self.query_one("#facts").display = bool(to.facts)
        self.query_one("#line").display = not to.facts
        self.query_one("#keys").styles.height = to.keys

    def _paint(self) -> None:
        """Show the state of the exploration.

        Texts and coordinates are always current; images follow when they arrive.
        """
        with self.app.batch_update():
            self._paint_words()
            self._paint_titles()
            self._paint_pictures()

    def _paint_words(self) -> None:
        exploration, width = self._exploration, self.size.width - 2
        known = facts(exploration.studio, self._names, exploration.shot, exploration.seconds)
        more = more_facts(exploration.studio, self._names)
        entries = [Content.assemble((f"{label} ", "$foreground-muted"), value) for label, value in known]
        table = [Content.assemble((f"{label:<12}", "$foreground-muted"), value) for label, value in (*known, *more)]
        lines = [
            Content("  ").join(
                Content.assemble((key.keys, "bold $text-primary"), (f" {key.label}", "$foreground-muted"))
                for key in line
            )
            for line in key_lines(self._keys, width, self._arrangement.keys)
        ]
        for part, content in (
            ("#line", Content(" · ").join(entries)),
            ("#facts", Content("\n").join(table)),
            ("#message", Content(shorten(exploration.message, width))),
            ("#keys", Content("\n").join(lines)),
        ):
            shown = self.query_one(part, Static)
            if not (isinstance(shown.content, Content) and content.is_same(shown.content)):
                shown.update(content, layout=False)

    def _paint_titles(self) -> None:
        studio = self._exploration.studio
        pins = count(len(studio.pins))
        for part, title, subtitle in (
            ("#image", "image", ""),
            ("#facts", "studio", ""),
            ("#around", plane_title(studio), step_text(studio)),
            ("#strip", strip_title(studio), "" if studio.strip == "none" else "< > go along it"),
            ("#pins", f"pins · {pins}" if studio.pins else "pins", ""),
        ):
            widget = self.query_one(part)
            if (widget.border_title, widget.border_subtitle) != (title, subtitle):  # assigning them redraws it
                widget.border_title, widget.border_subtitle = title, subtitle

    def _paint_pictures(self) -> None:
        exploration, shelves = self._exploration, self._arrangement.shelves
        wants_strip = exploration.studio.strip != "none" or not exploration.studio.pins
        if not self._pixels:
            self.query_one("#image", PicturesPanel).show(scene.image(exploration))
        elif exploration.shot is not None:
            self.query_one("#image", PixelSheet).show(scene.image(exploration).images[0])
        for part, is_shown, pictures in (
            ("#around", True, scene.around(exploration)),
            ("#strip", shelves == 2 or (shelves == 1 and wants_strip), scene.strip(exploration)),
            (
                "#pins",
                shelves == 2 or (shelves == 1 and not wants_strip),
                scene.pins(exploration, self._names, self._arrangement.strip, self._arrangement.small_width),
            ),
        ):
            panel = self.query_one(part, PicturesPanel)
            panel.display = is_shown
            panel.show(pictures)

    # -- actions

    def _change(self, studio: Studio) -> None:
        self._exploration.change(studio)
        self._paint()

    def _show_message(self, text: str) -> None:
        self._exploration.message = text
        self._paint()

    def action_change(self, operation: str, arguments: tuple[int, ...] = ()) -> None:
        """Apply an operation of `Studio` that is always possible."""
        self._change(getattr(self._exploration.studio, operation)(*arguments))

    def action_choose(self, label: int) -> None:
        """Select a class by its label."""
        if label < len(self._names):
            self._change(self._exploration.studio.choose(label))
        else:
            self._show_message(f"There is no class {label}. The classes are 0 to {len(self._names) - 1}.")

    async def action_choose_any(self) -> None:
        """Ask for a class, and select it."""

        def chosen(label: int | None) -> None:
            if label is not None:
                self._change(self._exploration.studio.choose(label))

        await self.app.push_screen(ClassScreen(self._names), chosen)

    def action_heat(self, by: int) -> None:
        """Raise or lower the temperature by steps."""
        if self._exploration.studio.anchor.space == "latents":
            self._show_message("Temperature applies to noise, not to latents. Press s to draw noise.")
        else:
            self._change(self._exploration.studio.heat(by))

    def action_along(self, by: int) -> None:
        """Go to the previous or next image of the strip."""
        self._change(along(self._exploration.studio, self._arrangement.strip, by))

    def action_pin(self) -> None:
        """Pin the image that is shown."""
        self._exploration.pin()
        if self._arrangement.shelves == 1 and self._exploration.studio.strip != "none":
            self._exploration.message = "Pinned; t puts the strip away and shows the pins."
        self._paint()

    def action_unpin(self) -> None:
        """Remove the last pin."""
        self._exploration.unpin()
        self._paint()

    async def action_write(self) -> None:
        """Write the shown images to a PNG file, and report its path."""
        shot = self._exploration.shot
        if self._run_path is None:
            self._show_message("This screen is read-only. To write pictures, attach without --readonly.")
            return
        if shot is None:
            self._show_message("There is no image to write yet. Wait for the model, then press w again.")
            return
        picture = sheet(scene.rows_to_write(self._exploration))
        try:
            path = await asyncio.to_thread(write_picture, self._run_path, shot.step, picture)
        except OSError as error:
            self._show_message(f"The picture cannot be written: {error.strerror or error}. Press w to try again.")
        else:
            self._show_message(f"Wrote {path}")

    def action_close(self) -> None:
        """Close with the state."""
        self.dismiss(self._exploration.studio)

    async def action_help(self) -> None:
        """Show every key."""
        await self.app.push_screen(StudioHelp(self._keys))
