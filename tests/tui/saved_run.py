"""A run that was really trained, and sessions that replay it."""

from __future__ import annotations

import queue
from collections.abc import Callable

import numpy as np
from vae_tui.core.config import Config, DataConfig, ModelConfig, OptimConfig, RunConfig, TrainConfig
from vae_tui.core.protocol.commands import Command, Generate
from vae_tui.core.protocol.events import Ended, Event, Failed, Generated
from vae_tui.tui.session.replay.replay_commands import ReplayCommand
from vae_tui.tui.session.replay.replay_events import ReplayEvent
from vae_tui.tui.session.replay.replay_session import ReplaySession

CONFIG = Config(
    data=DataConfig(name="mnist5k", dir="no/such/folder"),
    model=ModelConfig(hidden=(8,), latents=3),
    optim=OptimConfig(warmup_steps=1),
    train=TrainConfig(steps=10, batch_size=1500, ema_decay=0.5),  # 3 steps an epoch
    run=RunConfig(samples_per_class=2, sample_steps=3),
)

STEPS = (3, 6, 9, 10)
"""The steps of the checkpoints."""

Matches = type[Event] | Callable[[Event], bool]


class Replayed:
    """A session on a saved run; what it says is waited for. Of what it says of itself this is the change it means."""

    def __init__(self, session: ReplaySession) -> None:
        self.session = session
        self._events: queue.Queue[Event] = queue.Queue()
        session.start(self._hear)

    def _hear(self, event: Event) -> None:
        self._events.put(event.change if isinstance(event, ReplayEvent) else event)

    def until(self, matches: Matches) -> list[Event]:
        """Everything up to the first event that matches."""
        seen: list[Event] = []
        while True:
            seen.append(self._events.get(timeout=120))
            if isinstance(seen[-1], matches) if isinstance(matches, type) else matches(seen[-1]):
                return seen
            assert not isinstance(seen[-1], Failed | Ended), seen[-1]

    def ask(self, command: Command | ReplayCommand, matches: Matches) -> Event:
        self.session.send(command)
        return self.until(matches)[-1]

    def generated(self, weights: str = "ema") -> Generated:
        """The images that a studio would get now."""
        codes = np.linspace(-1, 1, 6).reshape(2, 3).astype(np.float32)
        question = Generate(7, codes, np.eye(10, dtype=np.float32)[[2, 5]], weights)  # type: ignore[arg-type]
        answer = self.ask(question, Generated)
        assert isinstance(answer, Generated)
        assert (answer.ticket, answer.weights) == (7, weights)
        return answer


Start = Callable[..., Replayed]
