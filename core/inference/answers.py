"""Answers to those who ask to see what a model has learned. They change nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import UsageError
from ..learning.train_state import Params
from ..model import IMAGE_SHAPE
from ..protocol import Event, Generate, Generated, Notice, ParamsSelected, Sample, Sampled, UseParams, Weights
from .explorer import Explorer
from .sampler import Sampler

Question = Sample | UseParams | Generate
"""The commands that are answered here."""


class Answers:
    """What is shown of one model, in training or saved."""

    def __init__(self, sampler: Sampler, explorer: Explorer, params: Callable[[Weights], Params]) -> None:
        """Nothing is drawn yet.

        Args:
            sampler: Draws the pictures of all classes.
            explorer: Draws what is asked for by codes.
            params: Gives the parameters of this moment. Raises CheckpointError when it has none.
        """
        self._sampler = sampler
        self._explorer = explorer
        self._params = params

    def to(self, question: Question, step: int) -> Iterator[Event]:
        """The events that answer a question, asked at a step. What cannot be answered is said, not raised."""
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
        """A picture of every class, with the parameters that were chosen last."""
        return self._sampler.sample(self._params(self._sampler.source), step, requested=requested, label=label)

    def _generated(self, command: Generate, step: int) -> Generated:
        images, problem = np.zeros((0, *IMAGE_SHAPE), np.uint8), ""
        try:
            self._explorer.check(command)
            images = self._explorer.generate(self._params(command.weights), command)
        except UsageError as error:  # a checkpoint that is not there or cannot be read is one, too
            problem = str(error)
        return Generated(step=step, ticket=command.ticket, images=images, weights=command.weights, problem=problem)
