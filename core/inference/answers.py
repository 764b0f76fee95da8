"""Answer the commands that show what a model has learned, without changing the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import UsageError
from ..learning.train_state import Params
from ..protocol import (
    Event,
    Generate,
    Generated,
    Notice,
    ParamsSelected,
    Question,
    Sample,
    Sampled,
    UseParams,
    Weights,
)
from .explorer import Explorer
from .sampler import Sampler


class Answers:
    """Answer commands about one model, in training or saved."""

    def __init__(self, sampler: Sampler, explorer: Explorer, params: Callable[[Weights], Params]) -> None:
        """Store the parts; nothing is computed yet.

        Args:
            sampler: Draws samples of all classes.
            explorer: Generates images from codes.
            params: Returns the current parameters; raises CheckpointError when they are not available.
        """
        self._sampler = sampler
        self._explorer = explorer
        self._params = params

    def to(self, question: Question, step: int) -> Iterator[Event]:
        """Yield the events that answer a command.

        When the command cannot be carried out, an event reports that in place of an exception.

        Args:
            question: The command.
            step: The step of the current parameters.
        """
        match question:
            case Generate():
                yield self._generated(question, step)
            case Sample(label=label) if label is not None and label >= self._sampler.classes:
                yield Notice(step=step, level="warning", text=f"this data set has no class {label}")
            case Sample(label=label):
                self._sampler.renew(label)
                yield self.sample(step, requested=True, label=label)
            case UseParams(source=source):
                self._sampler.source = source
                yield ParamsSelected(step=step, source=source)
                yield self.sample(step, requested=True)

    def sample(self, step: int, *, requested: bool = False, label: int | None = None) -> Sampled:
        """Draw samples of every class, with the parameters selected by the last `UseParams`.

        Args:
            step: The step of the current parameters.
            requested: Whether a command requested the samples.
            label: The class that the command requested (None: all classes).

        Raises:
            CheckpointError: when the parameters are not available.
        """
        return self._sampler.sample(self._params(self._sampler.source), step, requested=requested, label=label)

    def _generated(self, command: Generate, step: int) -> Generated:
        images, problem = np.zeros((0, *self._explorer.image_shape), np.uint8), ""
        try:
            self._explorer.check(command)
            images = self._explorer.generate(self._params(command.weights), command)
        except UsageError as error:  # includes CheckpointError: the checkpoint is missing or cannot be read
            problem = str(error)
        return Generated(step=step, ticket=command.ticket, images=images, weights=command.weights, problem=problem)
