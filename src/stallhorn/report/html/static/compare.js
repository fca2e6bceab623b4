// The Compare page: choose two sides, see what differs. The static page stays where the data cannot be read.
"use strict";

(() => {
  const { el, svg, state, format, breakable, contrast: rule } = window.stallhorn;
  const data = window.stallhorn.readable(window.stallhornData?.compare), series = window.stallhorn.series?.();
  if (!data || !series) return;
  const known = rule.known(data, series);
  const labels = (name) => data.environments[name]?.label || name;
  const part = (name) => document.querySelector(`[data-${name}]`);
  const LISTED = 600;  // commits that are offered by name
  // Of the histogram: how wide a bin is in log2, and how many there are on each side of the middle one. A finger needs 24
  // pixels, so that a phone has fewer; a link made there names them otherwise.
  const [STEP, EDGE, MARK] = matchMedia("(max-width: 52rem)").matches ? [0.2, 5, "w"] : [0.1, 10, ""];
  const NO_SHIFT = 1e-9;

  const tagged = ([hash, , , , tags]) => tags.find((tag) => !/[,:]/.test(tag)) || hash.slice(0, 8);
  const placeOf = new Map(data.commits.map(([hash], place) => [hash, place]));
  const short = (value) => (value >= 100 || value < 1e-3 ? format.general(value, 3) : value.toPrecision(3)) + "x";
  const bounds = (low, high, written = short) => (Number.isNaN(low) || Number.isNaN(high) ? "no interval" : written(low) + " to " + written(high));

  // ---- choosing

  if (!data.first && rule.AXES.every((axis) => axis === "commit" || known[axis].length < 2)) {
    part("chooser").replaceChildren(el("p", null, "There is nothing to choose from yet: everything was measured at one commit, in one environment, on one machine."));
    part("chooser").style.minHeight = "0";
    return;
  }
  const fields = ["a", "b"].map((letter) => side(letter));
  const exchange = el("button", { type: "button", class: "swap", onclick: swap }, el("span", { "aria-hidden": "true" }, "⇄ "), "Swap A and B");
  part("chooser").replaceChildren(fields[0].element, exchange, fields[1].element, suggestions());

  function suggestions() {
    const newest = data.commits.slice(-LISTED).reverse();
    const older = data.commits.slice(0, -LISTED).filter(([, , , , tags]) => tags.length);
    return el("datalist", { id: "compare-commits" }, [...newest, ...older].map((commit) =>
      el("option", { value: tagged(commit) }, [commit[0].slice(0, 8), commit[3], commit[2]].filter(Boolean).join(" · "))));
  }

  function side(letter) {
    const upper = letter.toUpperCase(), id = "compare-" + letter;
    const commit = el("input", { id, list: "compare-commits", autocomplete: "off", spellcheck: "false", placeholder: "newest of both", onchange: changed });
    const choices = rule.AXES.slice(1).filter((axis) => known[axis].length > 1).map((axis) => {
      const names = known[axis].map((name) => [name, axis === "environment" ? labels(name) : name]);
      return [axis, window.stallhorn.pick(axis[0].toUpperCase() + axis.slice(1), [["", "all"], ...names], "", changed)];
    });
    const element = el("fieldset", { class: "side" }, el("legend", null, upper),
      el("label", { class: "pick", for: id }, el("span", null, "Commit or tag"), commit), choices.map(([, choice]) => choice));
    function changed() {
      const chosen = { commit: "", environment: "", backend: "", machine: "" };
      for (const [axis, choice] of choices) chosen[axis] = choice.control.value;
      const rest = rule.write(chosen);
      state.set({ [letter]: [commit.value.trim(), rest].filter(Boolean).join(",") || null, bin: null });
    }
    return {
      element,
      show(text, read) {
        const first = text.split(",").find((each) => !each.includes(":")) || "";
        if (document.activeElement !== commit) commit.value = first;
        for (const [axis, choice] of choices) choice.control.value = read?.[axis] || "";
      },
    };
  }

  function swap() {
    const [a, b] = asked();
    state.set({ a: b, b: a, bin: null });
  }

  // What the address asks for; without it the newest commit with the one before it, or two environments.
  function asked() {
    const a = state.get("a"), b = state.get("b");
    if (a !== null || b !== null) return [a ?? "", b ?? ""];
    if (data.first) return [data.first, data.second].map((hash) => tagged(data.commits[placeOf.get(hash)]));
    const axis = rule.AXES.slice(1).find((each) => known[each].length > 1);
    const name = { environment: "env" }[axis] || axis;
    return axis ? known[axis].slice(0, 2).map((each) => name + ":" + each) : ["", ""];
  }

  // ---- one comparison after the other

  let drawn = null, wanted = 0, now = null;

  async function update() {
    const texts = asked(), key = texts.join("\n");
    if (key === drawn) return press();
    drawn = key;
    const turn = wanted += 1;
    let sides = [null, null];
    try {
      sides = texts.map((text) => rule.read(text, known));
      fields.forEach((field, place) => field.show(texts[place], sides[place]));
      const [one, other] = rule.completed(...sides, known);
      check(one, other, texts);
      const [before, after] = await Promise.all([values(one.commit), values(other.commit)]);
      if (turn === wanted) draw(rule.compare(one, other, before, after, known), texts);
    } catch (error) {
      if (turn !== wanted) return;
      fields.forEach((field, place) => field.show(texts[place], sides[place]));
      trouble(error.message);
    }
  }

  function check(one, other, texts) {
    if (!rule.differing(one, other).length) throw new Error("A and B are the same: choose another commit, environment, backend or machine for one of them.");
    if (!one.commit) throw new Error(`There is no commit at which both ${texts[0]} and ${texts[1]} have results: choose a commit for each.`);
    for (const [letter, each] of [["A", one], ["B", other]]) {
      const has = rule.measured(each, known);
      if (has[placeOf.get(each.commit)]) continue;
      const near = rule.nearest(each.commit, has, known);
      const where = rule.write({ ...each, commit: "" });
      throw new Error(`${letter} (${each.commit.slice(0, 8)}) has no results${where ? " in " + where : ""}`
        + (near ? `; the nearest measured commit is ${tagged(data.commits[near[0]])} (${near[1]}).` : "."));
    }
  }

  async function values(hash) {
    const name = "commit/" + Math.floor(placeOf.get(hash) / data.block);
    await window.stallhorn.load(`data/${name}.js`);
    const file = window.stallhorn.readable(window.stallhornData[name]);
    if (!file || file.count !== series.count || !file.values[hash]) throw new Error("The values of a commit do not belong to this page: reload it.");
    return rule.decode(file.values[hash], file.count);
  }

  const BELOW = ["environments", "table", "reasons"];

  function trouble(text) {
    now = null;
    part("trouble").textContent = text;
    part("answer").textContent = "Nothing to compare";
    for (const name of ["sides", "warning", "tiles", "mean"]) part(name).replaceChildren();
    for (const name of BELOW) part(name).closest("section").hidden = true;
  }

  // ---- the answer

  function draw(found, texts) {
    now = found;
    part("trouble").textContent = "";
    for (const name of BELOW) part(name).closest("section").hidden = false;
    part("answer").textContent = answer(found);
    part("sides").replaceChildren(...[["A", found.one], ["B", found.other]].map(([letter, each]) => described(letter, each)));
    const axes = rule.differing(found.one, found.other);
    part("warning").replaceChildren(...(axes.length > 1 ? [el("p", { class: "differ" },
      `These differ in ${axes.length} things: ${axes.join(", ")}. What is slower can come from any of them.`)] : []));
    tiles(found);
    environments(found);
    part("command").textContent = "stallhorn compare " + [found.one, found.other].map((each) => quoted(rule.write(each))).join(" ");
    histogram();
    rows(found);
    reasons(found);
    document.title = `${texts.map((text) => text || "newest").join(" against ")} · Compare`;
  }

  const quoted = (text) => (/^[\w.:,@%+=/-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'");

  function answer({ counts, pairs }) {
    const comparable = pairs.length - counts[4];
    if (!pairs.length) return "There is nothing to compare.";
    if (!comparable) return `Nothing is comparable: ${format.count(pairs.length)} series.`;
    const head = `${counts[0] ? format.count(counts[0]) : "None"} of ${format.count(comparable)} series ${counts[0] > 1 ? "are" : "is"} slower in B`;
    const rest = [1, 3, 2, 4].filter((code) => counts[code]).map((code) => `${format.count(counts[code])} ${rule.OUTCOMES[code].words}`);
    return [head, ...rest].join(", ") + ".";
  }

  function described(letter, each) {
    const [hash, , subject, day, tags] = data.commits[placeOf.get(each.commit)];
    const where = rule.AXES.slice(1).filter((axis) => each[axis]).map((axis) => [" · ", axis, " ", el("b", null, axis === "environment" ? labels(each[axis]) : each[axis])]);
    return el("p", null, el("b", null, letter), " ", el("span", { class: "hash" }, hash.slice(0, 8)), " ", el("bdi", { class: "subject" }, subject),
      tags.map((tag) => [" ", el("span", { class: "tag" }, tag)]), " ", el("span", { class: "when" }, day), where);
  }

  function tiles({ counts, mean, low, high, worst, best }) {
    part("tiles").replaceChildren(...rule.OUTCOMES.map((outcome, code) => el("li", null, el("b", null, format.count(counts[code])), " ", standing(outcome, outcome.words))));
    const extremes = [["Worst", worst], ["Best", best]].filter(([, each]) => each).map(([title, each]) =>
      [" ", title, ": ", named(each), " ", format.ratio(each.ratio, series.unit(place(each))), "."]);
    part("mean").replaceChildren(...(Number.isNaN(mean) ? [] : [
      "Geometric mean: ", el("b", null, short(mean)), Number.isNaN(low) ? " (no interval: of fewer than three benchmarks)" : ` (99 % interval ${bounds(low, high)})`, ". Above 1 is worse in B.", ...extremes.flat()]));
  }

  function standing(outcome, words) {
    return el("span", { class: "standing " + outcome.id }, el("span", { "aria-hidden": "true" }, outcome.sign), " ", words);
  }

  function environments(found) {
    const rows = rule.differences(found.one, found.other, known);
    const head = el("thead", null, el("tr", null, ["What", "A", "B"].map((title) => el("th", { scope: "col" }, title))));
    const body = el("tbody", null, rows.map((each) => el("tr", null,
      el("th", { scope: "row" }, breakable(each.what), each.where && [" ", el("span", { class: "muted" }, breakable(labels(each.where)))]),
      el("td", null, breakable(each.before)), el("td", null, breakable(each.after)))));
    part("environments").replaceChildren(rows.length
      ? el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Differences of the environments" }, el("table", { class: "plain" }, head, body))
      : el("p", null, "Nothing, as far as is known."));
  }

  // ---- the histogram: a bin is a button that filters

  const bin = ({ effect, ratio }) => (Number.isNaN(ratio) ? "" : MARK + Math.max(-EDGE, Math.min(EDGE, Math.round(effect / Math.LN2 / STEP + NO_SHIFT))));
  const placed = (name) => Number(name.slice(MARK.length));

  function histogram() {
    const heights = new Map(), told = new Map();
    for (const each of now.pairs) {
      if (!bin(each)) continue;
      heights.set(bin(each), (heights.get(bin(each)) || 0) + 1);
      if (each.outcome < 2) told.set(bin(each), (told.get(bin(each)) || 0) + 1);
    }
    const most = Math.max(1, ...heights.values());
    const places = Array.from({ length: 2 * EDGE + 1 }, (_, index) => index - EDGE);
    const bars = places.map((at) => {
      const many = heights.get(MARK + at) || 0;
      const part = el("span", { class: "told" }), bar = el("span", { class: "bar" }, part);
      const moved = told.get(MARK + at) || 0, words = at > 0 ? "slower" : "faster";
      bar.style.height = many ? Math.max(3, (many / most) * 100) + "%" : "0";
      part.style.height = (moved / (many || 1)) * 100 + "%";
      const text = `${span(at)}: ${format.count(many)} series` + (moved ? `, ${format.count(moved)} ${words}` : "");
      const button = el("button", { type: "button", "data-bin": MARK + at, class: words, disabled: !many, "aria-pressed": "false", "aria-label": text, title: text,
        onclick: () => state.set({ bin: state.get("bin") === MARK + at ? null : MARK + at }) }, bar);
      return button;
    });
    const ticks = [[0, "0.5x or less"], [EDGE / 2, "0.71x"], [EDGE, "same"], [EDGE * 1.5, "1.41x"], [2 * EDGE, "2x or more"]];
    const row = el("div", { class: "bars-of", role: "group", "aria-labelledby": "histogram-title" }, bars);
    row.style.gridTemplateColumns = `repeat(${bars.length}, minmax(0, 1fr))`;
    part("histogram").replaceChildren(
      el("p", { class: "muted", id: "histogram-title" }, `How many series have which ratio of B to A, on a logarithmic scale: worse to the right. The highest bar has ${format.count(most)}; coloured parts are slower or faster. Press a bar to list its series.`),
      row,
      el("div", { class: "ticks", "aria-hidden": "true" }, ticks.map(([at, text]) => {
        const tick = el("span", null, text);
        tick.style.left = ((at + 0.5) / (2 * EDGE + 1)) * 100 + "%";
        return tick;
      })));
    press();
  }

  function press() {
    if (!now) return;
    const chosen = state.get("bin");
    for (const each of part("histogram").querySelectorAll("button")) each.setAttribute("aria-pressed", String(each.dataset.bin === chosen));
  }

  function span(at) {
    const [low, high] = [at - 0.5, at + 0.5].map((edge) => format.general(2 ** (edge * STEP), 3) + "x");
    if (at === -EDGE) return "below " + high;
    return at === EDGE ? "above " + low : low + " to " + high;
  }

  // ---- the series

  const place = ({ first, second }) => (first < 0 ? second : first);
  const name = (each) => {
    const i = place(each), free = rule.differing(now.one, now.other);
    return [series.benchmark(i), series.shown(i), now.one.environment || free.includes("environment") ? "" : series.environment(i),
      known.machine.length > 1 && !now.one.machine ? series.machine(i) : ""];
  };

  function named(each) {
    const [benchmark, parameters, environment, machine] = name(each);
    return el("span", { class: "named-series" }, el("a", { href: series.href(place(each)) }, breakable(benchmark)), " ",
      el("span", { class: "params" }, breakable(parameters)), " ", el("span", { class: "muted" }, breakable([environment, machine].filter(Boolean).join(" on "))));
  }

  function verdict(each) {
    const outcome = rule.OUTCOMES[each.outcome];
    if (each.reason) return each.reason;
    if (outcome.id === "slower" || outcome.id === "faster") return format.ratio(each.ratio, series.unit(place(each)));
    const words = each.significant && !each.relevant ? "significant, not relevant" : outcome.words;
    return `${words} (${format.percent(each.ratio)})`;
  }

  // The interval in the form of the verdict above it: as factors in its direction, or in percent where both ends are near.
  function reach99({ outcome, low, high }) {
    if (rule.OUTCOMES[outcome].id === "faster") return bounds(1 / high, 1 / low);
    const near = low >= 0.5 && high < 2 && rule.OUTCOMES[outcome].id !== "slower";
    return bounds(low, high, near ? format.percent : short);
  }

  function measured(each, { status, value, below, above }) {
    const unit = series.unit(place(each));
    if (Number.isNaN(value)) return el("span", { class: "unknown" }, status === "ok" ? "not positive" : status || "not measured");
    const whole = Number.isNaN(below) || Number.isNaN(above) ? "no interval" : format.interval(value * Math.exp(-below), value * Math.exp(above), unit);
    return [el("span", { class: "number" }, format.quantity(value, unit)), " ", el("span", { class: "interval" }, whole)];
  }

  // The interval of the ratio as a bar about 1, on the scale that most of the series need.
  function forest(each, reach) {
    if (Number.isNaN(each.ratio)) return "";
    const WIDTH = 110, HEIGHT = 16, MIDDLE = HEIGHT / 2;
    const x = (ratio) => Math.max(2, Math.min(WIDTH - 2, WIDTH / 2 + (Math.log2(ratio) / reach) * (WIDTH / 2 - 4)));
    const [low, high] = Number.isNaN(each.low) ? [each.ratio, each.ratio] : [each.low, each.high];
    return svg("svg", { class: "forest " + rule.OUTCOMES[each.outcome].id, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" },
      svg("line", { x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: HEIGHT, class: "one" }),
      svg("line", { x1: x(low), x2: Math.max(x(high), x(low) + 1), y1: MIDDLE, y2: MIDDLE, class: "reach" }),
      svg("circle", { cx: x(each.ratio), cy: MIDDLE, r: 3.2, class: "at" }));
  }

  function scaleOf(pairs) {
    const sizes = pairs.map(({ effect }) => Math.abs(effect) / Math.LN2).filter((size) => size >= 0).sort((a, b) => a - b);
    const most = sizes[Math.floor(sizes.length * 0.99)] || 0;
    return [0.25, 0.5, 1, 2, 4].find((reach) => reach >= 1.3 * most) || 6;
  }

  function rows(found) {
    const { pairs } = found, reach = scaleOf(pairs);
    const search = searching(found);
    const chips = rule.OUTCOMES.map((outcome, code) => [outcome.words, [standing(outcome, outcome.words), " ", format.count(found.counts[code])]]).filter((_, code) => found.counts[code]);
    const bins = [...new Set(pairs.map(bin))].filter(Boolean).sort((a, b) => placed(a) - placed(b)).map((at) => [at, span(placed(at))]);
    const spec = {
      rows: pairs.length, noun: "series", label: "Series", row: "4.3rem", narrow: "11.4rem",
      widths: "minmax(0, 5fr) minmax(0, 2fr) minmax(0, 2fr) 8.4rem minmax(0, 3fr)", placeholder: "names, parameters, “slower”",
      order: (row) => pairs[row].outcome * 1000 - Math.abs(pairs[row].effect || 0), search,
      filters: [
        { id: "only", label: "Only", chips: true, of: (row) => rule.OUTCOMES[pairs[row].outcome].words, values: chips, aside: [rule.OUTCOMES[4].words] },
        { id: "bin", label: "B / A", of: (row) => bin(pairs[row]), values: bins },
      ],
      columns: [
        { id: "name", title: "Series", cell: (row) => named(pairs[row]), sort: (row) => name(pairs[row]).join(" ") },
        { id: "a", title: "A", number: true, cell: (row) => measured(pairs[row], pairs[row].left), sort: (row) => sortable(pairs[row].left.value) },
        { id: "b", title: "B", number: true, cell: (row) => measured(pairs[row], pairs[row].right), sort: (row) => sortable(pairs[row].right.value) },
        { id: "forest", title: `B / A, ${format.general(2 ** -reach, 2)}x to ${format.general(2 ** reach, 2)}x`, cell: (row) => forest(pairs[row], reach) },
        { id: "verdict", title: "B against A", number: true, sort: (row) => sortable(pairs[row].effect), cell: (row) => [
          standing(rule.OUTCOMES[pairs[row].outcome], verdict(pairs[row])), " ",
          !Number.isNaN(pairs[row].ratio) && el("span", { class: "interval" }, reach99(pairs[row]))] },
      ],
    };
    separately(() => window.stallhorn.table(part("table"), spec));
  }

  // What a search looks into, made while nobody waits: one row takes microseconds, ten thousand are felt at the first key.
  function searching(found) {
    const texts = [], { pairs } = found;
    const search = (row) => texts[row] ??= [...name(pairs[row]), verdict(pairs[row]), series.unit(place(pairs[row]))].join("\n").toLowerCase().replaceAll("\u00a0", " ");
    const idle = window.requestIdleCallback || ((work) => setTimeout(work, 50));
    const some = (from) => idle(() => {
      if (now !== found) return;
      const to = Math.min(pairs.length, from + 500);
      for (let row = from; row < to; row += 1) search(row);
      if (to < pairs.length) some(to);
    });
    some(0);
    return search;
  }

  const sortable = (value) => (Number.isNaN(value) ? null : value);

  // A table follows the address as long as the page lives, and here another takes its place: only the newest may follow.
  let follower = null;
  state.onchange(() => { update(); follower?.(); });
  function separately(make) {
    const onchange = state.onchange;
    state.onchange = (listener) => { follower = listener; };
    try {
      make();
    } finally {
      state.onchange = onchange;
    }
  }

  function reasons({ pairs }) {
    const counts = new Map();
    for (const { reason: why } of pairs) if (why) counts.set(why, (counts.get(why) || 0) + 1);
    const listed = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 20);
    part("reasons").replaceChildren(listed.length
      ? el("div", null, el("ul", { class: "hits" }, listed.map(([why, many]) => el("li", null, `${format.count(many)} series: ${why}`))),
        el("button", { type: "button", class: "list-them", onclick: () => { state.set({ only: rule.OUTCOMES[4].words, bin: null, q: null }); part("table").scrollIntoView(); } }, "List them"))
      : el("p", null, "Every series that was tried on both sides has two values."));
  }

  update();
})();
