"""The unit tests share `builders`, which lies beside this file."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def rng() -> random.Random:
    return random.Random(20261121)
