"""Series that share commits, judged together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stallhorn.changes import steps
from stallhorn.changes.series import logarithms


def judge(series: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    pairs = [logarithms(one["values"], one.get("weights")) for one in series]
    batch = steps.find([x for x, _ in pairs])
    return [at[batch.of(i)[0]].tolist() for i, (_, at) in enumerate(pairs)]
