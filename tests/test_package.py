"""What is installed is what is in the checkout, and importing it is as light as promised."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
PACKAGES = ("core", "tui")
SOURCES = sorted(str(file.relative_to(ROOT)) for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def test_every_package_folder_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    on_disk = {
        "vae_tui." + ".".join(file.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for file in (ROOT / package).rglob("__init__.py")
    }
    assert sorted(declared) == sorted(on_disk)
    assert all((ROOT / file).with_name("__init__.py").exists() for file in SOURCES)


@pytest.mark.parametrize("file", SOURCES)
def test_the_packages_import_each_other_by_relative_imports(file: str) -> None:
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            assert node.module.split(".")[0] not in (*PACKAGES, "vae_tui"), f"line {node.lineno}"
        elif isinstance(node, ast.Import):
            assert not {name.name.split(".")[0] for name in node.names} & {*PACKAGES, "vae_tui"}, f"line {node.lineno}"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("vae_tui.tui.app.app", ["jax", "flax", "optax", "orbax", "tensorflow_datasets"]),
        ("vae_tui.tui.cli", ["jax", "flax", "textual", "tensorflow_datasets"]),
        ("vae_tui.tui.cli.headless", ["jax", "flax", "textual", "tensorflow_datasets"]),
        ("vae_tui.core.training.run_training", ["jax", "flax", "textual", "rich", "tensorflow_datasets"]),
        ("vae_tui.core.training.trainer", ["textual", "vae_tui.tui"]),
        ("vae_tui.core.data", ["jax", "tensorflow_datasets", "PIL"]),
    ],
)
def test_imports_are_light(module: str, absent: list[str]) -> None:
    code = f"import sys, {module}; print(*(name for name in {absent!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
