"""Summarize a run: its settings, data, model and environment as titled lists of facts."""

from __future__ import annotations

import dataclasses
import math
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from ...core.config import has_effect
from ...core.protocol import OVER, ModelReady, SystemMeasured
from ...core.text import count
from ...core.training.plan import checkpoint_epochs
from ..render.capabilities import Capabilities
from .knobs import factor
from .run_view import RunView
from .system_text import gigabytes
from .text import duration

UNKNOWN = "not yet known"

PARAMETER_BYTES = 4
"""Parameters are float32."""


@dataclass(frozen=True)
class Fact:
    """One line of the summary."""

    label: str
    value: str
    remark: str = ""
    """A less important addition to the value."""
    is_changed: bool = False
    """Whether this is a setting that differs from its default."""
    has_effect: bool = True
    """Whether this is no setting that the other settings make ineffective."""


@dataclass(frozen=True)
class Section:
    """A titled group of facts."""

    title: str
    facts: tuple[Fact, ...]


def run_sections(view: RunView, run_path: Path, terminal: Capabilities, size: tuple[int, int]) -> list[Section]:
    """Return the sections of the run view, as far as known.

    Args:
        view: The state of the run.
        run_path: The run's directory.
        terminal: The terminal's capabilities.
        size: Columns and lines of the terminal.
    """
    return [
        Section("run", tuple(_run(view, run_path))),
        Section("times", tuple(_times(view))),
        *([Section("machine", tuple(_machine(view.system, view)))] if view.system else []),
        Section("data set", tuple(_data(view))),
        Section("model", tuple(_model(view))),
        Section("gradient chain", tuple(_chain(view))),
        Section("schedule and objective", tuple(_schedule(view))),
        Section("environment", (*environment(view.model), _terminal(terminal, size))),
        Section("model table", _table(view.model)),
        *configuration(view, run_path),
    ]


def environment(model: ModelReady | None) -> tuple[Fact, ...]:
    """Return the device, platform and package versions of a run."""
    return (Fact("device", devices_name(model) if model else UNKNOWN, _shares(model)), *_software())


def devices_name(model: ModelReady) -> str:
    """Return the kind of the devices that train a model, and how many there are, as in "4 x cpu"."""
    return model.device if model.devices == 1 else f"{count(model.devices)} x {model.device}"


def _shares(model: ModelReady | None) -> str:
    """Return how devices and processes share the work, or "" for one device."""
    if model is None or model.devices == 1:
        return ""
    processes = f" in {count(model.processes)} processes" if model.processes > 1 else ""
    return f"{count(model.batch_size // model.devices)} images of each batch a device{processes}"


@cache
def _software() -> tuple[Fact, ...]:
    """Return the platform and the versions of the installed packages, without importing any."""
    packages = ("jax", "flax", "optax", "numpy", "textual")
    return (
        Fact("platform", f"{platform.system()} {platform.release()}", platform.machine()),
        Fact("python", platform.python_version()),
        *(Fact(package, version(package)) for package in packages),
    )


def _machine(system: SystemMeasured, view: RunView) -> Iterator[Fact]:
    """Yield what the process that trains uses, with the peaks since the run began."""
    yield Fact("CPU", f"{system.cpu:.0%} of a core", f"peak {view.cpu_peak:.0%}")
    yield Fact("memory", gigabytes(system.memory), f"peak {gigabytes(view.memory_peak)}")
    yield Fact("", "training and its app are one process")
    if system.device_memory is not None:
        peak = f"peak {gigabytes(system.device_peak)}" if system.device_peak is not None else ""
        yield Fact("device memory", gigabytes(system.device_memory), peak)
    if system.device_limit is not None:
        yield Fact("device limit", gigabytes(system.device_limit))
    if system.gpu is not None:
        yield Fact("GPU", f"{system.gpu:.0%} busy")
    if system.disk_free is not None:
        yield Fact("disk", f"{gigabytes(system.disk_free)} free", "at the run's directory")


