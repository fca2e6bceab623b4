"""The limits of the libraries as series: an upgrade that mends or breaks one of the kept examples shows as a change.

They do not depend on the package that is measured, and on nothing but the versions of the libraries: each value is
exact, and any other value is a change. Each example runs in a process of its own. What it said goes to standard error,
which is kept with the record; a value that differs from the declared one is no failure, it is the finding.
"""

import importlib.util
import sys

from ._limits import EXAMPLES, trial


def _of(kind):
    return [example for example in EXAMPLES.values() if example.kind == kind]


def _look(name):
    seen = trial.look(EXAMPLES[name])
    print(trial.report(EXAMPLES[name], seen), file=sys.stderr)
    return seen.value


def setup(name):
    missing = trial.missing(EXAMPLES[name], importlib.util.find_spec)
    if missing:
        raise NotImplementedError(f"{missing} is not installed in this environment")


def track_outcome(name):
    """What comes of each example: 1 works, 2 no effect, 3 refused, 4 aborts, 5 wrong; less is better."""
    return _look(name)


def track_compiles(name):
    """How many compilations each example causes."""
    return _look(name)


def track_transfers(name):
    """How many arrays each example has JAX move to the device."""
    return _look(name)


# A unit that ends in "counted)" says that values are exact: stallhorn compares them without statistics.
_UNITS = {
    "outcome": "(1 works ... 5 wrong, counted)",
    "compiles": "compiles (counted)",
    "transfers": "transfers (counted)",
}

for _track, _kind in ((track_outcome, "outcome"), (track_compiles, "compiles"), (track_transfers, "transfers")):
    _track.params = [[example.name for example in _of(_kind)]]
    _track.param_names = ["example"]
    _track.unit = _UNITS[_kind]
    _track.version = "1"
    _track.timeout = 120
    # What follows reaches benchmarks.json, where stallhorn reads it.
    _track.quick = [example.quick for example in _of(_kind)]
    _track.specimens = [None if example.healthy else example.pitfall for example in _of(_kind)]
