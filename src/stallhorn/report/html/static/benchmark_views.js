// The tabs of a benchmark's page besides the history: over size and threads, first calls, memory and roofline, samples.
// Each is a function of the page that gives {picks, nodes, charts: [[container, spec], ...]}.
"use strict";

(() => {
  const here = window.stallhorn;
  const { el, format, benchmark } = here;
  const MOST_CALLS = 1e7;

  const plot = (height = "normal") => el("div", { class: "plot " + height });
  const table = (caption, heads, rows) => el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    el("table", { class: "plain" }, el("caption", { class: "visually-hidden" }, caption),
      el("thead", null, el("tr", null, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", null, rows.map(([first, ...rest]) => el("tr", null, el("th", { scope: "row" }, first), rest.map((cell) => el("td", null, cell)))))));
  const notes = (texts) => (texts.length ? [el("ul", { class: "notes" }, texts.map((text) => el("li", null, text)))] : []);
  const held = (picks) => picks.map(({ dim, value }) => ({ key: dim.key, label: dim.title, values: [["all", "all"], ...dim.values], value }));
  const tick = (value) => here.axes.tickText(value);
  // A tick at each value that was measured, as long as there are few.
  const ticksAt = (values) => {
    const all = [...new Set(values)].sort((a, b) => a - b);
    return all.length && all.length <= 12 ? { ticks: all.map((value) => [value, tick(value)]) } : {};
  };
  const noun = (page) => (page.unit === "seconds" ? "time per call" : "value");

  // The commit whose values are shown: the newest of each series, or one that is chosen.
  function commitPick(page, series) {
    const asked = here.state.get("at", "");
    const machine = page.machines[series[0].machine];
    const known = new Set(series.flatMap((each) => (each.machine === series[0].machine ? each.points.map((point) => point.place) : [])));
    const listed = machine.commits.map((commit, place) => ({ ...commit, place })).filter((commit) => known.has(commit.place));
    const kept = listed.filter((commit, at) => commit.hash === asked || commit.tags.length || at >= listed.length - 30).reverse();
    const values = [["", "newest"], ...kept.map((commit) => [commit.hash, [commit.hash.slice(0, 8), ...commit.tags].join(" ")])];
    const found = listed.find((commit) => commit.hash === asked);
    return { pick: { key: "at", label: "commit", values, value: found ? asked : "" }, place: found ? found.place : null };
  }

  const measured = (page) => page.series.filter((each) => each.newest);

  // ---- over size

  function size(page) {
    const which = page.roles.size;
    const all = measured(page).filter((each) => each.number(which) > 0);
    const { lines, more, picks } = benchmark.narrowed(page, all, [which]);
    const { pick, place } = commitPick(page, all);
    const rate = page.unit === "seconds" && here.state.get("show") === "rate";
    const show = page.unit === "seconds"
      ? [{ key: "show", label: "show", values: [["", "time"], ["rate", "throughput"]], value: rate ? "rate" : "" }] : [];
    const said = [];
    const drawn = lines.map((line) => {
      const points = line.series.map((each) => ({ x: each.number(which), point: each.at(place) })).filter((each) => each.point)
        .sort((a, b) => a.x - b.x);
      said.push(...growth(line.label, points, page.parameters[which], page.unit));
      return {
        id: line.label, label: line.label, style: line.style, points: true, x: points.map((each) => each.x),
        y: points.map(({ x, point }) => (rate ? x / point.value : point.value)),
        low: points.map(({ x, point }) => (rate ? (point.high === null ? null : x / point.high) : point.low)),
        high: points.map(({ x, point }) => (rate ? (point.low === null ? null : x / point.low) : point.high)),
      };
    });
    const chart = plot("tall");
    const name = page.parameters[which];
    return {
      picks: [...held(picks), pick, ...show], nodes: [chart, ...notes(more ? [`${more} more lines are not drawn.`, ...said] : said)],
      charts: [[chart, {
        title: rate ? `Throughput over ${name}` : `${capital(noun(page))} over ${name}`, height: "tall", lines: drawn, legend: true, table: true,
        description: "Both axes are logarithmic.", x: { kind: "log", title: name, ...ticksAt(drawn.flatMap((line) => line.x)) },
        y: { kind: "log", title: rate ? `${name} per second` : noun(page), unit: rate ? "1/s" : page.unit },
      }]],
    };
  }

  // How a line grows between its largest sizes.
  function growth(label, points, name, unit) {
    if (points.length < 3 || unit !== "seconds") return [];
    const [one, , two] = points.slice(-3);
    const power = Math.log(two.point.value / one.point.value) / Math.log(two.x / one.x);
    return Number.isFinite(power) ? [`${label}: grows as ${name}^${power.toFixed(2)} from ${tick(one.x)} to ${tick(two.x)}`] : [];
  }

  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  // ---- over threads

  function threads(page) {
    const which = page.roles.threads;
    const all = measured(page).filter((each) => Number.isInteger(each.number(which)) && each.number(which) >= 1);
    const { lines, more, picks } = benchmark.narrowed(page, all, [which]);
    const { pick, place } = commitPick(page, all);
    const rows = [], drawn = [];
    let most = 1, least = Infinity;
    for (const line of lines) {
      const points = line.series.map((each) => ({ each, count: each.number(which), point: each.at(place) })).filter((one) => one.point)
        .sort((a, b) => a.count - b.count);
      if (points.length < 2) continue;
      const base = points[0];
      const ratio = (above, below) => (above === null || below === null || below <= 0 ? null : above / below);
      const gains = points.map(({ point }) => base.point.value / point.value);
      const had = points.map(({ each }) => each.factAt("threads", place));
      [most, least] = [Math.max(most, points.at(-1).count), Math.min(least, base.count)];
      drawn.push({
        id: line.label, label: line.label, style: line.style, points: true, x: points.map((one) => one.count), y: gains,
        low: points.map(({ point }, at) => (at ? ratio(base.point.low, point.high) : null)),
        high: points.map(({ point }, at) => (at ? ratio(base.point.high, point.low) : null)),
        hollow: points.map(({ count }, at) => had[at] !== null && had[at] !== count),
        notes: points.map(({ count }, at) => (had[at] !== null && had[at] !== count ? `asked for ${count} threads, had ${had[at]}` : "")),
      });
      points.forEach(({ count, point }, at) => rows.push([
        `${line.label}: ${count} ${count === 1 ? "thread" : "threads"}`, format.quantity(point.value, page.unit), `${gains[at].toFixed(2)}x`,
        `${Math.round((100 * gains[at] * base.count) / count)} %`,
        had[at] === null ? "not known" : String(had[at]),
      ]));
    }
    const chart = plot("tall");
    const from = Number.isFinite(least) ? least : 1;
    const text = from === 1 ? "Against the same series with one thread." : `Against the same series with ${from} threads, the fewest that were measured.`;
    return {
      picks: [...held(picks), pick],
      nodes: [chart, el("p", { class: "muted" }, text, " A hollow point had another number of threads than it asked for.", more ? ` ${more} more lines are not drawn.` : ""),
        table("Speed-up by threads", ["Threads", "Value", "Speed-up", "Efficiency", "Threads had"], rows)],
      charts: [[chart, {
        title: "Speed-up over threads", height: "tall", lines: drawn, legend: true, table: false, description: "The dotted line is ideal.",
        x: { kind: "log2", title: "threads", ...ticksAt(drawn.flatMap((line) => line.x)) }, y: { kind: "log2", title: "speed-up", unit: "" },
        guides: [{ points: [[from, 1], [most, most / from]], text: "ideal" }],
      }]],
    };
  }

  // ---- first call, and after how many calls it pays

  function firstcall(page) {
    const all = measured(page).filter((each) => each.start && each.newest.value > 0);
    const { lines: groups, more, picks } = benchmark.narrowed(page, all, []);
    const lines = groups.map(({ label, style, series: [series] }) => ({
      label, style, series, ...(series.start.time ? { first: interval(series.start.time) } : {}), why: series.start.why,
      steady: interval([series.newest.value, series.newest.low, series.newest.high]),
    }));
    const timed = lines.filter((line) => line.first);
    const pays = crossings(timed);
    const nodes = [], charts = [];
    if (timed.length) {
      const chart = plot("tall");
      nodes.push(chart);
      charts.push([chart, totals(timed, pays)]);
    }
    nodes.push(...notes([...pays.map((each) => each.text), ...timed.flatMap((line) => remarks(page, line)),
      ...lines.filter((line) => line.why).map((line) => `${line.label}: ${line.why}.`), ...(more ? [`${more} more series are not drawn.`] : [])]));
    if (lines.length) nodes.push(parts(lines));
    for (const [name, title] of [["compile", "Compile time"], ["first", "First call"]]) {
      const history = over(page, lines.map((line) => line.series), name, lines);
      if (history.some((line) => line.x.length > 1)) {
        const drawn = plot("normal");
        nodes.push(drawn);
        charts.push([drawn, {
          title: `${title} over commits`, height: "normal", lines: history, legend: false, table: true, link: "firstcall",
          x: { kind: "commits", title: "commit", commits: commits(page, lines[0].series.machine) }, y: { kind: "auto", title: title.toLowerCase(), unit: "seconds" },
        }]);
        break;
      }
    }
    return { picks: held(picks), nodes, charts };
  }

  const commits = (page, machine) => page.machines[machine].commits.map((commit, at, all) => ({
    ...commit, gap: at ? Math.max(0, commit.position - all[at - 1].position - 1) : 0,
  }));

  // A fact of some series over commits; those of another machine than the first are left out.
  const over = (page, series, name, styled) => series.map((each, at) => {
    const found = each.machine === series[0].machine ? each.fact(name) : null;
    const kept = found ? found.places.map((place, i) => [place, found.values[i]]).filter(([, value]) => value !== null) : [];
    return { id: styled[at].label, label: styled[at].label, style: styled[at].style, points: true, x: kept.map(([place]) => place), y: kept.map(([, value]) => value) };
  });

  const interval = ([value, low, high]) => ({ value, least: low ?? value, most: high ?? value });
  const overlap = (one, other) => one.least <= other.most && other.least <= one.most;

  function totals(lines, pays) {
    const reach = Math.min(MOST_CALLS, Math.max(1000, ...pays.map((each) => each.calls * 10)));
    const calls = [];
    for (let power = 0; 10 ** power <= reach * 1.0001; power += 0.25) calls.push(Math.max(1, Math.round(10 ** power)));
    const total = (line, bound) => calls.map((count) => line.first[bound] + (count - 1) * line.steady[bound]);
    return {
      title: "Total time over the number of calls", height: "tall", legend: true, table: true,
      description: "The first call with its compilation, then calls at the newest steady time.",
      x: { kind: "log", title: "calls" }, y: { kind: "log", title: "total time", unit: "seconds" },
      lines: lines.map((line) => ({
        id: line.label, label: line.label, style: line.style, points: false, x: calls, y: total(line, "value"), low: total(line, "least"), high: total(line, "most"),
      })),
      marks: pays.slice(0, 4).map((each) => ({ x: each.calls, text: [each.words, each.words.replace(" ahead of ", " > ")], tone: "version" })),
    };
  }

  // After how many calls a line with a longer first call has taken less in all: as stallhorn/sweeps/payback.py.
  function crossings(lines) {
    const found = [];
    for (const early of lines) {
      for (const later of lines) {
        if (overlap(later.steady, early.steady) || later.steady.value > early.steady.value) continue;
        if (later.first.value <= early.first.value || overlap(later.first, early.first)) continue;
        const calls = 1 + (later.first.value - early.first.value) / (early.steady.value - later.steady.value);
        if (calls > MOST_CALLS) continue;
        const least = 1 + Math.max(0, later.first.least - early.first.most) / (early.steady.most - later.steady.least);
        const most = 1 + (later.first.most - early.first.least) / (early.steady.least - later.steady.most);
        const whole = (each) => format.count(Math.floor(each) + 1);
        const after = later.first.value + (calls - 1) * later.steady.value;
        found.push({
          calls, words: `${later.label} ahead of ${early.label}`,
          text: `${later.label} is ahead of ${early.label} from ${whole(calls)} calls on (${whole(least)} to ${whole(most)}), after ${format.quantity(after, "seconds")}.`,
        });
      }
    }
    return found.sort((a, b) => a.calls - b.calls).slice(0, 8);
  }

  function remarks(page, line) {
    const ratio = line.first.value / line.steady.value, { lent, warm } = line.series.start;
    const said = [ratio < 1.2 ? `${line.label}: the first call takes no longer than later ones.`
      : `${line.label}: the first call takes as long as ${ratio < 10 ? ratio.toFixed(1) : format.count(Math.round(ratio))} later ones.`];
    if (lent !== undefined) said.push(`${line.label}: compiled in the same process for ${page.parameters[page.roles.size] ?? "the first"} = ${tick(lent)}; that time counts here as well.`);
    if (warm) said.push(`${line.label}: what it runs came out of a cache on disk.`);
    return said;
  }

  const PARTS = [["import", "import"], ["compile", "compile"], ["run", "first run"], ["steady", "a later call"]];

  function parts(lines) {
    const rows = lines.map((line) => ({
      line, values: PARTS.map(([name]) => (name === "steady" ? line.steady.value : line.series.factAt(name))),
    }));
    const most = Math.max(...rows.map(({ values }) => values.reduce((sum, value) => sum + (value || 0), 0)));
    const bar = (values) => {
      const drawn = el("div", { class: "stack", "aria-hidden": "true" });
      values.forEach((value, at) => {
        if (!value) return;
        const part = el("span", { class: `s${at + 1}` });
        part.style.width = `${(100 * value) / most}%`;
        drawn.append(part);
      });
      return drawn;
    };
    const heads = PARTS.map(([, title], at) => el("span", null, el("span", { class: `key s${at + 1}`, "aria-hidden": "true" }), title));
    return table("Parts of the first call", ["Series", ...heads, "Drawn"], rows.map(({ line, values }) => [
      line.label, ...values.map((value) => (value === null ? "none or not known" : format.quantity(value, "seconds"))), bar(values)]));
  }

  // ---- memory and roofline

  function memory(page) {
    const made = [peaks(page), roofline(page)];
    return {
      picks: made.flatMap((each) => each.picks).filter((pick, at, all) => all.findIndex((other) => other.key === pick.key) === at),
      nodes: made.flatMap((each) => each.nodes), charts: made.flatMap((each) => each.charts),
    };
  }

  function peaks(page) {
    const which = page.roles.size;
    const all = measured(page).filter((each) => each.factAt("peak") > 0);
    if (!all.length) return { picks: [], nodes: [el("p", { class: "nothing" }, "No peak memory was recorded: stallhorn run does it.")], charts: [] };
    const sized = which !== null && new Set(all.map((each) => each.number(which)).filter((value) => value > 0)).size > 1;
    if (!sized) {
      const rows = all.slice(0, 60).map((each) => [each.name, format.quantity(each.factAt("peak"), "bytes")]);
      return { picks: [], nodes: [el("h3", null, "Peak memory"), table("Peak memory", ["Series", "Peak of the process"], rows)], charts: [] };
    }
    const { lines, picks } = benchmark.narrowed(page, all.filter((each) => each.number(which) > 0), [which]);
    const chart = plot("normal");
    const drawn = lines.map((line) => {
      const points = [...line.series].sort((a, b) => a.number(which) - b.number(which));
      return { id: line.label, label: line.label, style: line.style, points: true, x: points.map((each) => each.number(which)), y: points.map((each) => each.factAt("peak")) };
    });
    const name = page.parameters[which];
    return {
      picks: held(picks), nodes: [chart, el("p", { class: "muted" }, "The most that the process held, libraries included: it is flat where the arrays are small beside those.")],
      charts: [[chart, {
        title: `Peak memory over ${name}`, height: "normal", lines: drawn, legend: true, table: true, x: { kind: "log", title: name, ...ticksAt(drawn.flatMap((line) => line.x)) },
        y: { kind: "log", title: "peak memory", unit: "bytes" },
      }]],
    };
  }

  function roofline(page) {
    const head = el("h3", { class: "group" }, "Roofline");
    const nothing = (text) => ({ picks: [], nodes: [head, el("p", { class: "nothing" }, text)], charts: [] });
    if (page.unit !== "seconds") return nothing("A roofline is of times, and this benchmark measures something else.");
    const all = measured(page).filter((each) => each.newest.value > 0);
    const declared = all.filter((each) => each.work);
    if (!declared.length) return nothing("The suite does not say how much work a call of this benchmark is (work: floating point operations and bytes), so there is no point to draw.");
    const placed = declared.filter((each) => each.work[0] > 0 && each.work[1] > 0);
    if (!placed.length) return nothing("The declared work of a call has no floating point operations or moves no bytes, so it has no place on a roofline.");
    const roofs = page.machines[placed[0].machine].roofs;
    if (!roofs) return nothing("The roofs of this machine were not measured: stallhorn roofs does it.");
    const which = page.roles.size;
    const { lines, picks } = benchmark.narrowed(page, placed.filter((each) => each.machine === placed[0].machine), which === null ? [] : [which]);
    const count = threadsOf(page, lines, roofs);
    const roof = roofs.threads[count];
    const drawn = lines.map((line) => {
      const points = line.series.map((each) => ({ each, x: each.work[0] / each.work[1] })).sort((a, b) => a.x - b.x || a.each.number(which) - b.each.number(which));
      const speed = (each, value) => (value ? each.work[0] / value / 1e9 : null);
      return {
        id: line.label, label: line.label, style: line.style, points: true, x: points.map(({ x }) => x),
        y: points.map(({ each }) => speed(each, each.newest.value)),
        low: points.map(({ each }) => speed(each, each.newest.high)), high: points.map(({ each }) => speed(each, each.newest.low)),
        notes: points.map(({ each, x }) => `${each.text(which) ? `${page.parameters[which]} = ${each.text(which)}, ` : ""}${percentOf(each, x, roof)}`),
      };
    });
    const xs = drawn.flatMap((line) => line.x);
    const ys = drawn.flatMap((line) => line.y), peak = roof.flops / 1e9;
    const domain = [Math.min(...xs, 0.1) / 2, Math.max(...xs, roof.flops / roof.memory) * 4];
    const chart = plot("tall");
    const busy = roofs.disturbed ? " They were measured while other programs were busy: the machine can do more." : "";
    const missing = all.length - placed.length;
    return {
      picks: held(picks),
      nodes: [head, chart, el("p", { class: "muted" },
        `Roofs of ${page.machines[placed[0].machine].name} with ${count} ${count === "1" ? "thread" : "threads"}, measured by stallhorn roofs.${busy} The work is what the suite declares.`,
        missing ? ` ${missing} series without declared work have no point.` : "")],
      charts: [[chart, {
        title: "Speed over arithmetic intensity", height: "tall", lines: drawn, legend: true, table: true,
        x: { kind: "log", title: "floating point operations per byte", domain }, y: { kind: "log", title: "speed", unit: "GFLOP/s", domain: [Math.min(...ys, peak / 100) / 1.5, Math.max(...ys, peak) * 1.6] },
        guides: guides(roof, domain),
      }]],
    };
  }

  // The roofs that fit: those of the number of threads that all lines have, else of all cores.
  function threadsOf(page, lines, roofs) {
    const asked = new Set(lines.flatMap((line) => line.series.map((each) => each.number(page.roles.threads) ?? roofs.cores)));
    const wanted = asked.size === 1 ? String([...asked][0]) : String(roofs.cores);
    return wanted in roofs.threads ? wanted : Object.keys(roofs.threads).at(-1);
  }

  function guides(roof, [low, high]) {
    const giga = 1e9;
    const slope = (text, rate) => ({ text, points: [[low, (low * rate) / giga], [Math.min(high, roof.flops / rate), Math.min(high * rate, roof.flops) / giga]] });
    return [
      { text: "arithmetic", points: [[roof.flops / Math.max(roof.memory, ...roof.caches.map(([, , rate]) => rate)), roof.flops / giga], [high, roof.flops / giga]] },
      slope("memory", roof.memory),
      ...roof.caches.map(([level, , rate]) => slope(`L${level} cache`, rate)),
    ];
  }

  function percentOf(each, x, roof) {
    const most = Math.min(roof.flops, x * roof.memory);
    const share = (100 * each.work[0]) / each.newest.value / most;
    if (share > 105) return most < roof.flops ? "above the memory roof: its data are in a cache" : "above the arithmetic roof: more work is declared than done, or the roof is wrong";
    return `${share < 10 ? share.toFixed(1) : Math.round(share)} % of the ${most < roof.flops ? "memory" : "arithmetic"} roof`;
  }

  // ---- single samples

  function raw(page) {
    const all = page.series.filter((each) => each.samples.length);
    const chosen = all.find((each) => each.id === here.state.get("of")) || all[0];
    const pick = { key: "of", label: "series", values: all.slice(0, 200).map((each) => [each.id, each.name]), value: chosen.id };
    const taken = chosen.samples;
    const machine = page.machines[chosen.machine];
    const listed = taken.map(({ place }) => machine.commits[place]);
    const edge = { hash: "", subject: "", date: null, tags: [] }; // room beside the first and the last
    const processes = Math.min(benchmark.MOST, 1 + Math.max(...taken.flatMap((each) => each.processes)));
    const lines = Array.from({ length: processes }, (_, process) => ({
      id: String(process), label: processes === 1 ? "samples" : `process ${process + 1}`, style: process, points: true, x: [], y: [],
    }));
    taken.forEach((each, at) => each.values.forEach((value, i) => {
      const line = lines[Math.min(processes - 1, each.processes[i])];
      const among = each.values.filter((_, other) => each.processes[other] === each.processes[i]).length;
      const order = each.values.slice(0, i).filter((_, other) => each.processes[other] === each.processes[i]).length;
      // Beside each other, process by process, in the order in which they were taken.
      const within = (each.processes[i] + (order + 0.5) / among) / processes;
      line.x.push(at + 1 + (within - 0.5) * 0.7);
      line.y.push(value);
    }));
    const chart = plot("tall");
    const torn = taken.filter((each) => inTwo(each.values.filter((value) => value !== null)));
    const cut = taken.filter((each) => each.count > each.values.length).length;
    const environment = page.environments[chosen.environment];
    return {
      picks: [pick],
      nodes: [chart, ...notes([
        processes > 1 ? "Samples of one commit stand beside each other, process by process, in the order in which they were taken." : "Samples of one commit stand beside each other in the order in which they were taken.",
        ...(torn.length ? [`At ${torn.map((each) => machine.commits[each.place].hash.slice(0, 8)).join(", ")} they fall into two groups: the median says little there.`] : []),
        ...(cut ? [`Of ${cut} commits a part of the samples is shown.`] : []),
        `Result file of the newest: ${machine.name}/${listed.at(-1).hash.slice(0, 8)}-${environment.name}.json`,
      ])],
      charts: [[chart, {
        title: `Samples of ${chosen.name}`, height: "tall", lines, legend: processes > 1, table: false,
        description: `The newest ${taken.length} commits that have samples.`,
        x: { kind: "commits", title: "commits with samples", commits: [edge, ...listed, edge] }, y: { kind: "auto", title: noun(page), unit: page.unit },
      }]],
    };
  }

  // Whether values lie in two heaps: one gap is wider than each of them, and both have a fifth of the values.
  function inTwo(values) {
    const sorted = [...values].sort((a, b) => a - b);
    if (sorted.length < 10) return false;
    let widest = 0, at = 0;
    for (let i = 1; i < sorted.length; i += 1) if (sorted[i] - sorted[i - 1] > widest) [widest, at] = [sorted[i] - sorted[i - 1], i];
    const enough = Math.min(at, sorted.length - at) >= sorted.length / 5;
    return enough && widest > 0.03 * sorted[at] && widest > sorted[at - 1] - sorted[0] && widest > sorted.at(-1) - sorted[at];
  }

  Object.assign(benchmark, { views: { size, threads, firstcall, memory, raw }, plot, commits });
})();
