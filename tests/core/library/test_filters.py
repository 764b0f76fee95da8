"""What a user types to choose runs."""

from pathlib import Path

import pytest
from vae_tui.core.config import Config
from vae_tui.core.library import LibraryRun, parse_filter
from vae_tui.core.library.library_run import Summary, flat_settings
from vae_tui.core.run import RunFigures

RUN = LibraryRun(
    Path("runs/2026-01-02-mnist-1"),
    "2026-01-02-mnist-1",
    Summary(
        None,
        None,
        None,
        dataset="mnist",
        arch="conv",
        settings=flat_settings(Config()),
        figures=RunFigures(step=12_000, seconds=90.0, devices=8, curve=[(6000, 95.0), (12_000, 89.5)]),
        note="Wider decoder",
        tags=("base", "good"),
        size=60_000_000,
    ),
    is_live=True,
    state="training",
)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("MNIST wider", True),
        ("good wider nothing", False),
        ("data:mnist state:running state:live", True),
        ("state:finished", False),
        ("data:mni state:train tag:good model:conv", True),
        ("data=mni", False),
        ("tag=good tag!=bad", True),
        ("loss<90", True),
        ("loss<89.5", False),
        ("loss<=89.5 test<100", False),
        ("lr>1e-3 learning-rate=0.004 optim.learning_rate<.1", True),
        ("train.seed=0 seed!=1", True),
        ("step>10k size<100MB time>=1.5m", True),
        ("size>60M", False),
        ("devices>1 processes=1", True),
        ("nesterov=true patience=none", True),
        ("model.hidden=384,384,384", True),
    ],
)
def test_filters(text: str, fits: bool) -> None:
    found, problem = parse_filter(text)
    assert (found(RUN), problem) == (fits, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("los<90", "there is no field los; did you mean loss"),
        ("good loss<", "loss< is not complete: a value is missing after <"),
        ("loss<ten", "loss<ten: ten is not a number"),
        ("size>3parsecs", "3parsecs is not a number, perhaps with kb, mb, gb"),
        ("model.name=x", "there is no field model.name"),
        ("clip_norm=5 beta_schedule:constant xyzzyx=1", "there is no field xyzzyx; there are name, state, data"),
    ],
)
def test_of_a_bad_filter_the_rest_holds_and_it_says_what_is_wrong(text: str, said: str) -> None:
    found, problem = parse_filter(f"{text} mnist")
    assert said in problem
    assert found(RUN)
    assert not parse_filter(f"{text} kmnist")[0](RUN)
