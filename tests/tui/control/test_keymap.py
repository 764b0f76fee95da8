"""The user's own keys."""

from __future__ import annotations

import pytest
from vae_tui.core.errors import ConfigError
from vae_tui.tui.control.actions import ACTIONS
from vae_tui.tui.control.compare_actions import COMPARE_ACTIONS
from vae_tui.tui.control.keymap import check_keymap, rebind
from vae_tui.tui.studio.keys import STUDIO_ACTIONS


def test_keys_are_named_or_typed() -> None:
    keymap = check_keymap({"pause": "P, ?", "help": "f1", "log": "ctrl+l"}, ACTIONS)
    assert keymap == {"pause": "P,question_mark", "help": "f1", "log": "ctrl+l"}


def test_actions_can_swap_their_keys() -> None:
    assert check_keymap({"pause": "q", "quit": "space"}, ACTIONS, COMPARE_ACTIONS) == {"pause": "q", "quit": "space"}


@pytest.mark.parametrize(
    ("keymap", "said"),
    [
        ({"pause": "q"}, 'keys.pause is "q", which is the key of quit'),
        ({"pause": "f5", "log": "f5"}, 'is "f5", which is the key of'),
        ({"studio_pin": "w"}, 'keys.studio_pin is "w", which is the key of studio_write'),
        ({"axis": "m"}, 'keys.axis is "m", which is the key of metric'),
        ({"pausing": "q"}, "did you mean pause"),
        ({"sample_3": "q"}, "keys.sample_3 is no action whose key can be changed"),
        ({"pause": "spacebar"}, 'keys.pause has "spacebar", which is no key'),
        ({"pause": "strg+p"}, "no key"),
        ({"pause": ","}, '"comma" names the comma itself'),
    ],
)
def test_a_mistake_is_told_with_the_action(keymap: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_keymap(keymap, ACTIONS, COMPARE_ACTIONS, STUDIO_ACTIONS)


def test_hints_show_the_users_keys_also_those_of_families() -> None:
    bound = {action.id: action for action in rebind(ACTIONS, {"pan_left": "h,f2", "pause": "P"})}
    assert bound["pause"].hint.keys == ("P",)
    assert bound["pan_left"].hint.keys == bound["pan_right"].hint.keys == ("h", "right_square_bracket")
