"""The files of the charts that a script draws; a page that has such charts names them before its own.

    Page(..., scripts=(*SCRIPTS, "static/mine.js"), styles=(*STYLES, "static/mine.css"))

In the page stands `<div class="plot"></div>` for each chart (`plot tall`, `plot strip` for another height, which is
reserved before the script runs), and its script calls `stallhorn.chart(container, spec)`, which gives
`{update(spec), destroy()}`. What may be in the spec:

* `title` (shown above the chart unless `heading: false`), `description` (spoken), `height` ("tall", "normal", "strip"),
  `link` (charts with the same word share pointer and zoom), `legend: false`, `table: false`,
  `onpick: (line, index) => ...` (a click on a point, or Enter at it), `view: [from, to]` (values of x: what is shown at
  first), `onzoom: (from, to) => ...` (what is shown now, of the chart in which somebody zooms; null for all);
* `x`: `kind` ("commits", "log", "log2", "linear", "time" in milliseconds), `title`, `unit`, `domain`,
  `ticks` ([[x, text]]), `commits` ([{hash, subject, date, tags, gap}]; then x is a place in this list, and `gap` the
  number of commits before it that were not measured);
* `y`: `kind` ("auto", "log", "log2", "linear"), `title`, `unit`, `domain`;
* `lines`, six at most: `id`, `label`, `style` (0 to 5: colour, dash and marker), `x`, `y`, `low`, `high` (null = not
  measured), `levels` ([[from, to, y]]), `hollow` ([bool]), `dotted` ([[from, to]]: not measured, extrapolated), `notes`
  ([text], beside a point's value and in the table), `points` (false: no markers), `hidden`;
* `marks`: `x`, `text` (or several texts, shorter and shorter), `tone` ("slower", "faster", "machine", "measured",
  "tag", "env", "version"), `href`;
* `guides`: `text` and one of `x`, `y` (with `from` and `to`), `points` ([[x, y], ...]);
* `ribbons`: `from`, `to`, `text`, `style`.
"""

from __future__ import annotations

SCRIPTS = ("static/chart_axes.js", "static/chart_draw.js", "static/chart.js")
STYLES = ("static/chart.css",)
