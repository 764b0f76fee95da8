from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.studio.frame import make_frame
from vae_tui.tui.studio.studio_state import Start, Studio, one_hot
from vae_tui.tui.studio.words import class_text, facts, pin_caption, signed, strip_captions, strip_title

NAMES = ("coat", "shoe", "bag")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.5, "+0.50"), (-1.0, "−1.00"), (0.0, "0.00"), (-0.001, "0.00"), (0.001, "0.00"), (-10.0, "−10.00")],
)
def test_numbers_have_a_sign_unless_they_are_nought(number: float, text: str) -> None:
    assert signed(number) == text


def test_a_class_or_the_parts_of_a_mixture() -> None:
    assert class_text(one_hot(1, 3), NAMES) == "shoe"
    assert class_text(np.array([0.3, 0, 0.7], np.float32), NAMES) == "70 % bag, 30 % coat"


def test_the_facts_of_noise_and_of_latents() -> None:
    noise = dict(facts(Studio.begin(4, 3, Start(seed=7, temperature=0.8)), NAMES, None, 0.012))
    assert noise == {"class": "coat", "temperature": "0.8", "seed": "7", "weights": "EMA", "answer": "12 ms"}
    latents = dict(facts(Studio.begin(4, 3).at_latents(np.zeros(4, np.float32), 2), NAMES, None, None))
    assert latents == {"class": "bag", "latents": "from the map", "weights": "EMA"}


@given(st.integers(2, 15), st.sampled_from(["traverse", "between"]))
def test_every_image_of_a_strip_has_its_own_caption(number: int, kind: str) -> None:
    studio = Studio.begin(4, 3).mark(0).reseed().mark(1)
    captions = strip_captions(make_frame(studio.toggle_traverse() if kind == "traverse" else studio, 1, 1, number))
    assert len(set(captions)) == number
    assert (captions[0], captions[-1]) in (
        (("−3.0", "+3.0"), ("−3.00", "+3.00")) if kind == "traverse" else (("A", "B"),)
    )


def test_the_strip_says_what_is_missing() -> None:
    studio = Studio.begin(4, 3).at_latents(np.ones(4, np.float32), 0)
    assert strip_title(studio) == "strip"
    assert "b marks the other end" in strip_title(studio.mark(0))
    assert "a marks the other end" in strip_title(studio.mark(1))
    assert "noise and latents do not mix" in strip_title(studio.mark(0).reseed().mark(1))
    assert "press > to go there" in strip_title(studio.mark(0).mark(1).reseed())
    assert strip_title(studio.mark(0).mark(1)).endswith("linear")


@pytest.mark.parametrize(("width", "text"), [(20, "shoe T1.0 best"), (9, "shoe best"), (4, "shoe")])
def test_the_caption_of_a_pin_says_what_fits(width: int, text: str) -> None:
    assert pin_caption(Studio.begin(4, 3).choose(1).point, "best", NAMES, width) == text
