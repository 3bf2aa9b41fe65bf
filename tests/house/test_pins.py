"""Nothing is installed that is not on a list with its hash, for running or for building."""

import re
import tomllib

import pytest

from tests.house.tree import ROOT

_INSTALL = re.compile(r"^(?:\t\$\(PIP\)|RUN pip install)(?P<words> .*)")


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile"])
def test_whatever_is_installed_is_pinned_or_is_the_project_itself(name: str) -> None:
    lines = [
        found["words"].split()
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if (found := _INSTALL.search(line))
    ]
    assert len(lines) >= 2
    for words in lines:
        # Building in isolation fetches the newest builder there is, whatever the lists say.
        own = {"--no-deps", "--no-build-isolation"} <= set(words) and words[-1] == "."
        assert own or "--require-hashes" in words, f"{name}: pip install {' '.join(words)}"


def test_the_list_for_building_has_all_that_building_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = (ROOT / "requirements-build.txt").read_text(encoding="utf-8")
    for package in asked["build-system"]["requires"]:
        assert f"\n{package}==" in f"\n{pinned}"
        assert "--hash=sha256:" in pinned
