"""The locks name everything that pyproject.toml and package.json ask for, and no address."""

import json
import re
import tomllib
from typing import Any

import pytest

from tests.architecture.source import CHECKOUT

REQUIREMENT = re.compile(r"^([a-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
LOCKS = {"runtime", "development", "node", "shared-browser", "lock"}


def project() -> dict[str, Any]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(name: str) -> dict[str, str]:
    text = (CHECKOUT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(REQUIREMENT.findall(text))


def wanted(requirements: list[str]) -> dict[str, str]:
    return dict(REQUIREMENT.findall("\n".join(requirements)))


def test_the_runtime_lock_holds_every_dependency():
    dependencies = project()["project"]["dependencies"]
    assert len(wanted(dependencies)) == len(dependencies)
    assert wanted(dependencies).items() <= locked("runtime").items()


@pytest.mark.parametrize("group", sorted(LOCKS - {"runtime"}))
def test_each_lock_holds_its_group(group: str):
    dependencies = project()["dependency-groups"][group]
    assert len(wanted(dependencies)) == len(dependencies)
    assert wanted(dependencies).items() <= locked(group).items()


def test_the_development_lock_holds_all_of_the_runtime_lock():
    """So that what is tested is what runs, and installing it is enough for both."""
    assert locked("runtime").items() <= locked("development").items()


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_everything_is_locked_by_hash(name: str):
    text = (CHECKOUT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_node_lock_fits_what_is_asked_for():
    asked = json.loads((CHECKOUT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((CHECKOUT / "package-lock.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies"):
        assert lock["packages"][""][kind] == asked[kind]
    packages = [package for name, package in lock["packages"].items() if name]
    assert all(package.get("integrity", "").startswith("sha512-") for package in packages)


@pytest.mark.parametrize(
    "name", [*(f"requirements/{x}.txt" for x in sorted(LOCKS)), "package-lock.json"]
)
def test_no_lock_names_an_address(name: str):
    assert re.findall(r"\w+://\S+", (CHECKOUT / name).read_text(encoding="utf-8")) == []
