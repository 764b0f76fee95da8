"""Looking into a model in training: what is shown of it, and that nothing of it changes the training."""

import itertools
import queue
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import apply
from trainer_runs import Run, assert_same_state
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.learning.saved_checkpoints import SavedCheckpoints
from vae_tui.core.model import ConditionalVAE
from vae_tui.core.protocol.commands import (
    MAX_CODES,
    Checkpoint,
    CodeSpace,
    Command,
    Generate,
    Pause,
    Resume,
    SetKnobs,
    Weights,
)
from vae_tui.core.protocol.events import (
    CheckpointStarted,
    Evaluated,
    Event,
    Examples,
    Generated,
    LatentMap,
    Metrics,
    ModelReady,
    Reconstructed,
    RunState,
    StateChanged,
)

MakeConfig = Callable[..., Config]
LATENTS, CLASSES = 4, 10
LABELS = np.array([3, 8, 3])
CODES = np.random.default_rng(0).normal(size=(3, LATENTS)).astype(np.float32)


def generate(ticket: int, weights: Weights = "ema", space: CodeSpace = "noise") -> Generate:
    return Generate(ticket, CODES, np.eye(CLASSES, dtype=np.float32)[LABELS], weights, space)


def images(config: Config, checkpoints: Path, step: int, weights: Weights, space: CodeSpace) -> np.ndarray:
    """The same images, from the parameters in a checkpoint and by the model alone; grey levels 0..255."""
    store = SavedCheckpoints(checkpoints)
    params = store.read_params(step, "raw" if weights == "raw" else "ema")
    method = "generate" if space == "noise" else "decode"
    decoded = apply(ConditionalVAE(config.model, CLASSES, (28, 28)), params, method, CODES, LABELS)
    return np.asarray(255 * jax.nn.sigmoid(decoded.logits))


questions = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(get_args(Weights)), st.sampled_from(get_args(CodeSpace)))
    | st.tuples(st.integers(0, 30), st.just("pause"), st.just("noise")),
    max_size=12,
)


@settings(max_examples=3)  # each is a training
@given(questions=questions)
def test_questions_never_change_the_trajectory_and_each_is_answered(
    questions: list[tuple[int, str, CodeSpace]],
    tiny_config: MakeConfig,
    tiny_dataset: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
    undisturbed: Run,
) -> None:
    pending = sorted(questions, key=lambda question: question[0])
    asked: list[int] = []

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, StateChanged) and event.state == RunState.PAUSED:
            commands.put(generate(len(asked), "raw", "latents"))
            asked.append(len(asked))
            commands.put(Resume())
        # Also while an evaluation or a checkpoint is under way.
        if isinstance(event, Metrics | StateChanged | CheckpointStarted):
            while pending and event.step >= pending[0][0]:
                _, weights, space = pending.pop(0)
                if weights == "pause":
                    commands.put(Pause())
                else:
                    commands.put(generate(len(asked), weights, space))  # type: ignore[arg-type]
                    asked.append(len(asked))

    run = Run(tiny_config(steps=40), tiny_dataset, tmp_path_factory.mktemp("run"), script)
    assert run.losses == undisturbed.losses
    assert_same_state(run, undisturbed)
    assert [answer.ticket for answer in run.of(Generated)] == asked
    for answer in run.of(Generated):
        assert (len(answer.images) == len(CODES)) == (answer.problem == "")
        assert answer.problem == "" or answer.weights == "best"


def test_answers_are_the_images_of_the_moment(tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path) -> None:
    asked: list[tuple[Weights, CodeSpace]] = [(w, s) for w in ("ema", "raw") for s in ("noise", "latents")]

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step > 12 and not paused:
            paused.append(event.step)
            for command in (Pause(), Checkpoint(), *(generate(i, *a) for i, a in enumerate(asked)), Resume()):
                commands.put(command)

    paused: list[int] = []
    config = tiny_config(steps=20)
    run = Run(config, tiny_dataset, tmp_path, script)
    answers = run.of(Generated)
    assert [answer.step for answer in answers] == 4 * paused
    for answer, (weights, space) in zip(answers, asked, strict=True):
        assert answer.weights == weights
        np.testing.assert_allclose(
            answer.images, images(config, tmp_path, paused[0], weights, space), atol=0.51, err_msg=f"{weights} {space}"
        )
    assert len({answer.images.tobytes() for answer in answers}) == 4


def test_the_best_checkpoint_is_asked_by_name(tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path) -> None:
    """From step 20 on, the loss is climbed; the best checkpoint is asked for while it is written."""

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        match event:
            case ModelReady():
                commands.put(generate(0, "best"))
            case CheckpointStarted(step=step):
                commands.put(generate(step, "best"))
                if step == 20:
                    commands.put(SetKnobs(learning_rate_scale=-3.0))

    config = tiny_config(steps=40)
    run = Run(config, tiny_dataset, tmp_path, script)
    best = [event.step for event in run.of(Evaluated) if event.best]
    assert best == [10, 20]
    none, *answers = run.of(Generated)
    assert none.images.shape == (0, 28, 28)
    assert "no checkpoint best" in none.problem
    assert [answer.ticket for answer in answers] == [10, 20, 30, 40]
    assert [answer.problem for answer in answers] == 4 * [""]
    for answer, step in zip(answers[1:], 3 * [20], strict=True):
        np.testing.assert_allclose(answer.images, images(config, tmp_path, step, "best", "noise"), atol=0.51)
    assert (answers[0].images != answers[1].images).any()


