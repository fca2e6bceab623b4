"""Sick and healthy twins: an asv suite by which the diagnosis is scored, and on which it is never tuned.

One module for each pitfall, one class for each way of falling into it. A class says what it is:

`pitfall`   the id that a diagnosis of the sick twin must name, or a tuple of ids that are all right answers
`harm`      "time" (effect: sick time over healthy time), "memory", "result" (a wrong value, or a wrong timing), "none"
`expected`  how the sick twin ends: "ok", "failed" or "aborted"; a healthy twin is always "ok"
`why`       one sentence
`only`      (if present) twin -> {parameter: value}: other combinations raise NotImplementedError in `setup`
`unscored`  (if present) cells that are there to be compared with; each is a {parameter: value} that matches

`twins.cells` reads all of that, without importing an array library. The value of a parameter `threads` is a thread
setting; the measuring process needs its variables before it starts.
"""