def _terminal(terminal: Capabilities, size: tuple[int, int]) -> Fact:
    colors = {"truecolor": "all colors", "none": "no colors"}.get(terminal.colors, f"{terminal.colors} colors")
    return Fact("terminal", f"{size[0]}x{size[1]} cells", f"{colors}, {'Unicode' if terminal.unicode else 'ASCII'}")


def configuration(view: RunView, run_path: Path) -> Iterator[Section]:
    """Yield a section for each group of settings, with the defaults of changed ones."""
    config, chosen = view.config, _chosen(view, run_path)
    for section in dataclasses.fields(config):
        values = getattr(config, section.name)
        yield Section(
            f"configuration: {section.name}",
            tuple(
                _setting(
                    f.name,
                    getattr(values, f.name),
                    f.default,
                    chosen.get(f"{section.name}.{f.name}"),
                    effective=has_effect(section.name, f.name, config),
                )
                for f in dataclasses.fields(values)
            ),
        )


def _chosen(view: RunView, run_path: Path) -> dict[str, Any]:
    """Return the values that vae-tui chooses for settings that are not set, as far as known."""
    config, model = view.config, view.model
    values: dict[str, Any] = {
        "data.dir": "in the user's data directory",
        "data.size": "as they are",
        "optim.b2": config.optim.second_decay,
        "train.init_from": "random parameters",
        "train.patience": "not limited",
        "run.dir": run_path,
    }
    if view.data is not None:
        values["data.augment"] = config.data.augment_strength(view.data.train_size, view.data.image_shape)
    if model is not None:
        values["train.steps"] = model.total_steps
        values["train.epochs"] = view.epoch[1] if view.epoch else None
        values["run.checkpoint_epochs"] = checkpoint_epochs(config, model.steps_per_epoch, model.total_steps)
    return values


def _setting(name: str, value: Any, default: Any, chosen: Any, *, effective: bool) -> Fact:
    """Return a setting as a fact; `chosen` is its value if it is not set."""
    changed = value != default
    if not effective:
        remark = "(no effect)"
    elif value is None:
        remark = "(default)"
    else:
        remark = f"(default {shown_value(default)})" if changed and default is not None else ""
    shown = shown_value(chosen if value is None else value)
    return Fact(name.replace("_", "-"), shown, remark, changed, has_effect=effective)


def shown_value(value: Any) -> str:
    """Return the value of a setting as text."""
    match value:
        case None:
            return UNKNOWN
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case tuple():
            return " ".join(map(shown_value, value)) or "none"
    return str(value)


def _run(view: RunView, run_path: Path) -> Iterator[Fact]:
    yield Fact("directory", str(run_path))
    name = view.state_name(view.state)
    yield Fact("state", f"{name} at step {count(view.step)}" if view.step else name)
    if view.model and view.epoch:
        yield Fact(
            "length",
            f"{count(view.model.total_steps)} steps",
            f"{view.epoch[1]} epochs of {count(view.model.steps_per_epoch)}",
        )
        yield Fact("batch", f"{view.model.batch_size} images")
    else:
        yield Fact("length", UNKNOWN)


def _times(view: RunView) -> Iterator[Fact]:
    began = UNKNOWN if view.began is None else f"{datetime.fromtimestamp(view.began):%Y-%m-%d %H:%M:%S}"
    yield Fact("began", began)
    yield Fact("compiled in", f"{view.model.compile_seconds:.1f} s" if view.model else UNKNOWN)
    if view.state not in OVER:
        yield Fact("time left", UNKNOWN if view.seconds_left is None else duration(view.seconds_left))


def _data(view: RunView) -> Iterator[Fact]:
    data = view.data
    yield Fact("name", data.name if data else view.config.data.title)
    if data is None:
        yield Fact("images", UNKNOWN)
        return
    for label, size in (("training", data.train_size), ("validation", data.validation_size), ("test", data.test_size)):
        yield Fact(label, f"{count(size)} images" if size else "none")
    yield Fact("classes", count(len(data.class_names)))
    height, width, *channels = data.image_shape
    yield Fact("image size", f"{height}x{width} pixels, {'color' if channels else 'gray'}")
    if data.note:
        yield Fact("note", data.note)