def test_after_the_end_questions_are_answered_too(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    config = tiny_config(steps=20)
    questions = tuple(generate(ticket, weights) for ticket, weights in enumerate(get_args(Weights)))
    run = Run(config, tiny_dataset, tmp_path, afterwards=questions)
    best = [event.step for event in run.of(Evaluated) if event.best][-1]
    answers = run.of(Generated)
    assert [answer.weights for answer in answers] == ["ema", "raw", "best"]
    for answer in answers:
        step = best if answer.weights == "best" else 20
        np.testing.assert_allclose(answer.images, images(config, tmp_path, step, answer.weights, "noise"), atol=0.51)


def test_what_cannot_be_drawn_is_answered_and_training_goes_on(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    one_hot = np.eye(CLASSES, dtype=np.float32)
    # Whether a code overflows depends on the weights; of so many, one does.
    signs = np.array([*itertools.product((-1, 1), repeat=LATENTS)] * 4, np.float32)
    wrong = [
        Generate(1, np.zeros((MAX_CODES + 1, LATENTS), np.float32), one_hot[np.zeros(MAX_CODES + 1, int)]),
        Generate(2, np.zeros((1, LATENTS + 1), np.float32), one_hot[:1]),
        Generate(3, np.zeros((1, LATENTS), np.float32), one_hot[:1, :5]),
        Generate(4, np.full((1, LATENTS), np.nan, np.float32), one_hot[:1]),
        Generate(5, 3.4e38 * signs, one_hot[np.arange(len(signs)) % CLASSES], space="latents"),
    ]

    def script(event: Event, commands: "queue.Queue[Command]") -> None:
        if isinstance(event, Metrics) and event.step == 1:  # the first chunk is one step
            for command in wrong:
                commands.put(command)

    run = Run(tiny_config(steps=20), tiny_dataset, tmp_path, script)
    answers = run.of(Generated)
    assert [answer.ticket for answer in answers] == [1, 2, 3, 4, 5]
    assert all(answer.problem and answer.images.shape == (0, 28, 28) for answer in answers)
    assert run.ended.reason == "finished"


def test_each_evaluation_shows_the_latents_and_what_comes_of_them(
    tiny_config: MakeConfig, tiny_dataset: Dataset, undisturbed: Run
) -> None:
    run = undisturbed
    types = [type(event) for event in run.events]
    assert types[types.index(ModelReady) + 1] is Examples
    assert types.count(Examples) == 1
    steps = [event.step for event in run.of(Evaluated) if event.split == "validation"]
    assert [event.step for event in run.of(LatentMap)] == steps
    assert [event.step for event in run.of(Reconstructed)] == steps
    (examples,) = run.of(Examples)
    validation = tiny_dataset.validation
    np.testing.assert_array_equal(examples.images[3, 1], validation.images[validation.labels == 3][1])
    first, *_, last = run.of(Reconstructed)

    def error(reconstructed: Reconstructed) -> float:
        return float(np.abs(reconstructed.images.astype(float) - examples.images).mean())

    assert error(last) < error(first)
    for latent_map in run.of(LatentMap):
        assert latent_map.points.shape == (len(validation), 2)
        np.testing.assert_array_equal(latent_map.labels, validation.labels)
        assert 0 < sum(latent_map.explained) <= 1 + 1e-6
    # The means are those of the parameters that were evaluated.
    store = SavedCheckpoints(run.path)
    params = store.read_params(40, "ema")
    model = ConditionalVAE(run_config := tiny_config().model, CLASSES, (28, 28))
    assert run_config.likelihood == "bernoulli"
    means = apply(model, params, "encode", validation.images.astype(np.float32) / 255, validation.labels).mean
    np.testing.assert_allclose(run.of(LatentMap)[-1].latents, means, atol=1e-4)


@pytest.mark.parametrize("steps", [20, 40], ids=["finished", "to go on"])
def test_a_resumed_run_shows_at_once_what_it_has_learned(
    tiny_config: MakeConfig, tiny_dataset: Dataset, tmp_path: Path, steps: int
) -> None:
    first = Run(tiny_config(steps=20), tiny_dataset, tmp_path)
    again = Run(tiny_config(steps=steps), tiny_dataset, tmp_path, resume=True)
    np.testing.assert_array_equal(again.of(Examples)[0].images, first.of(Examples)[0].images)
    shown, before = again.of(LatentMap)[0], first.of(LatentMap)[-1]
    assert shown.step == 20
    np.testing.assert_array_equal(shown.latents, before.latents)
    np.testing.assert_array_equal(again.of(Reconstructed)[0].images, first.of(Reconstructed)[-1].images)
    # Its first steps are those of the undisturbed run, so nothing was taken for an evaluation of its own.
    assert [event.step for event in again.of(Evaluated) if event.split == "validation"] == [30, 40][: steps // 10 - 2]
