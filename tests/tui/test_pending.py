"""Commands on their way, and what answers them."""

from __future__ import annotations

import numpy as np
from vae_tui.core.commands import Generate, Pause
from vae_tui.core.events import Ended, Generated
from vae_tui.tui.pending import Pending


def generated(ticket: int, problem: str = "") -> Generated:
    return Generated(step=1, ticket=ticket, images=np.zeros((0, 28, 28), np.uint8), weights="ema", problem=problem)


def test_digits_are_answered_by_their_own_ticket_or_by_the_end() -> None:
    pending = Pending()
    codes = np.zeros((1, 3), np.float32)
    pending.send(Generate(7, codes, codes))
    pending.send(Pause())
    assert pending.text == "making digits · pausing"
    assert not pending.acknowledge(generated(6))
    assert pending.acknowledge(generated(7, "no such checkpoint"))
    assert Generate not in pending
    assert Pause in pending
    pending.send(Generate(8, codes, codes))
    assert pending.acknowledge(Ended(step=1, reason="stopped"))
    assert Generate not in pending
