"""Copies of one template project.

Creating an environment takes most of ten seconds, so all projects share the folder of one: what asv has built of the
template's commits need not be built again, because the copies have the same commits.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import ARGUMENTS, CHROMIUM
from workplace import Workplace, make_template, open_workplace

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """asv's env_dir, shared by all projects that do not set another."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Callable[[Path], Workplace]:
    """Makes a fresh copy of the template at a path."""
    template = tmp_path_factory.mktemp("template")
    make_template(template)

    def copy(root: Path) -> Workplace:
        shutil.copytree(template, root)
        return open_workplace(root, environments)

    return copy


@pytest.fixture
def project(new_project: Callable[[Path], Workplace], tmp_path: Path) -> Workplace:
    return new_project(tmp_path / "project")
