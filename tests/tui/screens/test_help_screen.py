"""The help, made from the actions, in what room there is."""

from __future__ import annotations

from typing import get_args

import pytest
from scripted import opening, running
from textual.content import Content
from vae_tui.core.history.marks import MarkKind
from vae_tui.tui.control.actions import ACTIONS, GROUPS, REPLAY, RUNS
from vae_tui.tui.control.possible import possible_actions
from vae_tui.tui.render.chart.timeline import SIGNS
from vae_tui.tui.screens.explanations import EXPLANATIONS, explain
from vae_tui.tui.screens.help_screen import Entry, HelpScreen, help_columns, help_entries
from vae_tui.tui.screens.panel_layout import PanelName
from vae_tui.tui.widgets.block import Block

MANY = [
    Entry(group, key * 3, f"What {key} does {group}", f"How {key} does it, in a few more words")
    for group, keys in (("training", "abcdef"), ("curves", "ghijklm"), ("images", "nopq"), ("app", "rs"))
    for key in keys
]


def lines(columns: list[Content]) -> list[str]:
    return [line for column in columns for line in column.plain.splitlines()]


def test_families_are_one_line_and_nothing_is_left_out():
    listed = help_entries(ACTIONS, unicode=True)
    titles = [entry.title for entry in listed if entry.group in GROUPS]
    assert set(titles) == {action.hint.title for action in ACTIONS}
    assert len(set(titles)) == len(titles)


def test_groups_are_headings_in_their_order():
    shown = [line.strip() for line in lines(help_columns(help_entries(reversed(ACTIONS), unicode=True), 200, 60))]
    groups = [group for group in GROUPS if group not in (RUNS, REPLAY)]
    assert [line for line in shown if line in GROUPS] == groups


@pytest.mark.parametrize("width", [20, 40, 74, 114, 194])
@pytest.mark.parametrize("height", [5, 20, 54])
def test_every_entry_is_there_in_every_room_and_fits_the_width(width: int, height: int):
    columns = help_columns(MANY, width, height)
    shown = [line.strip() for line in lines(columns)]
    for entry in MANY:
        assert sum(line.startswith(f"{entry.keys}  {entry.title}") for line in shown) == 1
    assert all(shown.count(group) == 1 for group in ("training", "curves", "images", "app"))
    if width >= 40:
        assert all(len(line) <= width // len(columns) for line in lines(columns))


@pytest.mark.parametrize("unicode", [True, False])
def test_every_kind_of_mark_is_explained_by_the_symbol_of_the_charts(unicode: bool):
    marks = {entry.keys for entry in help_entries((), unicode)}
    assert marks == {signs[0 if unicode else 1] for signs in SIGNS.values()}
    assert len(marks) == len(get_args(MarkKind))


@pytest.mark.parametrize("width", [20, 40, 74, 114, 194])
def test_every_explanation_is_there_at_every_width(width: int):
    text = " ".join(" ".join(lines(help_columns(MANY, width, 40))).split())
    assert all(f"{entry.title} {entry.tooltip}" in text for entry in MANY)


def test_what_does_not_fit_is_as_low_as_it_can_be():
    assert len(help_columns(MANY, 114, 54)) == 1
    assert len(help_columns(MANY, 114, 5)) == 3


async def test_the_overlay_is_readable_at_every_size_and_closes():
    async with running(*opening(), size=(80, 24)) as (pilot, app, session):
        await pilot.press("question_mark")
        for size in [(80, 24), (120, 40), (200, 60)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert isinstance(app.screen, HelpScreen)
            shown = "\n".join(str(block.render()) for block in app.screen.query(Block))
            for entry in help_entries(possible_actions(app.monitor.situation), unicode=True):
                assert f"{entry.keys}  {entry.title}" in shown
            assert "d  Detach" in shown
        await pilot.press("c")
        assert session.commands == []
        await pilot.press("escape")
        assert app.screen is app.monitor


def test_every_panel_is_explained_within_every_width():
    assert set(EXPLANATIONS) == set(get_args(PanelName))
    for explanation in EXPLANATIONS.values():
        for width in (40, 74, 96):
            shown = explain(explanation, width).plain
            assert max(map(len, shown.splitlines())) <= width
            words = " ".join(shown.split())
            assert all(f"{term} {meaning}" in words for term, meaning in explanation.terms)


async def test_the_focused_panel_is_explained_before_the_keys():
    async with running(*opening(), size=(120, 40)) as (pilot, app, _):
        for tabs, said in ((0, ""), (1, "nats"), (2, "active latents")):
            await pilot.press(*["tab"] * tabs, "question_mark")
            first, *keys = [block.content for block in app.screen.query(Block) if block.display]
            assert isinstance(first, Content)
            assert said in first.plain
            assert ("Pause training" in first.plain) == (tabs == 0)
            assert tabs == 0 or keys
            await pilot.press("escape")
