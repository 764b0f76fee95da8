"""The symbols of the keys are unambiguous in Unicode and in ASCII."""

from __future__ import annotations

import pytest
from textual.keys import _character_to_key
from vae_tui.tui.control.actions import ACTIONS
from vae_tui.tui.control.key_symbols import key_symbols
from vae_tui.tui.control.possible import Situation, possible_actions
from vae_tui.tui.render.ascii import to_ascii
from vae_tui.tui.session.session import RECORDING

KEYS = {
    key
    for actions in (ACTIONS, possible_actions(Situation(RECORDING)))
    for action in actions
    for key in (*action.key.split(","), *action.hint.keys)
}


@pytest.mark.parametrize("unicode", [True, False])
def test_no_key_is_shown_as_another_one(unicode: bool):
    shown = {key: key_symbols([key], unicode) for key in KEYS}
    if not unicode:
        assert all(to_ascii(symbol) == symbol for symbol in shown.values()), "the ASCII filter must not change it"
    assert len(set(shown.values())) == len(KEYS)
    for key, symbol in shown.items():
        if len(symbol) == 1 and symbol.isascii():
            assert _character_to_key(symbol) == key