def _model(view: RunView) -> Iterator[Fact]:
    """Yield the sizes of the model and optimizer state, and active latents."""
    model, latents = view.model, view.config.model.latents
    if model is None:
        yield Fact("parameters", UNKNOWN)
    else:
        size = PARAMETER_BYTES * model.parameter_count
        yield Fact("parameters", count(model.parameter_count), f"{size / 1e6:.1f} MB")
        share = f"{model.frozen_count / model.parameter_count:.0%} of them" if model.frozen_count else ""
        yield Fact("frozen", count(model.frozen_count) if model.frozen_count else "none", share)
        state, relative = model.optimizer_bytes / 1e6, model.optimizer_bytes / size
        yield Fact("optimizer state", f"{state:.1f} MB", f"{relative:.1f} times the parameters")
    yield Fact("latents", str(latents), "" if view.active_units is None else f"active {view.active_units} of {latents}")


def _chain(view: RunView) -> Iterator[Fact]:
    """Yield the links of the gradient chain in order."""
    model = view.model
    if model is None or not model.chain:
        yield Fact("", UNKNOWN)
        return
    yield Fact("", "gradient")
    for link in model.chain:
        yield Fact("", f"→ {link}", _clipping(view) if link.startswith("scale_to_max_norm") else "")
    if view.learning_rate_scale != 1:
        yield Fact("", f"→ scale({view.learning_rate_scale:.3g})", "by the keys , and .", is_changed=True)
    yield Fact("", "→ update of the parameters")


def _clipping(view: RunView) -> str:
    if view.clipping is None:
        return ""
    share, steps = view.clipping
    return f"scales down {share:.0%} of the last {count(steps)} steps"


def _schedule(view: RunView) -> Iterator[Fact]:
    optim, objective, model = view.config.optim, view.config.objective, view.model
    yield Fact("schedule", optim.schedule, f"peak {optim.learning_rate:g}")
    yield Fact("learning rate", f"{view.learning_rate:.3g}" if model else UNKNOWN)
    yield from _turned(view.learning_rate_scale)
    yield Fact("likelihood", view.config.model.likelihood)
    yield Fact("beta", f"{objective.beta:g}", objective.beta_schedule)
    yield from _turned(view.beta_scale)
    yield Fact("free bits", f"{objective.free_bits:g} nats a dimension" if objective.free_bits else "none")


def _turned(scale: float) -> Iterator[Fact]:
    """Yield the factor on the fact above, unless it is 1."""
    if scale != 1:
        yield Fact("", factor(scale), "by the keys", is_changed=True)


def _table(model: ModelReady | None) -> tuple[Fact, ...]:
    """Return the parameters by module: the module's total, then each array and its shape."""
    if model is None or not model.parameters:
        return (Fact("", UNKNOWN),)
    arrays = [_Array.parse(line) for line in model.parameters]
    shapes = max(len(array.shape) for array in arrays)
    sizes = len(count(sum(array.size for array in arrays)))
    facts = []
    for module, members in groupby(arrays, key=lambda array: array.module):
        group = list(members)
        if module:
            total = sum(array.size for array in group)
            share = f"{total / model.parameter_count:.0%}" if model.parameter_count else ""
            facts.append(Fact(module, f"{'':{shapes}}  {count(total):>{sizes}}", share))
        facts += [
            Fact(
                f"  {array.name}" if module else array.name,
                f"{array.shape:<{shapes}}  {count(array.size):>{sizes}}",
                array.marks,
            )
            for array in group
        ]
    return tuple(facts)


@dataclass(frozen=True)
class _Array:
    """An array of the model table."""

    module: str
    """The first part of the array's path; empty for a parameter outside of all modules."""
    name: str
    shape: str
    size: int
    marks: str

    @classmethod
    def parse(cls, line: str) -> _Array:
        """Parse a line such as "encoder/Dense_0/kernel 794x512 frozen"."""
        path, shape, *marks = line.split(" ")
        module, _, name = path.partition("/") if "/" in path else ("", "", path)
        size = 1 if shape == "scalar" else math.prod(map(int, shape.split("x")))
        return cls(module, name, shape, size, " ".join(marks))
