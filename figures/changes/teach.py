"""Teach the detector what to make of its evidence: `python -m figures.changes.teach` writes its weights.npz.

Changes are planted in noise that is drawn from a seed (planted.py), every place that the detector looks at on its way
is kept with its answers (loops/evidence.py), and boosted trees learn how often such a place is a change. Three rounds,
each on the places that the model of the round before led to. A second model is for the newest points of a series,
which come back night after night: it sees the same series revealed one night after the other. Trees may not turn round
on what has a direction: more standard errors never speak against a change.

Needs scikit-learn (`pip install scikit-learn`) and about five minutes. What comes out depends on its version in the
last digits; `make changes-table` says what it is worth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from figures.changes.planted import Planted, nightly, offline
from stallhorn.changes.loops import compiler, eliminate, evidence
from stallhorn.changes.series import logarithms

WHERE = Path(__file__).resolve().parents[2] / "src/stallhorn/changes/weights.npz"
Array = np.ndarray[Any, np.dtype[Any]]
NEAR, EXACT = 5, 2  # points from the truth at which a place is the change; up to where it counts in full
VAGUE = 0.3  # what a place counts that is near and not exact
LOOKS = 120  # places kept of one series
NIGHTS = (3, 4, 5, 6, 8, 11, 15)  # after a change, at which it is looked for

RISING = ("t_median", "t_mean", "t_ranks", "excursion", "t_beside_line", "outside")
FALLING = ("recurrence", "chance")


@dataclass(frozen=True)
class Model:
    trees: Array
    root: float


NOTHING = Model(np.zeros((0, 6)), 0.0)


def histories(seed: int) -> Iterator[Planted]:
    """Whole histories, and what they were on a night before."""
    rng = np.random.default_rng([seed, 9])
    yield from offline(seed, 1.0)
    stepped, healthy = nightly(seed, 800, 800)
    for one in stepped:
        place = one.changes[0][0]
        for nights in rng.choice(np.arange(2, 16), 3, replace=False):
            yield known(one.upto(place + int(nights)))
    for one in healthy:
        for count in rng.integers(15, len(one.values) + 1, 6):
            yield one.upto(int(count))
    for one in offline(seed + 500, 0.25):
        yield known(one.upto(int(rng.integers(15, len(one.values) + 1))))


def known(one: Planted) -> Planted:
    """Without the changes that have fewer than three points behind them: nobody could know."""
    return replace(
        one,
        changes=tuple((place, size) for place, size in one.changes if _measured(one.values[place:]) >= 3),
    )


def nights(seed: int, healthy: int, steps: int) -> Iterator[Planted]:
    """Healthy series at every third night, and steps of 2.5 to 100 % in the nights after them."""
    rng = np.random.default_rng([seed, 8])
    stepped, quiet = nightly(seed + 900, steps, healthy)
    for one in quiet:
        for count in range(15 + int(rng.integers(3)), len(one.values) + 1, 3):
            yield one.upto(count)
    for one in stepped:
        (place, old), values = one.changes[0], np.array(one.values, float)
        size = np.log1p(np.exp(rng.uniform(np.log(0.025), 0))) * (1 if rng.random() < 0.8 else -1)
        values[place:] *= np.exp(size - old)
        moved = replace(one, values=tuple(values.tolist()), changes=((place, float(size)),))
        yield from (moved.upto(place + night) for night in NIGHTS if place + night <= len(values))


def places(series: Iterable[Planted], model: Model, tonight: Model) -> tuple[Array, Array, Array]:
    """Answers, truth and weight of every place that is looked at."""
    log = np.zeros((LOOKS, evidence.QUESTIONS + 1))
    answers, truths, weights = [], [], []
    roots = np.array([model.root, tonight.root])
    for one in series:
        x, at = logarithms(one.values)
        room, ends, odds = eliminate.space(len(x))
        count = eliminate.visited(x, model.trees, tonight.trees, roots, room, ends, odds, log)
        if count:
            found = at[log[:count, 0].astype(int)]
            apart = np.abs(found[:, None] - np.array([[place for place, _ in one.changes] or [-99]])).min(1)
            answers.append(log[:count, 1:].copy())
            truths.append(apart <= NEAR)
            weights.append(
                np.where((apart > EXACT) & (apart <= NEAR), VAGUE, 1.0) * (0.5 if one.kind == "drift" else 1)
            )
    return np.concatenate(answers), np.concatenate(truths), np.concatenate(weights)


def learn(seen: Sequence[tuple[Array, Array, Array]], trees: int) -> Model:
    """Gradient boosting on everything seen so far."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    answers, truths, weights = (np.concatenate([part[column] for part in seen]) for column in range(3))
    names = evidence.QUESTION_NAMES
    directions = [1 if name in RISING else -1 if name in FALLING else 0 for name in names]
    learner = HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=0.08,
        max_leaf_nodes=16,
        min_samples_leaf=60,
        l2_regularization=5.0,
        monotonic_cst=directions,
        early_stopping=False,
        random_state=1,
    )
    learner.fit(answers, truths, sample_weight=weights)
    return _flat(learner)


def _flat(learner: Any) -> Model:  # noqa: ANN401 - scikit-learn is untyped
    """All trees in one table, as `eliminate.score` reads it."""
    rows = []
    for (tree,) in learner._predictors:
        for node in tree.nodes:
            leaf = bool(node["is_leaf"])
            split = (node["feature_idx"], node["num_threshold"], node["left"], node["right"], 0.0)
            rows.append((-1, 0, 0, 0, node["value"], len(tree.nodes)) if leaf else (*split, len(tree.nodes)))
    return Model(np.array(rows, float), float(np.ravel(learner._baseline_prediction)[0]))


def teach(seeds: int) -> tuple[Model, Model]:
    """The model for hindsight, and the one for the newest points."""
    seen: list[tuple[Array, Array, Array]] = []
    model = NOTHING
    series = list(chain.from_iterable(histories(seed) for seed in range(100, 100 + seeds)))
    for turn in range(3):
        seen.append(places(series, model, NOTHING))
        model = learn(seen, 200)
        print(f"round {turn + 1}: {sum(len(part[1]) for part in seen)} places", file=sys.stderr, flush=True)
    series = list(chain.from_iterable(nights(seed, 1500, 2500) for seed in range(200, 200 + seeds)))
    series += list(chain.from_iterable(histories(seed) for seed in range(300, 300 + 2 * seeds)))
    seen, tonight = [], NOTHING
    for turn in range(2):
        answers, truths, _ = places(series, model, tonight)
        new = (answers[:, evidence.NEWEST] == 1) & (answers[:, evidence.SHORT] <= eliminate.SHORT_TAIL)
        seen.append((answers[new], truths[new], np.ones(int(new.sum()))))
        tonight = learn(seen, 160)
        print(f"tonight, round {turn + 1}: {int(new.sum())} places", file=sys.stderr, flush=True)
    return model, tonight


def _measured(values: Sequence[float | None]) -> int:
    return sum(value is not None for value in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="sets of histories to learn from (default: 10)")
    parser.add_argument("--to", type=Path, default=WHERE, help="the file to write")
    args = parser.parse_args()
    compiler.compiled()
    hindsight, tonight = teach(args.seeds)
    np.savez_compressed(
        args.to,
        hindsight=hindsight.trees.astype(np.float32),
        tonight=tonight.trees.astype(np.float32),
        roots=np.array([hindsight.root, tonight.root]),
        questions=np.array(evidence.QUESTION_NAMES),
    )


if __name__ == "__main__":
    main()
