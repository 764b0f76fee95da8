"""What the panels show, in words that a student knows: the help of the focused panel."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

from textual.content import Content

from .compare_layout import ComparePanel
from .panel_layout import PanelName

_NATS = ("nats", "Unit of information with the natural logarithm; 1 nat is 1.44 bits.")
_BETA = ("beta", "Weight of the KL in the loss: above 1 codes become simpler and pictures blurrier.")
_EMA = (
    "EMA",
    "Exponential moving average of the parameters over the last steps; it draws better than the raw parameters of"
    " one step, which jump about.",
)


class Explanation(NamedTuple):
    """What a panel shows, and the terms in it."""

    title: str
    text: str
    terms: tuple[tuple[str, str], ...] = ()


EXPLANATIONS: dict[PanelName, Explanation] = {
    "curves": Explanation(
        "loss curves",
        "How the training goes, by step. Each step improves the parameters a little on one batch of images. The bright"
        " line is the mean of nearby steps, the area around it their spread, and the joined points are measured on"
        " validation images, which training never sees. If they rise while the line falls, the model overfits. The"
        " line may lie above the points: augmentation makes the training images harder.",
        (
            ("loss", "What training makes small: reconstruction + beta x KL, a mean over images."),
            ("reconstruction", "How badly the decoder predicts an image's pixels from its latent code."),
            ("KL", "How much the code tells about the image, as the distance of its distribution from the prior."),
            _BETA,
            _NATS,
            ("gradient norm", "How steep the loss is; a jump means that a step was much harder than the others."),
        ),
    ),
    "images": Explanation(
        "images",
        "What the decoder draws from random codes, class by class. They get sharper as the loss falls. Real images,"
        " where they are shown beside, are tinted; reconstructions are images that went through encoder and decoder.",
        (
            ("latent code", "The few numbers that stand for an image between encoder and decoder."),
            ("prior", "The distribution that random codes are drawn from."),
            ("temperature", "How varied the codes are: 1 is the prior, less gives more typical images."),
            _EMA,
        ),
    ),
    "status": Explanation(
        "status",
        "Where the run is, how fast it goes, and what it costs.",
        (
            ("epoch", "One pass over all training images."),
            ("valid", "The loss of the last evaluation, on validation images, which training never sees."),
            ("active latents", "The numbers of the code that tell something about the image; the others are idle."),
            ("saved", "The last checkpoint, which the run can go back to or be resumed from."),
            _EMA,
            _BETA,
            _NATS,
        ),
    ),
    "schedule": Explanation(
        "learning rate",
        "How far each step moves the parameters: the whole plan, and the step of now. It often rises in a warm-up,"
        " because early gradients are wild, and falls at the end, so that the parameters settle.",
        (("factor", "What the keys , and . have multiplied the rest of the plan by."),),
    ),
    "map": Explanation(
        "latent map",
        "Where the encoder puts the validation images: a letter and a color for each class. The codes have many"
        " dimensions; the map shows the two directions in which they differ most. Classes may overlap, because the"
        " decoder is told the class.",
    ),
    "log": Explanation(
        "log",
        "What happened, and when: evaluations, checkpoints, keys, alerts. Older lines are above; the key of the log"
        " opens it as a whole, with search.",
    ),
}

COMPARE_EXPLANATIONS: dict[ComparePanel, Explanation] = {
    "differences": Explanation(
        "settings and results",
        "Which settings differ between the runs, and what came of it. Only runs whose losses mean the same can be"
        " ranked by them: one row tells of the others, and a sign marks the settings that are the reason.",
        (
            ("best validation", "The lowest loss on images that training never sees: what runs are usually ranked by."),
            ("test", "The loss on images that are looked at once, at the end: the honest result."),
            _BETA,
            _NATS,
        ),
    ),
    "curves": Explanation(
        "curves of the runs",
        "One metric of all runs: the line is the mean of nearby steps, the marks are measured on validation images."
        " Runs with different batch sizes compare better by epochs, and slow with fast models by training time.",
        (
            ("epoch", "One pass over all training images."),
            ("training time", "Seconds that were spent on steps, without compilation, evaluations and pauses."),
        ),
    ),
    "images": Explanation(
        "images of the runs",
        "What each run drew of one class, last before the cursor. Runs that reach the same loss may still draw"
        " differently: look at the variety of the images as well as at their sharpness.",
    ),
}


def explain(explanation: Explanation, width: int) -> Content:
    """Return an explanation as lines, with an empty line after it.

    Args:
        explanation: The explanation.
        width: Cells of a line, at most; but texts get at least ten of them, however small the terminal is.
    """
    lines = [Content.styled(explanation.title, "bold"), *map(Content, textwrap.wrap(explanation.text, max(10, width)))]
    lines += [Content()] if explanation.terms else []
    indent = max((len(term) for term, _ in explanation.terms), default=0) + 2
    for term, meaning in explanation.terms:
        first, *more = textwrap.wrap(meaning, max(10, width - indent))
        lines.append(
            Content.assemble((term.rjust(indent - 2), "bold $text-primary"), "  ", (first, "$foreground-muted"))
        )
        lines += (Content.styled(" " * indent + line, "$foreground-muted") for line in more)
    return Content("\n").join([*lines, Content()])
