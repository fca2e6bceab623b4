// Thread scaling: choices in the address, and the charts of what is chosen. The page decides, this draws.
"use strict";

(() => {
  const { data, load, readable, el, state, pick, chart, axes, format } = window.stallhorn;
  const page = data();
  if (!page) return;
  const MOST_LINES = 6;
  const GOOD = 70; // percent
  const start = page.start;
  const charts = {};
  const files = new Map(page.families);
  let sweeps = page.sweeps;
  let family = start.benchmark;

  const chosen = (name) => state.get(name, null);
  const unique = (values) => [...new Set(values)];
  const byNumber = (a, b) => (Number(a) - Number(b)) || a.localeCompare(b, "en", { numeric: true });

  async function show() {
    const wanted = chosen("benchmark") ?? start.benchmark;
    if (wanted !== family && files.has(wanted)) {
      const name = `scaling-${files.get(wanted)}`;
      try {
        await load(`data/${name}.js`);
      } catch {
        document.getElementById("against").textContent = `data/${name}.js could not be read: publish again.`;
        return;
      }
      const found = readable(window.stallhornData?.[name]);
      if (!found) return;
      sweeps = found.sweeps.filter((each) => each.benchmark === wanted);
      family = wanted;
    }
    draw();
  }

  // What the address says, as far as it exists; else what the page begins with, else the first.
  function choice(name, values, fallback) {
    const said = chosen(name);
    if (said !== null && values.includes(said)) return said;
    return values.includes(fallback) ? fallback : values[0];
  }

  function draw() {
    const own = family === start.benchmark ? start : {};
    const where = choice("where", unique(sweeps.map((each) => each.where)), own.where);
    let left = sweeps.filter((each) => each.where === where);
    const rest = choice("with", unique(left.map((each) => each.with)), own.with);
    left = left.filter((each) => each.with === rest);
    const sizes = unique(left.map((each) => each.size)).sort(byNumber);
    const backends = unique(left.map((each) => each.backend));
    const backend = choice("backend", ["all", ...backends], "all");
    const size = choice("size", backend === "all" ? sizes : [...sizes, "all"], own.size ?? sizes.at(-1));
    left = left.filter((each) => (size === "all" || each.size === size) && (backend === "all" || each.backend === backend));
    const variants = unique(left.map((each) => each.variant));
    const variant = choice("variant", ["all", ...variants], variants.length > 1 && left.length > MOST_LINES ? variants[0] : "all");
    left = left.filter((each) => variant === "all" || each.variant === variant);
    const rivals = left.some((each) => each.serial);
    const against = rivals ? choice("against", ["own", "serial"], "own") : "own";
    writePicks({ where, rest, sizes, size, backends, backend, variants, variant, rivals, against });
    writeCharts(left, against);
  }

  function writePicks(now) {
    const places = unique(sweeps.map((each) => each.where));
    const rests = unique(sweeps.filter((each) => each.where === now.where).map((each) => each.with));
    // What was chosen for one benchmark need not exist for another.
    const turn = (name) => (value) => state.set(name === "benchmark" ? { benchmark: value, size: null, backend: null, variant: null, where: null, with: null } : { [name]: value });
    const all = (values, word) => [...values.map((each) => [each, each || "none"]), ...(word ? [["all", word]] : [])];
    const offered = [
      ["benchmark", "Benchmark", [...files.keys()].slice(0, 400).concat(files.size > 400 && ![...files.keys()].slice(0, 400).includes(family) ? [family] : []), family, files.size > 1],
      ["size", "Size", all(now.sizes, now.backend === "all" ? "" : "all sizes"), now.size, now.sizes.length > 1],
      ["backend", "Backend", all(now.backends, "all backends"), now.backend, now.backends.length > 1],
      ["variant", "Variant", all(now.variants, "all variants"), now.variant, now.variants.length > 1 || now.variant !== "all"],
      ["with", "With", rests, now.rest, rests.length > 1],
      ["where", "Environment", places, now.where, places.length > 1],
      ["against", "Speed-up against", [["own", "itself on one thread"], ["serial", "the best backend on one thread"]], now.against, now.rivals && now.backends.length > 1],
    ];
    const focused = document.activeElement?.closest?.("#picks [data-pick]")?.dataset.pick;
    const made = offered.filter(([, , , , offer]) => offer).map(([name, label, values, current]) => {
      const whole = pick(label, values, current, turn(name));
      whole.dataset.pick = name;
      return whole;
    });
    document.getElementById("picks").replaceChildren(...made);
    if (focused) made.find((each) => each.dataset.pick === focused)?.control.focus();
  }

  // The words that tell the lines apart.
  function labels(left) {
    const differs = (name) => unique(left.map((each) => each[name])).length > 1;
    const names = ["backend", "variant"].filter(differs);
    const made = left.map((each) => {
      const parts = names.map((name) => each[name]).filter(Boolean);
      if (differs("size")) parts.push(`size ${each.size}`);
      return parts.join(" ") || each.backend || each.name;
    });
    return made.map((label, place) => (made.indexOf(label) === made.lastIndexOf(label) ? label : `${label} (${left[place].name})`));
  }

  // Those with most points first, so that what is cut off is what says least.
  function lines(left) {
    const words = labels(left);
    return left.map((sweep, place) => ({ sweep, label: words[place] })).sort((a, b) => b.sweep.threads.length - a.sweep.threads.length);
  }

  // A backend and variant has one colour, dash and marker, whatever else is chosen; so has a size, where sizes are lines.
  function styles(kept) {
    const sizes = unique(sweeps.map((each) => each.size)).sort(byNumber);
    const whose = (sweep) => JSON.stringify([sweep.backend, sweep.variant]);
    const all = unique(sweeps.map(whose));
    const bySize = unique(kept.map(({ sweep }) => sweep.size)).length > 1;
    const found = kept.map(({ sweep }) => (bySize ? sizes.indexOf(sweep.size) : all.indexOf(whose(sweep))) % MOST_LINES);
    return unique(found).length === found.length ? found : kept.map((_, place) => place);
  }

  function writeCharts(left, against) {
    const all = lines(left);
    const kept = all.slice(0, MOST_LINES);
    const counted = kept.filter(({ sweep }) => sweep.threads.length);
    const key = against === "serial" ? "serial" : "speedup";
    const most = Math.max(1, ...counted.flatMap(({ sweep }) => sweep.threads));
    const least = Math.min(...counted.flatMap(({ sweep }) => sweep.threads), most);
    const marks = kept[0]?.sweep.marks.filter(([count]) => count >= least && count <= Math.max(4 * most, 4)).map(([x, text]) => ({ x, text })) ?? [];
    const x = { kind: "log2", title: "threads", domain: [least, Math.max(most, least * 2, ...marks.map((mark) => mark.x))], ticks: ticksOf(counted, most) };
    const common = { x, link: "threads", table: true };
    const style = styles(counted);
    const line = ({ sweep, label }, place, values, more = {}) => ({
      id: label, label, style: style[place], x: sweep.threads, y: values.map((each) => each?.[0] ?? null), low: values.map((each) => each?.[1] ?? null), high: values.map((each) => each?.[2] ?? null),
      hollow: sweep.notes.map(Boolean), notes: sweep.notes, points: true, ...more,
    });
    const percent = (triples) => triples.map((each) => each.map((value) => (value === null ? null : value * 100)));
    say(counted, against, all.length - kept.length);
    const fits = against === "own" ? counted.filter(({ sweep }) => sweep.amdahl) : [];
    put("speedup", {
      ...common, title: against === "serial" ? "Speed-up against the best on one thread" : "Speed-up", y: { kind: "log2", title: "speed-up", unit: "times" },
      description: "How many times faster than with the fewest threads",
      lines: counted.map((each, place) => line(each, place, each.sweep[key] ?? [])),
      guides: [...marks, ...(against === "own" && most > least ? [{ points: [[least, 1], [most, most / least]], text: "ideal" }] : []), ...fits.map((each) => fit(each, most, fits.length))],
    });
    put("efficiency", {
      ...common, title: "Efficiency", y: { kind: "linear", title: "part of the ideal", unit: "%", domain: efficiencyRange(counted) },
      description: "Speed-up as part of the ideal", guides: [...marks, { y: GOOD, text: `${GOOD} %` }],
      lines: counted.map((each, place) => line(each, place, percent(each.sweep.efficiency))),
    });
    put("time", {
      ...common, title: "Time of a call", y: { kind: "auto", title: "time per call", unit: "seconds" }, guides: marks,
      lines: counted.map((each, place) => line(each, place, each.sweep.time)),
    });
    put("cores", {
      ...common, title: "Cores kept busy", y: { kind: "linear", title: "processor time over wall time", unit: "cores" },
      description: "Processor time over wall time, against threads asked for",
      guides: [...marks, ...(most > least ? [{ points: powers(least, most).map((count) => [count, count]), text: "all busy" }] : [])],
      lines: counted.map((each, place) => line(each, place, each.sweep.cores.map((value) => [value, null, null]))),
    });
    writeSettings(kept);
  }

  function ticksOf(counted, most) {
    const numbers = unique([...counted.flatMap(({ sweep }) => sweep.threads), ...powersOfTwo(most).map(([each]) => each)]).sort((a, b) => a - b);
    return numbers.map((each) => [each, String(each)]);
  }

  function powers(least, most) {
    const found = [];
    for (let count = least; count < most; count *= 2 ** 0.25) found.push(count);
    return [...found, most];
  }

  function efficiencyRange(counted) {
    const most = Math.max(1, ...counted.flatMap(({ sweep }) => sweep.efficiency.map(([value]) => value)));
    return [0, Math.max(112, 108 * most)];
  }

  function fit({ sweep, label }, most, count) {
    const [fraction, low, high] = sweep.amdahl;
    const part = (value) => `${Math.round(value * 100)}`;
    const bounds = low === null ? "" : ` (${part(low)} to ${part(high)} %)`;
    return {
      points: powers(1, most).map((threads) => [threads, 1 / (fraction + (1 - fraction) / threads)]),
      text: count > 2 ? "" : `${count > 1 ? `${label}: ` : ""}${part(fraction)} % serial${bounds}`,
    };
  }

  function say(counted, against, dropped) {
    const rival = counted.find(({ sweep }) => sweep.rival)?.sweep.rival;
    const fewest = Math.min(...counted.flatMap(({ sweep }) => sweep.threads));
    const whose = new Map();
    for (const { sweep, label } of counted) for (const flag of sweep.flags) whose.set(flag, [...(whose.get(flag) ?? []), label]);
    const flags = [...whose].map(([flag, labels]) => `${labels.join(", ")}: ${flag}`);
    const commits = unique(counted.map(({ sweep }) => sweep.commit));
    const words = [
      against === "serial" && rival ? `Speed-ups are against ${rival} on one thread, the fastest of all backends.` : `Speed-ups are against the same line on ${fewest === 1 ? "one thread" : `${fewest} threads`}; efficiency always is.`,
      commits.length ? `Measured at ${commits.join(", ")}.` : "",
      dropped > 0 ? `${format.count(dropped)} more ${dropped === 1 ? "line is" : "lines are"} not drawn: choose a backend or variant.` : "",
    ];
    const list = flags.length ? [el("h3", {}, "What to know"), el("ul", { class: "flags" }, flags.map((flag) => el("li", {}, flag)))] : [];
    document.getElementById("against").replaceChildren(words.filter(Boolean).join(" "));
    document.getElementById("flags").replaceChildren(...list);
  }

  function put(id, spec) {
    if (charts[id]) charts[id].update(spec);
    else charts[id] = chart(document.getElementById(id), spec);
  }

  // ---- named settings side by side, and copies of the process

  function writeSettings(kept) {
    const place = document.getElementById("settings");
    const named = kept.flatMap(({ sweep, label }) => sweep.named.map((setting) => ({ sweep, label, setting })));
    const copied = kept.filter(({ sweep }) => sweep.copies.length > 1);
    charts.copies?.destroy();
    delete charts.copies;
    const parts = [];
    if (named.length) parts.push(el("h3", {}, "Named settings"), settingsTable(named, kept.length > 1));
    if (copied.length) parts.push(el("div", { class: "plot", id: "copies" }));
    place.replaceChildren(...parts);
    if (copied.length) writeCopies(copied);
  }

  function settingsTable(named, several) {
    const slowest = new Map(); // of each line: times of other sizes are no measure
    for (const { label, setting } of named) slowest.set(label, Math.max(slowest.get(label) ?? 0, setting.time[0]));
    const rows = named.map(({ sweep, label, setting }) => {
      const [value, low, high] = setting.time;
      const bar = el("span", { class: "setting-bar" });
      bar.style.width = `${Math.max(1, (100 * value) / slowest.get(label))}%`;
      return el("tr", {},
        several ? el("th", { scope: "row" }, label) : null,
        several ? el("td", { class: "params" }, setting.setting) : el("th", { scope: "row", class: "params" }, setting.setting),
        el("td", {}, format.quantity(value, "seconds"), " ", el("span", { class: "interval" }, low === null ? "" : format.interval(low, high, "seconds")), bar),
        el("td", {}, compared(setting.time, sweep.time[0])),
        el("td", {}, setting.cores === null ? "unknown" : setting.cores.toFixed(2), setting.note ? ` (${setting.note})` : ""),
        el("td", {}, axes.valueText(setting.rate[0], "/ s")));
    });
    const heads = [...(several ? ["Line"] : []), "Setting", "Time of a call", "Against the fewest threads", "Cores busy", "Calls a second"];
    const table = el("table", { class: "plain settings" }, el("caption", { class: "visually-hidden" }, "Named thread settings of the chosen lines"),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows));
    return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Named settings of the chosen lines" }, table);
  }

  // Against the fewest threads; bounds that hold no difference are said to be none.
  function compared([value, low, high], base) {
    if (!base) return "not measured";
    const bounds = low === null || base[1] === null ? null : [low / base[2], high / base[1]];
    if (bounds && bounds[0] <= 1 && bounds[1] >= 1) return [`within noise (${format.percent(value / base[0])})`];
    return [format.ratio(value / base[0]), " ", el("span", { class: "interval" }, bounds ? `${bounds[0].toFixed(2)} to ${bounds[1].toFixed(2)} of its time` : "")];
  }

  // So many processes at once, each on one thread, beside so many threads in one process.
  function writeCopies(copied) {
    const rate = (triple) => [1 / triple[0], triple[2] ? 1 / triple[2] : null, triple[1] ? 1 / triple[1] : null];
    const made = copied.flatMap(({ sweep, label }) => [
      { label: `${label}: copies`, x: sweep.copies.map(([count]) => count), rates: sweep.copies.map(([, ...triple]) => triple) },
      { label: `${label}: threads`, x: sweep.threads, rates: sweep.time.map(rate) },
    ]).filter((each) => each.x.length);
    const most = Math.max(...made.flatMap((each) => each.x));
    charts.copies = chart(document.getElementById("copies"), {
      title: "Calls a second: copies of the process, or threads in one", description: "Throughput of so many copies at once",
      x: { kind: "log2", title: "copies, or threads", ticks: powersOfTwo(most) }, y: { kind: "auto", title: "throughput", unit: "calls / s" },
      lines: made.slice(0, MOST_LINES).map((each, place) => ({
        id: each.label, label: each.label, style: place, points: true, x: each.x,
        y: each.rates.map(([value]) => value), low: each.rates.map(([, low]) => low), high: each.rates.map(([, , high]) => high),
      })),
    });
  }

  function powersOfTwo(most) {
    const found = [];
    for (let count = 1; count <= most; count *= 2) found.push([count, String(count)]);
    return found;
  }

  state.onchange(show);
  show();
})();
