// Two sides against each other: the rule of stallhorn/contrast.py, on the data of report/html/data/sides.py and commits.py.
"use strict";

(() => {
  const AXES = ["commit", "environment", "backend", "machine"];
  const NAMES = { env: "environment", environment: "environment", backend: "backend", machine: "machine" };
  const SHORT = { environment: "env", backend: "backend", machine: "machine" };
  const STATUSES = ["ok", "skipped", "failed", "aborted", "timeout"];
  const FIRST = 16, NOT_POSITIVE = 8, LEAST = -90, SPAN = 90000, DIGITS = 10000;
  const UNIT = 0.0001, STEPS = 232, NO_INTERVAL = 4095;
  const FEW = 3;  // benchmarks, from which the mean has an interval
  const T_99 = [63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.25];
  const OUTCOMES = [
    { id: "slower", words: "slower", sign: "▲" }, { id: "faster", words: "faster", sign: "▼" },
    { id: "unclear", words: "too noisy to say", sign: "~" }, { id: "same", words: "within noise", sign: "=" },
    { id: "none", words: "not comparable", sign: "?" },
  ];
  const [SLOWER, FASTER, UNCLEAR, SAME, NONE] = OUTCOMES.keys();

  // ---- the values of a commit

  const reach = (code) => (code === NO_INTERVAL ? NaN : UNIT * (2 ** (code / STEPS) - 1));

  function value(code) {
    const power = Math.floor((code - FIRST) / SPAN) + LEAST, digits = ((code - FIRST) % SPAN) + DIGITS;
    return power < 0 ? digits / 10 ** -power : digits * 10 ** power;
  }

  const MISSING = { status: "", value: NaN, below: NaN, above: NaN };

  // All series at one commit: a value with the reach of its interval as logarithms, or how it ended ("" = not measured).
  function decode(text, count) {
    const bytes = atob(text);
    const code = (at) => bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8) | (bytes.charCodeAt(at + 2) << 16);
    return {
      at(i) {
        const own = code(3 * i);
        if (own < FIRST) return { ...MISSING, status: own === NOT_POSITIVE ? "ok" : STATUSES[own - 1] ?? "" };
        const around = code(3 * (count + i));
        return { status: "ok", value: value(own), below: reach(around & 0xfff), above: reach(around >> 12) };
      },
    };
  }

  // ---- sides, as the command line writes them: "v1.0,env:numpy2"

  function read(text, known) {
    const side = { commit: "", environment: "", backend: "", machine: "" };
    for (const part of text.split(",").filter(Boolean)) {
      const colon = part.indexOf(":");
      const axis = colon < 0 ? "commit" : NAMES[part.slice(0, colon)];
      if (!axis) throw new Error(`“${part}” names no kind that there is: env, backend, machine.`);
      const name = part.slice(colon + 1);
      side[axis] = axis === "commit" ? commitOf(name, known) : nameOf(axis, name, known);
    }
    return side;
  }

  function commitOf(name, known) {
    const found = known.data.commits.filter(([hash, , , , tags]) => tags.includes(name) || (name.length >= 4 && hash.startsWith(name.toLowerCase())));
    if (found.length === 1) return found[0][0];
    if (found.length) throw new Error(`“${name}” stands for ${found.length} commits: give more digits.`);
    throw new Error(`No measured commit has the hash or tag “${name}”.`);
  }

  function nameOf(axis, name, known) {
    if (known[axis].includes(name)) return name;
    const inside = known[axis].filter((each) => name && each.includes(name));
    if (inside.length === 1) return inside[0];
    throw new Error(inside.length ? `“${name}” is part of ${inside.length} names (${axis}).` : `No ${axis} with results is named “${name}”.`);
  }

  function write(side) {
    return [side.commit && side.commit.slice(0, 8), ...AXES.slice(1).map((axis) => side[axis] && SHORT[axis] + ":" + side[axis])].filter(Boolean).join(",");
  }

  const differing = (one, other) => AXES.filter((axis) => one[axis] !== other[axis]);

  // What only one side names holds for both; without a commit it is the newest that both have.
  function completed(one, other, known) {
    const sides = [{ ...one }, { ...other }];
    for (const axis of AXES) for (const side of sides) side[axis] ||= one[axis] || other[axis];
    if (!sides[0].commit) {
      const [left, right] = sides.map((side) => measured(side, known));
      const place = left.findLastIndex((has, at) => has && right[at]);
      for (const side of sides) side.commit = place < 0 ? "" : known.data.commits[place][0];
    }
    return sides;
  }

  // Of each commit, whether a side has values there.
  function measured(side, known) {
    const found = known.data.commits.map(() => false);
    for (const [environment, machine, backend, text] of known.data.measured) {
      const fits = { environment, machine, backend };
      if (AXES.slice(1).some((axis) => side[axis] && side[axis] !== fits[axis])) continue;
      for (let at = 0; at < text.length; at += 1) if (text[at] === "1") found[at] = true;
    }
    return found;
  }

  // The measured commit nearest to one that is not, an older one in doubt: [place, "2 before"].
  function nearest(commit, has, known) {
    const position = (at) => known.data.commits[at][1];
    const asked = position(known.data.commits.findIndex(([hash]) => hash === commit));
    let best = -1;
    has.forEach((is, at) => {
      if (is && (best < 0 || Math.abs(position(at) - asked) < Math.abs(position(best) - asked))) best = at;
    });
    const apart = asked - position(best);
    return best < 0 ? null : [best, apart > 0 ? apart + " before" : -apart + " after"];
  }

  // ---- which series belong together

  function pairs(one, other, known) {
    const { series } = known;
    const free = new Set(differing(one, other));
    const firsts = chosen(one, known), seconds = chosen(other, known);
    free.delete("commit");
    if (!free.size) return firsts.map((i) => [i, i]);
    const key = (i) => JSON.stringify([
      free.has("backend") ? known.acrossBackends(i) : [series.benchmark(i), series.parameters(i)],
      free.has("environment") ? "" : series.environmentName(i), free.has("machine") ? "" : series.machine(i),
    ]);
    const counterparts = new Map(), seen = new Set();
    for (const i of seconds) {
      const name = key(i);
      if (!counterparts.has(name)) counterparts.set(name, i);
    }
    const found = firsts.map((i) => {
      const name = key(i);
      seen.add(name);
      return [i, counterparts.get(name) ?? -1];
    });
    for (const [name, i] of counterparts) if (!seen.has(name)) found.push([-1, i]);
    return found;
  }

  function chosen(side, { series }) {
    const found = [];
    for (let i = 0; i < series.count; i += 1) {
      if (side.environment && series.environmentName(i) !== side.environment) continue;
      if (side.machine && series.machine(i) !== side.machine) continue;
      if (side.backend && series.backend(i) !== side.backend) continue;
      found.push(i);
    }
    return found;
  }

  // ---- what is said of a pair

  function incomparable(first, second, left, right, known) {
    const { series } = known;
    if (series.unit(first) !== series.unit(second)) return `the units differ: ${series.unit(first)} and ${series.unit(second)}`;
    if (series.benchmark(first) === series.benchmark(second) && known.version(first) !== known.version(second)) return "another version of the benchmark";
    return left.value > 0 && right.value > 0 ? "" : "a value that is not positive has no ratio";
  }

  function unmeasured(place, status, side, opposite) {
    if (place < 0) return "no such series in " + side;
    if (status === "ok") return "";
    return (status || "not measured") + " in " + side;
  }

  // NaN is not known.
  const larger = (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b));

  function judged(first, second, left, right, known) {
    const { rule } = known.data, place = Math.max(first, second);
    const exact = known.exact.has(place), sign = known.inverse.has(place) ? -1 : 1;
    const [one, two] = [known.data.noise[first], known.data.noise[second]];
    const spread = exact ? 0 : Math.hypot(one, two) / 1e5;
    const effect = Math.log(right.value) - Math.log(left.value);
    const down = Math.hypot(right.below, left.above), up = Math.hypot(right.above, left.below);
    const unbounded = Number.isNaN(down) || Number.isNaN(up);
    const separate = exact || unbounded || effect - down > 0 || effect + up < 0;
    const long = one > 0 && two > 0 && !exact;
    const needed = long || unbounded ? rule.certainty * spread : Math.min(rule.certainty * spread, Math.log(rule.plain));
    const usual = long ? rule.normal * spread : NaN;
    const size = Math.abs(effect);
    const relevant = size >= (exact ? 1e-12 : Math.log(rule.relevant));
    const significant = size >= Math.max(needed, 1e-12) && separate;
    const outcome = relevant && significant ? (effect * sign > 0 ? SLOWER : FASTER)
      : relevant && size > rule.doubt * needed ? UNCLEAR : SAME;
    return {
      first, second, left, right, outcome, relevant, significant, reason: "", effect: effect * sign, ratio: Math.exp(effect),
      low: Math.exp(effect - larger(down, usual)), high: Math.exp(effect + larger(up, usual)),
    };
  }

  function compare(one, other, before, after, known) {
    const found = [];
    for (const [first, second] of pairs(one, other, known)) {
      const left = first < 0 ? MISSING : before.at(first), right = second < 0 ? MISSING : after.at(second);
      let reason = "";
      if (left.status === "ok" && right.status === "ok") reason = incomparable(first, second, left, right, known);
      else if ([left, right].every(({ status }) => status === "" || status === "skipped")) continue;
      else reason = unmeasured(first, left.status, "A", "B") || unmeasured(second, right.status, "B", "A");
      found.push(reason
        ? { first, second, left, right, outcome: NONE, relevant: false, significant: false, reason, effect: NaN, ratio: NaN, low: NaN, high: NaN }
        : judged(first, second, left, right, known));
    }
    return { one, other, pairs: found, ...summary(found, known) };
  }

  function summary(found, { series }) {
    const counts = OUTCOMES.map(() => 0), sums = new Map();
    const known = found.filter(({ effect }) => !Number.isNaN(effect));
    for (const { outcome } of found) counts[outcome] += 1;
    const most = (outcome, sign) => found.reduce((best, each) =>
      (each.outcome === outcome && (!best || sign * each.effect > sign * best.effect) ? each : best), null);
    const mean = known.reduce((sum, { effect }) => sum + effect, 0) / known.length;
    for (const { first, second, effect } of known) {
      const name = series.benchmark(first < 0 ? second : first);
      sums.set(name, (sums.get(name) || 0) + effect - mean);
    }
    const groups = sums.size;
    const squares = [...sums.values()].reduce((sum, each) => sum + each ** 2, 0);
    const reach = groups < FEW ? NaN : Math.sqrt((squares * groups) / (groups - 1)) / known.length * student(groups - 1);
    return {
      counts, worst: most(SLOWER, 1), best: most(FASTER, -1),
      mean: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach),
    };
  }

  function student(degrees) {
    if (degrees <= T_99.length) return T_99[degrees - 1];
    const z = 2.5758;
    return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
  }

  // ---- in what the environments differ

  function differences(one, other, known) {
    const { data } = known, found = [];
    if (one.machine !== other.machine) found.push(...between(data.machines[one.machine] || [], data.machines[other.machine] || []));
    const at = (rows, commit) => {
      const row = rows.find(([place]) => data.commits[place][0] === commit);
      return row ? data.facts[row[1]] : [];
    };
    if (one.environment !== other.environment) {
      const whole = (side) => {
        const rows = data.seen.filter(([environment, machine, places]) => environment === side.environment
          && (!side.machine || machine === side.machine) && places.some(([place]) => data.commits[place][0] === side.commit))[0];
        return [...new Map([...(data.environments[side.environment]?.facts || []), ...(rows ? at(rows[2], side.commit) : [])])];
      };
      return [...found, ...between(whole(one), whole(other))];
    }
    const places = data.seen.filter(([environment, machine]) => (!one.environment || environment === one.environment) && (!one.machine || machine === one.machine));
    for (const [environment, , rows] of one.machine === other.machine ? places : []) {
      const before = at(rows, one.commit), after = at(rows, other.commit), common = new Set(after.map(([what]) => what));
      found.push(...between(before.filter(([what]) => common.has(what)), after, places.length > 1 ? environment : "").filter((each) => before.some(([what]) => what === each.what)));
    }
    return found;
  }

  function between(before, after, where = "") {
    const old = new Map(before), now = new Map(after);
    return [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
      .map((what) => ({ what, before: old.get(what) ?? "none", after: now.get(what) ?? "none", where }))
      .filter((each) => each.before !== each.after);
  }

  // Everything that is looked up, once for a page.
  function known(data, series) {
    const raw = window.stallhornData.series;
    const versions = new Map(data.versions[0].map((place, at) => [place, data.versions[1][at]]));
    const of = (place) => [...new Set(data.measured.map((each) => each[place]))].filter(Boolean).sort();
    return {
      data, series, exact: new Set(data.exact), inverse: new Set(data.inverse), version: (i) => versions.get(i) ?? 0,
      environment: of(0), machine: of(1), backend: of(2),
      acrossBackends(i) {
        const role = raw.roles[raw.role[raw.benchmark[i]]][1], benchmark = series.benchmark(i);
        return [data.families[benchmark] ?? benchmark, series.pairs(i).filter(([name]) => name !== role)];
      },
    };
  }

  window.stallhorn.contrast = { AXES, OUTCOMES, known, decode, read, write, differing, completed, measured, nearest, compare, differences };
})();
