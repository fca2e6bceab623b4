// The data inside a benchmark's page: series with names, places on their machine's commits, and real values.
"use strict";

(() => {
  const here = window.stallhorn;
  const MOST = 6; // lines of a chart

  const sums = (steps) => {
    let at = 0;
    return steps.map((step) => (step === null ? null : (at += step)));
  };
  const scaled = (value, power) => (power < 0 ? value / 10 ** -power : value * 10 ** power);
  const number = (text) => {
    const made = text === undefined || text.trim() === "" ? NaN : Number(text.replaceAll("_", ""));
    return Number.isFinite(made) ? made : null;
  };

  function machine(raw) {
    const { hash, subject, minute, position, tags, thinned } = raw.commits;
    const minutes = sums(minute), positions = sums(position);
    return {
      name: raw.name, roofs: raw.roofs, thinned,
      commits: hash.map((each, place) => ({
        hash: each, subject: subject[place], position: positions[place], tags: tags[place] || [],
        date: minutes[place] === null ? null : minutes[place] * 60000,
      })),
    };
  }

  class Series {
    constructor(raw, place, page) {
      [this.raw, this.place, this.page] = [raw, place, page];
      [this.machine, this.environment, this.standing] = raw.w;
      this.texts = raw.p.map((at, which) => (at < 0 ? "" : page.texts[which][at]));
      this.verdict = raw.t;
      this.floor = raw.floor || null;
      this.work = raw.work || null;
      this.start = raw.start || null; // of the first call: time with bounds, or why there is none
      this.specimen = raw.specimen || "";
    }

    text(which) { return which === null ? "" : this.texts[which]; }
    number(which) { return which === null ? null : number(this.texts[which]); }

    // Everything that tells it from the other series of the page.
    get name() {
      const told = this.page.telling.map((which) => `${this.page.parameters[which]}=${this.texts[which]}`).join(", ");
      return [told, this.where].filter(Boolean).join(" @ ") || "the only series";
    }

    get where() {
      const { environments, machines, several } = this.page;
      return [several.environments && environments[this.environment].label, several.machines && machines[this.machine].name]
        .filter(Boolean).join(" on ");
    }

    // The name in addresses: it stays what it is from night to night.
    get id() { return [...this.texts, ...(this.where ? [this.where] : [])].join(","); }

    // Places among the machine's commits, oldest first, with value and bounds; null where a bound is not known.
    get points() {
      if (this.decoded) return this.decoded;
      const { v, l, h, s, at, no } = this.raw;
      let places = at;
      if (!places) {
        const lacking = new Set(no);
        places = this.page.machines[this.machine].commits.map((_, place) => place).filter((place) => !lacking.has(place));
      }
      this.decoded = places.map((place, i) => ({
        place, value: scaled(v[i], s),
        low: l[i] < 0 ? null : scaled(v[i] - l[i], s),
        high: h[i] < 0 ? null : scaled(v[i] + h[i], s),
      }));
      return this.decoded;
    }

    get newest() { return this.points.at(-1) || null; }

    // The point at a place; the newest one without a place.
    at(place) {
      return place === null ? this.newest : this.points.find((point) => point.place === place) || null;
    }

    get levels() { return (this.raw.levels || []).map(([from, to, value]) => [from, to, scaled(value, this.raw.s)]); }
    get failures() { return (this.raw.bad || []).map(([place, how, why]) => ({ place, how, why })); }

    // What the probe saw: {places, values} of one fact.
    fact(name) {
      const facts = this.raw.facts;
      return facts && facts[name] ? { places: facts.at, values: facts[name] } : null;
    }

    // The newest of a fact that is known; at a place, if one is given.
    factAt(name, place = null) {
      const found = this.fact(name);
      if (!found) return null;
      if (place !== null) return found.values[found.places.indexOf(place)] ?? null;
      return found.values.findLast((value) => value !== null) ?? null;
    }

    get samples() {
      return (this.raw.raw || []).map(([place, values, processes, count]) => ({
        place, count, values: values.map((value) => value === null ? null : scaled(value, this.raw.s)),
        processes: processes.length ? processes : values.map(() => 0),
      }));
    }
  }

  function read() {
    const raw = here.data();
    if (!raw) return null;
    const page = { ...raw, machines: raw.machines.map(machine) };
    page.telling = page.parameters.map((_, which) => which).filter((which) => page.texts[which].length > 1);
    page.several = { environments: page.environments.length > 1, machines: page.machines.length > 1 };
    page.series = raw.series.map((each, place) => new Series(each, place, page));
    return page;
  }

  // ---- which lines share a chart

  // What series differ in, besides the parameters that are left out: each with its values in the order of the suite.
  function dimensions(page, series, without = []) {
    const found = page.telling.filter((which) => !without.includes(which)).map((which) => ({
      key: "p." + page.parameters[which], title: page.parameters[which], role: role(page, which),
      of: (each) => each.texts[which], values: [...new Set(series.map((each) => each.texts[which]))],
    }));
    for (const [key, title, of] of [
      ["environment", "environment", (each) => page.environments[each.environment].label],
      ["machine", "machine", (each) => page.machines[each.machine].name],
    ]) found.push({ key, title, role: key, of, values: [...new Set(series.map(of))] });
    for (const each of found) each.values.sort(inOrder);
    return found.filter((each) => each.values.length > 1);
  }

  const role = (page, which) => Object.keys(page.roles).find((name) => page.roles[name] === which) || "";

  function inOrder(one, other) {
    const [a, b] = [number(one), number(other)];
    if (a !== null && b !== null) return a - b;
    return a !== null ? -1 : b !== null ? 1 : one < other ? -1 : one > other ? 1 : 0;
  }

  // What is held back first so that at most six lines remain; backends are what people compare, so they go last.
  const LAST = ["", "size", "machine", "environment", "threads", "variant", "backend"];

  // Series that share a chart over `without`: {lines, picks}. A pick holds one dimension at one value.
  function narrowed(page, series, without) {
    let left = series;
    const picks = [], dims = dimensions(page, series, without);
    const count = () => new Set(left.map((each) => dims.map((dim) => dim.of(each)).join("\n"))).size;
    for (const dim of [...dims].sort((a, b) => LAST.indexOf(a.role) - LAST.indexOf(b.role))) {
      const asked = here.state.get(dim.key);
      const held = dim.values.includes(asked) ? asked : null;
      if (held === null && (count() <= MOST || asked === "all")) {
        if (asked === "all") picks.push({ dim, value: "all" });
        continue;
      }
      const values = [...new Set(left.map(dim.of))].sort(inOrder);
      const value = held ?? (dim.role === "threads" ? values[0] : values.at(-1));
      if (values.length > 1) picks.push({ dim, value });
      if (left.some((each) => dim.of(each) === value)) left = left.filter((each) => dim.of(each) === value);
    }
    const open = dims.filter((dim) => new Set(left.map(dim.of)).size > 1);
    const groups = new Map();
    for (const each of left) {
      const key = open.map((dim) => dim.of(each)).join("\n");
      groups.set(key, [...(groups.get(key) || []), each]);
    }
    const lines = [...groups.values()].map((group) => ({ label: labelled(open, group[0]), series: group }));
    return { lines: styled(page, lines.slice(0, MOST)), more: Math.max(0, lines.length - MOST), picks };
  }

  const BARE = new Set(["backend", "environment", "machine"]); // values that say what they are
  const labelled = (dims, series) =>
    dims.map((dim) => (BARE.has(dim.role) ? dim.of(series) : `${dim.title} = ${dim.of(series)}`)).join(", ") || series.page.name.split(".").at(-1);

  // A backend has one colour wherever it stands; lines of one backend take the free ones.
  function styled(page, lines) {
    const which = page.roles.backend;
    const taken = new Set();
    for (const line of lines) {
      const first = which === null ? 0 : Math.max(0, line.series[0].raw.p[which]) % MOST;
      let style = first;
      while (taken.has(style) && taken.size < MOST) style = (style + 1) % MOST;
      taken.add(style);
      line.style = style;
    }
    return lines;
  }

  here.benchmark = { MOST, read, dimensions, narrowed, inOrder, labelled };
})();
