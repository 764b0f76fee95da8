"""The library reads a run once, and again only when its files change."""

from pathlib import Path

import pytest
from compared import append, over, ready, trained_steps, write_run
from vae_tui.core.config import Config, TrainConfig
from vae_tui.core.library import RunLibrary, sort_runs
from vae_tui.core.library.summary_cache import cache_path
from vae_tui.core.run import Labels, delete_run, write_labels
from vae_tui.core.run.rundir import RunDirectory


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Three runs; the loss of the second one is the lowest."""
    for name, loss in (("a", 100.0), ("b", 90.0), ("c", 95.0)):
        config = Config(train=TrainConfig(seed=ord(name)))
        write_run(tmp_path / name, *ready(), *trained_steps(300, loss=loss), *over(), config=config)
    (tmp_path / "no run").mkdir()
    return tmp_path


def read_all(base: Path) -> RunLibrary:
    library = RunLibrary(base)
    for name in library.changed():
        library.read(name)
    library.save()
    return library


def test_what_was_read_is_known_the_next_time(base: Path) -> None:
    first, second = read_all(base), RunLibrary(base)
    assert second.runs == first.runs
    assert second.changed() == []
    run = second.runs["b"]
    assert (run.state, run.is_live, run.figures.step, run.summary.settings["train.seed"]) == (
        "finished", False, 300, ord("b"),
    )  # fmt: skip
    assert run.best_loss == pytest.approx(92.3, abs=0.1)
    assert run.summary.size > (base / "b" / "events.jsonl").stat().st_size
    assert [run.name for run in sort_runs(second.runs.values(), "loss")] == ["b", "c", "a"]


def test_only_what_changed_is_read_again(base: Path) -> None:
    library = read_all(base)
    with RunDirectory.resume(base / "a") as resumed:
        append(resumed, *trained_steps(50))
        write_labels(base / "c", Labels("a note", ("good",)))
        write_run(base / "d", *ready())
        assert library.changed() == ["d", "c", "a"]
        for name in library.changed():
            library.read(name)
        assert (library.runs["a"].is_live, library.runs["c"].summary.tags) == (True, ("good",))
        assert library.changed() == []
    assert library.changed() == []
    assert not library.runs["a"].is_live
    delete_run(base / "b")
    assert library.changed() == []
    assert library.runs.keys() == {"a", "c", "d"}


def test_the_runs_can_be_shown_while_more_of_them_are_read(base: Path) -> None:
    library = RunLibrary(base)
    last, *others = library.changed()
    library.read(last)
    shown = []
    for run in library.runs.values():
        shown.append(run.name)
        for name in others:  # as another thread does
            library.read(name)
    assert shown == [last]
    assert library.runs.keys() == {last, *others}


def test_a_run_that_cannot_be_read_does_not_hide_the_others(base: Path) -> None:
    (base / "b" / "config.json").write_text("nonsense")
    library = read_all(base)
    assert (library.runs["b"].state, library.runs["a"].state) == ("unknown", "finished")
    assert "not valid JSON" in library.runs["b"].summary.problem
    assert [run.name for run in sort_runs(library.runs.values(), "loss")] == ["c", "a", "b"]


@pytest.mark.parametrize("content", ["", "nonsense", '{"version":1,"runs":{"a":3}}', '{"version":0,"runs":{}}'])
def test_a_damaged_cache_is_ignored(base: Path, content: str) -> None:
    read_all(base)
    cache_path(base).write_text(content)
    assert RunLibrary(base).runs == {}
    assert len(read_all(base).runs) == 3
    assert len(RunLibrary(base).runs) == 3
