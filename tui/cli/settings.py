"""`vae-tui settings`: show the user's settings, and where each comes from."""

from __future__ import annotations

import json

from .printing import print_text


def settings(*, keys: bool = False) -> None:
    """Show the settings file's path, and every setting with its value, its source and its help.

    Parameters
    ----------
    keys:
        Show the keys of the actions instead.
    """
    from ..app.screen_options import checked_settings
    from ..settings import load_preferences
    from ..settings.settings import entries
    from .table import print_table

    preferences = load_preferences()
    checked = checked_settings(preferences)
    print_text(f"settings file: {preferences.path}{'' if preferences.path.exists() else ' (not written yet)'}")
    if keys:
        print_table(("key of", "is", "from", "what it does"), _key_rows(checked.keys))
        print_text('to change keys, write lines such as: keys.pause = "P"')
        return
    print_table(
        ("setting", "value", "from", "what it does"),
        [(entry.name, _as_toml(entry.value), preferences.source(entry.name), entry.help) for entry in entries(checked)],
    )
    print_text("to change one, write a line such as: run.temperature = 1.0; `vae-tui settings --keys` lists the keys")


def _key_rows(keymap: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Return the actions whose keys can be changed: name, keys, source and title."""
    from ..control import ACTIONS, changeable
    from ..control.browse_actions import BROWSE_ACTIONS
    from ..control.compare_actions import COMPARE_ACTIONS
    from ..studio.keys import STUDIO_KEYS

    titled = {action.id: (action, action.title) for action in (*BROWSE_ACTIONS, *COMPARE_ACTIONS, *ACTIONS)}
    titled |= {action.id: (action, f"Studio: {key.title}") for key in STUDIO_KEYS for action in key.actions}
    return [
        (
            f"keys.{id}",
            _as_toml(keymap.get(id, action.key)),
            "file" if id in keymap else "default",
            title,
        )
        for id, (action, title) in sorted(titled.items())
        if changeable(action)
    ]


def _as_toml(value: object) -> str:
    """Return a value as the settings file has it; empty for none."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)
