from __future__ import annotations

import numpy as np
import pytest
from scripted import evaluated, metrics
from vae_tui.core.protocol.commands import Command, Generate
from vae_tui.core.protocol.events import Checkpointed, Ended, Event, Generated, Rewound
from vae_tui.tui.studio.exploration import Exploration
from vae_tui.tui.studio.scene import image, rows_to_write
from vae_tui.tui.studio.studio_state import Studio

LATENTS, CLASSES = 5, 3
BEST = Checkpointed(step=9, path="checkpoints/9", best=True)


class Trainer:
    """Answers what it was asked with images whose pixels are the code's number."""

    def __init__(self) -> None:
        self.asked: list[Generate] = []
        self.exploration = Exploration(self.take, Studio.begin(LATENTS, CLASSES))
        self.exploration.make_room((3, 5), 7)

    def take(self, command: Command) -> None:
        assert isinstance(command, Generate)
        self.asked.append(command)

    def answer(self, *, step: int = 0, problem: str = "") -> bool:
        command = self.asked[-1]
        numbers = np.arange(0 if problem else len(command.codes), dtype=np.uint8)
        images = np.repeat(numbers, 28 * 28).reshape(-1, 28, 28)
        event = Generated(step=step, ticket=command.ticket, images=images, weights=command.weights, problem=problem)
        return self.exploration.handle_event(event)


@pytest.fixture
def trainer() -> Trainer:
    return Trainer()


def seen(trainer: Trainer) -> int:
    """The number of the code whose image is in the middle."""
    return int(image(trainer.exploration).images[0, 0, 0])


def test_the_image_in_the_middle_is_the_one_of_the_state(trainer: Trainer) -> None:
    assert trainer.answer()
    assert seen(trainer) == 7
    np.testing.assert_array_equal(trainer.asked[0].codes[7], trainer.exploration.studio.point.sent)


def test_the_image_of_a_step_is_seen_before_its_answer(trainer: Trainer) -> None:
    trainer.answer()
    trainer.exploration.change(trainer.exploration.studio.walk(1, 1))
    assert seen(trainer) == 3
    assert trainer.answer()
    assert seen(trainer) == 7


def test_what_is_pinned_is_what_is_seen(trainer: Trainer) -> None:
    trainer.exploration.pin()
    assert trainer.exploration.studio.pins == ()
    trainer.answer(step=40)
    there = trainer.exploration.studio.walk(-2, 0)
    trainer.exploration.change(there)
    trainer.exploration.pin()
    trainer.exploration.change(trainer.exploration.studio.choose(2).next_weights())
    trainer.exploration.pin()
    first, second = trainer.exploration.studio.pins
    np.testing.assert_array_equal(first.point.code, there.point.code)
    assert first.image[0, 0] == 5
    assert (first.weights, first.step) == ("ema", 40)
    assert second.point.classes.argmax() == 0, "the other class has not been seen yet"
    trainer.exploration.unpin()
    assert trainer.exploration.studio.pins == (first,)


def test_a_problem_is_said_and_the_picture_stays(trainer: Trainer) -> None:
    trainer.answer()
    trainer.exploration.change(trainer.exploration.studio.next_weights().next_weights())
    assert trainer.answer(problem="there is no best checkpoint yet")
    assert trainer.exploration.message == "there is no best checkpoint yet"
    assert seen(trainer) == 7
    trainer.exploration.change(trainer.exploration.studio.next_weights())
    assert trainer.exploration.message == ""


def test_an_answer_to_another_asker_is_not_taken(trainer: Trainer) -> None:
    images = np.zeros((1, 28, 28), np.uint8)
    assert not trainer.exploration.handle_event(Generated(step=0, ticket=-1, images=images, weights="ema"))
    assert trainer.exploration.shot is None


@pytest.mark.parametrize(
    ("weights", "event", "follows"),
    [
        ("ema", metrics(1, 35), True),
        ("raw", metrics(1, 35), True),
        ("best", metrics(1, 35), False),
        ("best", BEST, True),
        ("ema", BEST, False),
        ("ema", evaluated(35), True),
        ("ema", Rewound(step=0, from_step=35), True),
        ("best", Rewound(step=0, from_step=35), True),
    ],
)
def test_the_images_follow_their_parameters(trainer: Trainer, weights: str, event: Event, follows: bool) -> None:
    while trainer.exploration.studio.weights != weights:
        trainer.answer()
        trainer.exploration.change(trainer.exploration.studio.next_weights())
    trainer.answer()
    asked = len(trainer.asked)
    trainer.exploration.handle_event(event)
    assert len(trainer.asked) == asked, "not at every event"
    trainer.exploration.follow()
    assert len(trainer.asked) == asked + follows
    trainer.exploration.follow()
    assert len(trainer.asked) == asked + follows, "once is enough"


def test_a_rewind_removes_the_images_of_later_steps(trainer: Trainer) -> None:
    trainer.answer()
    shot = trainer.exploration.shot
    assert shot is not None
    trainer.exploration.handle_event(Rewound(step=shot.step, from_step=35))
    assert trainer.exploration.shot is shot
    assert trainer.exploration.handle_event(Rewound(step=shot.step - 1, from_step=35)), "the screen is painted"
    assert trainer.exploration.shot is None


def test_nothing_follows_while_an_answer_is_on_its_way(trainer: Trainer) -> None:
    trainer.exploration.handle_event(metrics(1, 35))
    trainer.exploration.follow()
    trainer.answer()
    assert len(trainer.asked) == 1
    trainer.exploration.follow()
    assert len(trainer.asked) == 2


def test_nothing_is_asked_of_a_closed_run(trainer: Trainer) -> None:
    trainer.answer()
    assert trainer.exploration.handle_event(Ended(step=0, reason="finished"))
    trainer.exploration.change(trainer.exploration.studio.walk(1, 0))
    assert len(trainer.asked) == 1


def test_what_is_written_is_what_is_shown(trainer: Trainer) -> None:
    assert rows_to_write(trainer.exploration) == []
    trainer.answer()
    trainer.exploration.pin()
    trainer.exploration.change(trainer.exploration.studio.toggle_traverse())
    trainer.answer()
    middle, strip, pins = rows_to_write(trainer.exploration)
    assert [row[0, 0, 0] for row in (middle, strip, pins)] == [7, 15, 7]
    assert (len(middle), len(strip), len(pins)) == (1, 7, 1)
