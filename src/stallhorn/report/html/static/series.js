// The index of all series, decoded: see report/html/data/series.py for its columns.
"use strict";

(() => {
  const { format, load, readable, top } = window.stallhorn;
  const DIGITS = 10;  // of a page's name
  const TOLD = { slower: "", faster: "", machine: "moved by the machine: ", measured: "measured otherwise: " };
  let decoded;

  // null if the page has no index, or one that only a newer script can read.
  function series() {
    if (decoded === undefined) {
      const data = readable(window.stallhornData?.series);
      decoded = data && decode(data);
    }
    return decoded;
  }

  const scaled = (integer, exponent) => (exponent < 0 ? integer / 10 ** -exponent : integer * 10 ** exponent);
  const lower = (text) => text.toLowerCase().replaceAll("\u00a0", " ");

  function decode(data) {
    const names = naming(data);
    const measured = measuring(data);
    const judged = judging(data, measured);
    const text = searching(data, names, judged);
    return { count: data.count, everywhere: data.everywhere, ...names, ...measured, ...judged, text };
  }

  // Lower-case text of everything that a search should find. It is made while the reader reads.
  function searching(data, names, judged) {
    const texts = [];
    const once = (places, text) => {
      const known = [];
      return (i) => known[places[i]] ??= lower(text(i));
    };
    const parts = [
      once(data.benchmark, names.benchmark), once(data.parameters, names.parameters), once(data.environment, names.environment),
      once(data.machine, names.machine), once(data.unit, names.unit), once(data.standing, (i) => judged.standing(i).words),
      once(data.status, judged.status),
    ];
    const rest = (i) => lower([
      judged.standing(i).name === "same" ? "" : judged.verdict(i), judged.reason(i), judged.specimen(i) ? "specimen" : "",
      data.change[i] < 0 ? "" : data.changes[data.change[i]][2],
      ...judged.causes(i).flatMap((each) => [each.id, each.title]),
    ].join("\n"));
    const make = (i) => parts.map((part) => part(i)).join("\n") + "\n" + rest(i);

    let next = 0;
    const later = window.requestIdleCallback || ((run) => setTimeout(() => run({ timeRemaining: () => 0 }), 50));
    later(function some(spare) {
      do {
        for (const end = Math.min(data.count, next + 200); next < end; next += 1) texts[next] ??= make(next);
      } while (next < data.count && spare.timeRemaining() > 2);
      if (next < data.count) later(some);
    });
    return (i) => texts[i] ??= make(i);
  }

  function naming(data) {
    const inWords = [], shown = [];
    const everywhere = new Set(data.everywhere.map(([name]) => name));
    const combination = (i) => data.combinations[data.parameters[i]];
    const pairs = (i) => {
      const [shape, ...values] = combination(i);
      return data.shapes[shape].map((name, place) => [name, values[place]]);
    };
    const written = (found) => found.map(([name, value]) => name + "=" + value).join(", ");
    const role = (place) => (i) => {
      const name = data.roles[data.role[data.benchmark[i]]][place];
      if (!name) return "";
      const [shape, ...values] = combination(i);
      return values[data.shapes[shape].indexOf(name)] ?? "";
    };
    const benchmark = (i) => data.benchmarks[data.benchmark[i]];
    const parameters = (i) => inWords[data.parameters[i]] ??= written(pairs(i));
    const environment = (i) => data.environments[data.environment[i]][1];
    return {
      benchmark, parameters, environment,
      pairs,  // [[name, value], ...]
      // Without the parameters that have one value in the whole project.
      shown: (i) => shown[data.parameters[i]] ??= written(pairs(i).filter(([name]) => !everywhere.has(name))),
      size: role(0), backend: role(1), variant: role(2), threads: role(3),
      environmentName: (i) => data.environments[data.environment[i]][0],
      machine: (i) => data.machines[data.machine[i]],
      machines: data.machines,
      unit: (i) => data.units[data.unit[i]],
      name: (i) => benchmark(i) + (parameters(i) ? " [" + parameters(i) + "]" : "") + " @ " + environment(i),
      href(i) {
        const start = data.benchmark[i] * DIGITS;
        return new URL("benchmark/" + data.pages.slice(start, start + DIGITS) + ".html", top).href;
      },
    };
  }

  // The newest values at once; intervals and histories of the first rows at once, of all others after `rest()`.
  function measuring(data) {
    const first = new Map();
    const early = readable(window.stallhornData["series-top"]);
    early?.rows.forEach((row, place) => first.set(row, place));
    let late = null;
    const scale = (i) => data.scale[i];
    const value = (i) => (data.value[i] === null ? null : scaled(data.value[i], scale(i) + 1));
    const found = (name, i) => (late ? late[name][i] : early && first.has(i) ? early[name][first.get(i)] : undefined);
    const bound = (name, sign) => (i) => {
      const distance = found(name, i);
      return distance === undefined || distance === null ? null : scaled(data.value[i] + sign * distance, scale(i) + 1);
    };
    return {
      scale, value, low: bound("below", -1), high: bound("above", 1),
      reason(i) {
        const place = found("reason", i) ?? data.reason[i];
        return place < 0 ? "" : data.reasons[place];
      },
      // Whether the interval and the history are here.
      known: (i) => late !== null || first.has(i),
      spark(i) {
        const [from, place] = late ? [late, i] : [early, first.get(i)];
        return from && place !== undefined ? from.spark.slice(place * from.points, (place + 1) * from.points) : null;
      },
      async rest() {
        if (late) return;
        await load("data/series-rest.js");
        late = readable(window.stallhornData["series-rest"]);
      },
    };
  }

  function judging(data, measured) {
    const causes = new Map();
    data.caused[0].forEach((row, place) => {
      const [id, severity, title, page] = data.causes[data.caused[1][place]];
      causes.set(row, [...(causes.get(row) || []), { id, severity, title, page }]);
    });
    const specimens = new Set(data.specimens);
    const standings = data.standings.map(([name, words, sign], code) => ({ name, words, sign, code }));
    const standing = (i) => standings[data.standing[i]];
    const ratio = (i) => (data.ratio[i] === null ? null : 1 + data.ratio[i] / 1000);
    return {
      standings, standing, ratio,
      status: (i) => data.statuses[data.status[i]],
      reason: measured.reason,
      // The newest change of it, its page, and what it was: "slower since 5a141dcf"; null for none.
      change(i) {
        const found = data.changes[data.change[i]];
        return found ? { id: found[0], href: new URL(found[1], top).href, words: found[2] } : null;
      },
      causes: (i) => causes.get(i) || [],
      specimen: (i) => specimens.has(i),
      // The comparison in words: "2.01x slower", "within noise (+0.4 %)".
      verdict(i) {
        const { name, words } = standing(i), unit = data.units[data.unit[i]];
        if (name in TOLD) return TOLD[name] + format.ratio(ratio(i), unit);
        if (name === "same" && unit.endsWith("counted)")) return "unchanged";
        if ((name === "same" || name === "unclear") && ratio(i) !== null) return words + " (" + format.percent(ratio(i)) + ")";
        return words;
      },
      // How far down a list it may stand: the most urgent first, then the largest change.
      urgency(i) {
        const { name, code } = standing(i), moved = ratio(i);
        const size = (name === "slower" || name === "faster") && moved > 0 ? Math.abs(Math.log(moved)) : 0;
        return code * 1000 - size;
      },
    };
  }

  // A history as a small picture, with what it says in words.
  function spark(text, words) {
    const { svg } = window.stallhorn;
    const WIDTH = 132, HEIGHT = 28, EDGE = 4;
    if (!text || /^\.*$/.test(text)) return "";
    const x = (place) => EDGE + (text.length > 1 ? place / (text.length - 1) : 0.5) * (WIDTH - 2 * EDGE);
    const y = (letter) => HEIGHT - EDGE - (parseInt(letter, 32) / 31) * (HEIGHT - 2 * EDGE);
    const points = [...text].map((letter, place) => (letter === "." ? null : [x(place).toFixed(1), y(letter).toFixed(1)]));
    const path = points.map((point, place) => {
      if (!point) return "";
      if (points[place - 1]) return "L" + point.join(" ");
      return "M" + point.join(" ") + (points[place + 1] ? "" : "h2");
    }).join("");
    const [cx, cy] = points.findLast(Boolean);
    return svg("svg", { class: "spark", role: "img", "aria-label": words, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT },
      svg("path", { d: path, class: "spark-line" }), svg("circle", { cx, cy, r: 2.5, class: "spark-end" }));
  }

  Object.assign(window.stallhorn, { series, spark });
})();
