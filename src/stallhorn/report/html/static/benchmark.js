// One benchmark's page: its tabs, the history with what was recorded beside it, and the choice of lines in the table.
"use strict";

(() => {
  const here = window.stallhorn;
  const { el, state, say, benchmark } = here;
  const { MOST, plot } = benchmark;
  const MOST_ROWS = 100; // of the table at a time
  const STRIPS = [["first", "first call", "seconds"], ["peak", "peak memory", "bytes"], ["threads", "threads had", ""]];
  const page = benchmark.read();
  const view = document.getElementById("view"), controls = document.getElementById("controls");
  if (!page || !view || !page.series.length) return;

  let charts = [];
  let chosen = []; // series that the history draws
  const styles = new Map(); // of series; what is drawn keeps its colour while others come and go

  // ---- tabs

  const tabs = [...document.querySelectorAll(".tabs a")];
  const nameOf = (link) => new URLSearchParams(link.search).get("tab");
  for (const link of tabs) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      state.set({ tab: nameOf(link) === "history" ? null : nameOf(link) });
    });
  }

  function render() {
    const asked = state.get("tab", "history");
    const tab = tabs.some((link) => nameOf(link) === asked) ? asked : "history";
    for (const link of tabs) {
      if (nameOf(link) === tab) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    view.dataset.tab = tab;
    for (const chart of charts) chart.destroy();
    charts = [];
    const focused = controls.contains(document.activeElement) ? document.activeElement.closest(".pick")?.dataset.key : null;
    if (page.tabs[tab]) {
      controls.replaceChildren();
      view.replaceChildren(el("p", { class: "nothing" }, page.tabs[tab]));
      return;
    }
    const made = tab === "history" ? history() : benchmark.views[tab](page);
    controls.replaceChildren(...made.picks.map(({ key, label, values, value }) => {
      const pick = here.pick(label, values, value, (next) => state.set({ [key]: next || null }));
      pick.dataset.key = key;
      return pick;
    }));
    if (focused) controls.querySelector(`[data-key="${CSS.escape(focused)}"] select`)?.focus();
    view.replaceChildren(...made.nodes);
    charts = made.charts.map(([container, spec]) => here.chart(container, spec));
  }

  // ---- which lines

  const inView = () => {
    const [label, machine] = ["environment", "machine"].map((key) => (state.get(key) === "all" ? null : state.get(key)));
    return page.series.filter((each) =>
      (!label || page.environments[each.environment].label === label) && (!machine || page.machines[each.machine].name === machine));
  };

  // Series of one machine that share all parameters but those that become lines.
  function groups(series) {
    const roles = ["backend", "variant", "threads"].map((role) => page.roles[role]).filter((which) => page.telling.includes(which));
    const wanted = roles.length ? roles : [...page.telling].reverse();
    const inside = [];
    for (const which of wanted) {
      if ([...inside, which].reduce((many, each) => many * page.texts[each].length, 1) <= MOST) inside.push(which);
    }
    const rest = page.telling.filter((which) => !inside.includes(which));
    const found = new Map();
    for (const each of series) {
      const title = [...rest.map((which) => `${page.parameters[which]} = ${each.texts[which]}`), each.where].filter(Boolean).join(", ") || "all series";
      if (!found.has(title)) found.set(title, { title, series: [], key: rest.map((which) => each.texts[which]) });
      found.get(title).series.push(each);
    }
    const byKey = (one, other) => {
      const at = one.key.findIndex((text, place) => text !== other.key[place]);
      return at < 0 ? (one.title < other.title ? -1 : 1) : benchmark.inOrder(one.key[at], other.key[at]);
    };
    return [...found.values()].sort(byKey);
  }

  function changed(series) {
    const hit = new Set(page.marks.filter((mark) => mark.id).flatMap((mark) => mark.series));
    const moved = series.filter((each) => page.standings[each.standing].moved);
    return [...moved, ...series.filter((each) => !moved.includes(each) && hit.has(each.place))];
  }

  const drawable = (each) => each.points.length > 0 || each.failures.length > 0;

  function choice() {
    const all = inView().filter(drawable);
    const ids = new Set(state.getAll("s"));
    const own = page.series.filter((each) => ids.has(each.id)).slice(0, MOST);
    if (own.length) return { series: own, how: "own" };
    const listed = groups(all), asked = listed.find((group) => group.title === state.get("lines"));
    if (asked) return { series: asked.series.slice(0, MOST), how: asked.title };
    const found = changed(all);
    // Charts of one machine alone: its commits are the axis.
    const alike = found.filter((each) => each.machine === found[0].machine).slice(0, MOST);
    if (alike.length) return { series: alike, how: "" };
    const best = fullest(listed, all);
    return { series: (best?.series || all).slice(0, MOST), how: best?.title || "" };
  }

  // The group with most series that were measured last; of equals the last one, which has the largest size.
  function fullest(listed, all) {
    const newest = Math.max(...all.map((each) => each.newest?.place ?? -1));
    const current = (group) => group.series.filter((each) => each.newest?.place === newest).length;
    return listed.reduce((best, group) => (!best || current(group) >= current(best) ? group : best), null);
  }

  function paint(series) {
    for (const each of styles.keys()) if (!series.includes(each)) styles.delete(each);
    const fresh = series.filter((each) => !styles.has(each));
    const which = page.roles.backend;
    for (const each of fresh) {
      const taken = new Set(styles.values());
      let style = which === null ? taken.size % MOST : Math.max(0, each.raw.p[which]) % MOST;
      for (let tried = 0; taken.has(style) && tried < MOST; tried += 1) style = (style + 1) % MOST;
      styles.set(each, style);
    }
  }

  // ---- the history

  function history() {
    const { series, how } = choice();
    chosen = series;
    paint(chosen);
    markRows();
    const all = inView(), machine = page.machines[chosen[0]?.machine ?? 0];
    const byDate = state.get("x") === "date";
    const axis = axisOf(all.filter((each) => each.machine === (chosen[0]?.machine ?? 0)), machine);
    const kind = ["log", "linear"].includes(state.get("y")) ? state.get("y") : "auto";
    const relative = state.get("y") === "relative";
    const x = byDate ? { kind: "time", title: "date" } : { kind: "commits", title: "commit", commits: axis.commits };
    const zoom = { view: viewOf(axis, machine, byDate), onzoom: (from, to) => zoomed(axis, byDate, from, to) };
    const main = plot("tall");
    const noun = page.unit === "seconds" ? "time per call" : "value";
    const made = [[main, {
      title: `History of ${page.name}`, heading: false, description: described(), height: "tall", x, legend: true, table: true, link: "history",
      y: relative ? { kind, title: "ratio to its median", unit: "" } : { kind, title: noun, unit: page.unit },
      lines: chosen.map((each) => line(each, axis, byDate, relative)), marks: marks(axis, byDate),
      onpick: (drawn, index) => pin(drawn.commits[index]), ...zoom,
    }]];
    const nodes = [shared(), main, pinned(machine), ...missing(machine), ...(machine.thinned ? [el("p", { class: "muted" }, `${here.format.count(machine.thinned)} older commits are left out of the charts, evenly.`)] : [])];
    for (const [name, title, unit] of STRIPS) {
      const lines = chosen.map((each) => strip(each, name, axis, byDate)).filter((each) => each.x.length);
      if (!lines.length) continue;
      const container = plot("strip");
      nodes.push(container);
      made.push([container, { title: capital(title), height: "strip", x, y: { kind: "auto", title, unit, ...(unit ? {} : { kind: "linear", domain: [0, 1.25 * Math.max(...lines.flatMap((each) => each.y))] }) }, lines, legend: false, table: true, link: "history", ...zoom }]);
    }
    return { picks: picks(groups(all.filter(drawable)), how), nodes, charts: made };
  }

  // A line is called by what tells it from the other lines; what all of them share stands above the chart.
  const called = (series) => (chosen.length === 1 ? series.name : benchmark.labelled(benchmark.dimensions(page, chosen), series));

  function shared() {
    if (chosen.length < 2) return el("p", { class: "shared muted" }, chosen.length ? chosen[0].name : "");
    const differ = new Set(benchmark.dimensions(page, chosen).map((dim) => dim.key));
    const same = benchmark.dimensions(page, page.series).filter((dim) => !differ.has(dim.key)).map((dim) => benchmark.labelled([dim], chosen[0]));
    return el("p", { class: "shared muted" }, same.length ? `All lines: ${same.join(", ")}` : "");
  }

  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const described = () => `${chosen.length} ${chosen.length === 1 ? "series" : "series"}, newest values on the right`;

  function picks(listed, how) {
    const { several } = page;
    const lines = [...(changed(inView()).length ? [["", "what changed"]] : []), ...listed.slice(0, 80).map((group) => group.title)];
    if (how === "own") lines.push(["own", "chosen in the table"]);
    const labels = (values) => [["", "all"], ...values];
    return [
      listed.length > 1 || how ? { key: "lines", label: "lines", values: lines, value: how } : null,
      several.environments ? { key: "environment", label: "environment", values: labels(page.environments.map((each) => each.label)), value: state.get("environment", "") } : null,
      several.machines ? { key: "machine", label: "machine", values: labels(page.machines.map((each) => each.name)), value: state.get("machine", "") } : null,
      { key: "x", label: "by", values: [["", "commit"], ["date", "date"]], value: state.get("x", "") },
      { key: "y", label: "scale", values: [["", "as fits"], ["log", "logarithmic"], ["linear", "linear"], ["relative", "each to its median"]], value: state.get("y", "") },
    ].filter(Boolean);
  }

  // The commits at which anything was tried, with the number of unmeasured ones before each.
  function axisOf(series, machine) {
    const tried = new Set(series.flatMap((each) => [...each.points.map((point) => point.place), ...each.failures.map((one) => one.place)]));
    const places = [...tried].sort((a, b) => a - b);
    const index = new Map(places.map((place, at) => [place, at]));
    const commits = places.map((place, at) => {
      const commit = machine.commits[place];
      const before = at ? machine.commits[places[at - 1]].position : commit.position - 1;
      return { ...commit, place, gap: Math.max(0, commit.position - before - 1) };
    });
    return { commits, index, hashes: new Map(commits.map((commit, at) => [commit.hash, at])) };
  }

  // The stretch that the address names by its first and last commit; null for all.
  function viewOf(axis, machine, byDate) {
    const [from, to] = ["from", "to"].map((name) => {
      const hash = state.get(name);
      return hash ? machine.commits.findIndex((commit) => commit.hash.startsWith(hash)) : -1;
    });
    if (from < 0 || to < 0) return null;
    const first = axis.commits.findIndex((commit) => commit.place >= from), last = axis.commits.findLastIndex((commit) => commit.place <= to);
    if (first < 0 || last <= first) return null;
    return byDate ? [axis.commits[first].date, axis.commits[last].date] : [first, last];
  }

  // The charts have zoomed already: the address follows, and nothing is drawn again.
  function zoomed(axis, byDate, from, to) {
    const inside = from === null ? [] : byDate ? axis.commits.filter(({ date }) => date !== null && date >= from && date <= to) : axis.commits.slice(from, to + 1);
    isZooming = true;
    state.set({ from: inside[0]?.hash.slice(0, 8), to: inside.at(-1)?.hash.slice(0, 8) });
    isZooming = false;
    before = asked();
  }

  function median(series) {
    const sorted = series.points.map((point) => point.value).sort((a, b) => a - b);
    return sorted.length % 2 ? sorted[sorted.length >> 1] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
  }

  function line(series, axis, byDate, relative) {
    const part = (relative && median(series)) || 1;
    const divided = (value) => (value === null ? null : value / part);
    const kept = series.points.filter((point) => axis.index.has(point.place) && (!byDate || axis.commits[axis.index.get(point.place)].date !== null));
    const across = (place) => (byDate ? axis.commits[axis.index.get(place)].date : axis.index.get(place));
    return {
      id: series.id, label: called(series), style: styles.get(series), x: kept.map((point) => across(point.place)),
      y: kept.map((point) => divided(point.value)), low: kept.map((point) => divided(point.low)), high: kept.map((point) => divided(point.high)),
      levels: series.levels.filter(([from, to]) => axis.index.has(from) && axis.index.has(to)).map(([from, to, value]) => [across(from), across(to), divided(value)]),
      commits: kept.map((point) => axis.commits[axis.index.get(point.place)]),
    };
  }

  function strip(series, name, axis, byDate) {
    const found = series.fact(name) || { places: [], values: [] };
    const kept = found.places.map((place, at) => [axis.index.get(place), found.values[at]]).filter(([at, value]) => at !== undefined && value !== null);
    return {
      id: series.id, label: called(series), style: styles.get(series), x: kept.map(([at]) => (byDate ? axis.commits[at].date : at)), y: kept.map(([, value]) => value),
    };
  }

  function marks(axis, byDate) {
    const drawn = new Set(chosen.map((each) => each.place));
    const across = (at) => (byDate ? axis.commits[Math.round(at)].date : at);
    const found = [];
    for (const mark of page.marks) {
      const last = axis.hashes.get(mark.last), first = axis.hashes.get(mark.first);
      if (first === undefined || mark.machine !== chosen[0].machine || !mark.series.some((each) => drawn.has(each))) continue;
      const at = byDate || last === undefined ? first : (last + first) / 2;
      const sign = mark.text.split(" ")[0], short = `${sign} ${mark.text.match(/[\d.]+x/)?.[0] || ""}`.trim();
      found.push({ x: across(at), text: mark.tone === "env" ? [mark.text, "versions"] : [mark.text, short, sign], tone: mark.tone, href: mark.page ? `../${mark.page}` : null });
    }
    axis.commits.forEach((commit, at) => {
      if (commit.tags.length) found.push({ x: across(at), text: commit.tags.join(" "), tone: "tag" });
    });
    return found.filter((each) => each.x !== null).slice(0, 40);
  }

  // What has no place on the chart: failures of what is drawn.
  function missing(machine) {
    const failed = chosen.filter((each) => each.failures.length);
    if (!failed.length) return [];
    return [el("ul", { class: "notes" }, failed.map((each) => {
      const { place, how, why } = each.failures.at(-1);
      const others = each.failures.length - 1;
      return el("li", null, el("b", null, `✕ ${how}`), ` ${called(each)} at ${machine.commits[place].hash.slice(0, 8)}`,
        why ? `: ${why}` : "", others ? ` (and at ${others} ${others === 1 ? "commit" : "commits"} before it)` : "");
    }))];
  }

  // ---- two points to compare

  function pin(commit) {
    const hash = commit.hash.slice(0, 8);
    const [a, b] = [state.get("a"), state.get("b")];
    state.set(!a || (a && b) ? { a: hash, b: null } : a === hash ? { a: null } : { b: hash });
    say(state.get("b") ? `A ${state.get("a")}, B ${state.get("b")}` : state.get("a") ? `A is ${hash}. Choose B.` : "Nothing chosen.");
  }

  // A commit as the page that compares reads it, with what all lines share.
  function side(commit) {
    const { several, environments, machines } = page;
    const alike = chosen.every((each) => each.environment === chosen[0].environment);
    const more = [several.environments && alike && `env:${environments[chosen[0].environment].name}`, several.machines && `machine:${machines[chosen[0].machine].name}`];
    return [commit.hash.slice(0, 8), ...more.filter((each) => each && !each.includes(","))].join(",");
  }

  function pinned(machine) {
    const find = (hash) => hash && machine.commits.find((commit) => commit.hash.startsWith(hash));
    const [a, b] = [find(state.get("a")), find(state.get("b"))];
    if (!a) return el("p", { class: "pins muted" }, "Click two points, or press Enter at them, to compare their commits.");
    const named = (letter, commit) => [el("b", null, letter), " ", el("span", { class: "hash" }, commit.hash.slice(0, 8)), ` ${commit.subject} `];
    const clear = el("button", { type: "button", onclick: () => state.set({ a: null, b: null }) }, "Clear");
    if (!b) return el("p", { class: "pins" }, named("A", a), el("span", { class: "muted" }, "Choose another point as B. "), clear);
    const [older, newer] = machine.commits.indexOf(a) <= machine.commits.indexOf(b) ? [a, b] : [b, a];
    const query = new URLSearchParams({ a: side(older), b: side(newer), q: page.name });
    const values = chosen.map((each) => {
      const [before, after] = [older, newer].map((commit) => each.at(machine.commits.indexOf(commit)));
      return before && after && before.value > 0 ? `${called(each)}: ${here.format.ratio(after.value / before.value, page.unit)}` : null;
    }).filter(Boolean);
    return el("div", { class: "pins" }, el("p", null, named("A", older), named("B", newer),
      el("a", { href: `../compare.html?${query}` }, `Compare ${older.hash.slice(0, 8)}…${newer.hash.slice(0, 8)}`), " ", clear),
    values.length ? el("p", { class: "muted" }, values.join("; ")) : null);
  }

  // ---- the table: which lines are drawn, and the search

  const body = document.getElementById("rows");
  const boxes = new Map();
  const rows = new Map([...(body?.rows || [])].map((row) => [Number(row.dataset.series), row]));
  const choose = document.getElementById("choose");
  let told = null;

  function box(series, row) {
    const input = el("input", { type: "checkbox", "aria-label": `Draw ${series.name}`, onchange: () => toggle(series, input) });
    const drawn = el("span", { class: "drawn", "aria-hidden": "true" });
    row.cells[0].replaceChildren(el("label", null, input, drawn));
    boxes.set(series, { input, drawn });
  }

  function toggle(series, input) {
    const next = input.checked ? [...chosen, series] : chosen.filter((each) => each !== series);
    if (next.length > MOST) {
      input.checked = false;
      told.textContent = `${MOST} lines are drawn at most: untick one first.`;
      say(told.textContent);
      return;
    }
    if (next.some((each) => each.machine !== series.machine)) {
      state.set({ s: [series.id], lines: null, tab: null });
      say("Lines of another machine have commits of their own: it is drawn alone.");
      return;
    }
    state.set({ s: next.length ? next.map((each) => each.id) : null, lines: null, tab: null });
  }

  function markRows() {
    for (const [series, { input, drawn }] of boxes) {
      const at = chosen.includes(series);
      input.checked = at;
      drawn.replaceChildren(...(at ? [swatch(styles.get(series))] : []));
    }
    if (!told) return;
    told.textContent = `${chosen.length} of ${page.series.length} drawn`;
  }

  const swatch = (style) => here.drawing.swatch(style);

  // A row as the page has it, for a series that it leaves out.
  function made(series) {
    const { el: make, format } = here;
    const standing = page.standings[series.standing], newest = series.newest;
    return make("tr", { "data-series": series.place }, make("td", { class: "pick" }),
      make("th", { scope: "row" }, make("span", { class: "params" }, here.breakable(series.name))),
      make("td", { class: "latest" }, newest ? [make("span", { class: "number" }, format.quantity(newest.value, page.unit)), " ",
        make("span", { class: "interval" }, format.interval(newest.low, newest.high, page.unit))] : make("span", { class: "unknown" }, series.failures.at(-1)?.how || "not measured")),
      make("td", { class: "against" }, make("span", { class: `standing ${standing.tone}` }, make("span", { "aria-hidden": "true" }, standing.sign), " ", series.verdict)),
      body.closest("table").querySelector("thead .cause") && make("td", { class: "cause" }), make("td", { class: "past" }));
  }

  function search(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (series) => {
      const text = `${series.name} ${series.verdict} ${rows.get(series.place)?.textContent || ""}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    };
    const found = page.series.filter(fits), shown = new Set(found.slice(0, MOST_ROWS));
    for (const series of page.series) {
      let row = rows.get(series.place);
      if (!row && shown.has(series)) {
        row = made(series);
        rows.set(series.place, row);
        box(series, row);
        body.append(row);
      }
      if (row) row.hidden = !shown.has(series);
    }
    const more = document.getElementById("more");
    if (more) {
      more.textContent = found.length > shown.size ? `${here.format.count(found.length - shown.size)} more, all less urgent than these: search for them.` : "";
    }
    markRows();
    if (wanted.length) told.textContent = `${here.format.count(found.length)} of ${here.format.count(page.series.length)} series`;
  }

  function prepare() {
    if (!body || !choose) return;
    for (const [place, row] of rows) box(page.series[place], row);
    told = el("output", { class: "muted" });
    const parts = [told];
    if (page.series.length > 12) {
      const field = el("input", { type: "search", placeholder: "n=100 numba slower", "data-search": true, value: state.get("q", "") });
      field.addEventListener("input", () => { state.set({ q: field.value }); search(field.value); });
      parts.unshift(el("label", { class: "pick" }, el("span", null, "find series"), field));
      if (field.value || page.series.length > rows.size) search(field.value);
    }
    parts.push(el("button", { type: "button", onclick: () => state.set({ s: null, lines: null }) }, changed(page.series).length ? "Draw what changed" : "Draw as at first"));
    choose.replaceChildren(...parts);
    markRows();
  }

  // What the address asks of the charts: the search asks nothing.
  function asked() {
    const now = new URLSearchParams(location.search);
    now.delete("q");
    return now.toString();
  }

  let before = "", isZooming = false;
  function changedState() {
    const now = asked();
    if (isZooming || now === before) return;
    before = now;
    render();
  }

  chosen = choice().series;
  paint(chosen);
  prepare();
  render();
  before = asked();
  state.onchange(changedState);
  const order = tabs.map(nameOf);
  here.keys({
    "[": ["the tab before", () => move(-1)],
    "]": ["the next tab", () => move(1)],
  });
  function move(step) {
    const at = order.indexOf(state.get("tab", "history"));
    const next = order[(Math.max(0, at) + step + order.length) % order.length];
    state.set({ tab: next === "history" ? null : next });
    say(tabs[order.indexOf(next)].textContent);
  }
})();
