// Where a value lies on a chart, and which ticks to draw. Nothing here touches the page.
// A value x becomes t (its place, its logarithm or itself); charts zoom and draw in t.
"use strict";

(() => {
  const LOG_FROM = 8; // from this ratio of largest to smallest value, a linear axis flattens the small ones
  const LEAST_SPAN = 0.1; // of the centre: a flat line shows as flat, its noise not blown up to the whole height
  const GAP_WIDTH = 1.6; // of commits that were not measured, however many, in distances between neighbours
  const DAY = 86_400_000;
  const SCALES = {
    seconds: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]],
    bytes: [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]],
  };

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
  const minus = (text) => text.replace(/^-/, "−");

  function scaleOf(value, unit) {
    const table = SCALES[unit];
    if (!table) return [1, unit || ""];
    return table.find(([factor]) => Math.abs(value) >= factor * 0.9995) || table.at(-1);
  }

  // "2 ms", "1e5", "1,000", "0.25".
  function tickText(value, unit) {
    if (SCALES[unit]) {
      if (value === 0) return "0";
      const [factor, symbol] = scaleOf(value, unit);
      return minus(`${Number((value / factor).toPrecision(3))} ${symbol}`);
    }
    return numberText(value) + (unit === "%" ? " %" : "");
  }

  function numberText(value) {
    const power = Math.log10(Math.abs(value));
    const whole = Math.abs(power - Math.round(power)) < 1e-9;
    if (Math.abs(value) >= 1e5 && whole) return minus(`${value < 0 ? "-" : ""}1e${Math.round(power)}`);
    if (Math.abs(value) >= 1e9) return minus(value.toPrecision(3).replace("e+", "e"));
    if (Number.isInteger(value)) return minus(String(value).replace(/\B(?=(\d{3})+$)/g, ","));
    return minus(String(Number(value.toPrecision(3))).replace("e+", "e"));
  }

  // A value as people read it: as everywhere on the site, but large counts without an exponent, and no unit without a word.
  function valueText(value, unit) {
    const { format } = window.stallhorn;
    if (SCALES[unit] || Math.abs(value) < 1e4 || Math.abs(value) >= 1e9) return format.quantity(value, unit).trim();
    return `${format.count(Number(value.toPrecision(4)))} ${unit}`.trim();
  }

  function intervalText(low, high, unit) {
    const { format } = window.stallhorn;
    if (SCALES[unit] || Math.max(Math.abs(low), Math.abs(high)) < 1e4) return format.interval(low, high, unit).trim();
    return `${valueText(low, "")} to ${valueText(high, unit)}`;
  }

  function niceStep(span, count) {
    const raw = span / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw * 0.999) || 10 * power;
  }

  function linearTicks(low, high, count) {
    const step = niceStep(high - low, count);
    const ticks = [];
    for (let index = Math.ceil(low / step - 1e-9); index <= Math.floor(high / step + 1e-9); index += 1) {
      ticks.push(index * step);
    }
    return [ticks, step];
  }

  // Every power, or every second, third, ... of them, so that at most `room` remain; where few are, 2 and 5 as well.
  function logTicks(low, high, base, room) {
    if (high / low < 3) return linearTicks(low, high, Math.min(4, room))[0].filter((each) => each > 0);
    const first = Math.ceil(Math.log(low) / Math.log(base) - 1e-9);
    const last = Math.floor(Math.log(high) / Math.log(base) + 1e-9);
    const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const step = (base === 2 ? [1, 2, 5, 10, 20, 40] : [1, 2, 3, 6, 12, 24]).find((each) => powers.length / each <= room) || 100;
    const whole = powers.filter((power) => power % step === 0).map((power) => base ** power);
    if (whole.length >= (base === 2 ? 2 : 3)) return whole;
    const between = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const multiple of [2, 5]) between.push(multiple * 10 ** power);
    }
    const tens = base === 10 ? whole : logTicks(low, high, 10, room);
    return [...tens, ...between.filter((each) => each >= low && each <= high && !tens.includes(each))];
  }

  function timeTicks(low, high, count) {
    const days = (high - low) / DAY / Math.max(1, count);
    const ticks = [];
    if (days <= 21) {
      const step = [1, 2, 7, 14, 21].find((each) => each >= days) * DAY;
      for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push(at);
      return ticks;
    }
    const months = [1, 2, 3, 6, 12, 24, 60, 120].find((each) => each >= days / 30) || 240;
    const start = new Date(low);
    for (let month = start.getUTCFullYear() * 12 + Math.ceil(start.getUTCMonth() / months) * months; ; month += months) {
      const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
      if (at > high) return ticks;
      if (at >= low) ticks.push(at);
    }
  }

  const dayText = (date) => {
    if (date === null || date === undefined || date === "") return "";
    if (typeof date === "string") return date.slice(0, 10);
    const made = new Date(date);
    return Number.isNaN(made.getTime()) ? "" : made.toISOString().slice(0, 10);
  };

  function commitAxis(spec) {
    const commits = spec.commits || [];
    const places = [], gaps = [];
    commits.forEach((commit, index) => {
      places.push(index ? places[index - 1] + (commit.gap ? GAP_WIDTH : 1) : 0);
      if (index && commit.gap) gaps.push([commit.gap, places[index - 1], places[index]]);
    });
    const end = places.length ? places.at(-1) : 0;
    const toT = (x) => {
      const below = Math.max(0, Math.min(places.length - 1, Math.floor(x)));
      const above = Math.min(places.length - 1, below + 1);
      return isNumber(x) && places.length ? places[below] + (places[above] - places[below]) * (x - below) : NaN;
    };
    const nearest = (t) => {
      let low = 0, high = places.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (places[middle] > t) high = middle; else low = middle;
      }
      return Math.abs(places[high] - t) < Math.abs(places[low] - t) ? high : low;
    };
    const short = (x) => String(commits[Math.round(x)]?.hash ?? "").slice(0, 8);
    return {
      kind: "commits", toT, nearest, commits, places, full: end ? [0, end] : [-1, 1],
      // For linked charts, whose lists of commits may differ.
      fromT: nearest,
      say: (t) => commits[nearest(t)]?.hash,
      hear: (hash) => { const at = commits.findIndex((each) => each.hash === hash); return at < 0 ? NaN : places[at]; },
      text: short,
      long: (x) => {
        const commit = commits[Math.round(x)] || {};
        const tags = (commit.tags || []).join(" ");
        return [short(x), tags && `[${tags}]`, dayText(commit.date), commit.subject].filter(Boolean).join("  ");
      },
      beside: (x, next) => next === x + 1 && !commits[next]?.gap,
      // Evenly spread over the width, the ends first.
      ticks: (view, room) => {
        const inside = (i) => i >= 0 && places[i] >= view[0] - 1e-9 && places[i] <= view[1] + 1e-9;
        const first = places.findIndex((_, i) => inside(i)), last = places.findLastIndex((_, i) => inside(i));
        const chosen = new Set([last, first]);
        for (let part = 1; part < room; part += 1) chosen.add(nearest(view[0] + (view[1] - view[0]) * (part / room)));
        return [...chosen].filter(inside).map((i) => [places[i], short(i), dayText(commits[i].date)]);
      },
      gaps,
    };
  }

  function numberAxis(spec, xs) {
    const log = spec.kind === "log" || spec.kind === "log2";
    const base = spec.kind === "log2" || spec.unit === "bytes" ? 2 : 10;
    const toT = log ? (x) => (isNumber(x) && x > 0 ? Math.log(x) / Math.log(base) : NaN) : (x) => (isNumber(x) ? x : NaN);
    const fromT = log ? (t) => base ** t : (t) => t;
    const given = (spec.domain || []).map(toT).filter(isNumber);
    const ts = given.length === 2 ? given : xs.map(toT).filter(isNumber);
    let low = Infinity, high = -Infinity;
    for (const t of ts) { if (t < low) low = t; if (t > high) high = t; }
    if (low === Infinity) [low, high] = [0, 1];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const time = spec.kind === "time";
    const text = (x) => (time ? dayText(x) : tickText(x, spec.unit));
    const long = (x) => {
      if (time) return Number.isNaN(new Date(x).getTime()) ? "" : new Date(x).toISOString().slice(0, 16).replace("T", " ") + " UTC";
      return spec.title ? `${spec.title} ${text(x)}` : text(x);
    };
    return {
      kind: spec.kind, toT, fromT, full: [low, high], text, long, say: (t) => t, hear: (t) => t,
      beside: () => true, gaps: [],
      ticks: (view, room) => {
        const [from, to] = [fromT(view[0]), fromT(view[1])];
        let values = null;
        if (spec.ticks) return spec.ticks.filter(([x]) => x >= from * (1 - 1e-9) && x <= to * (1 + 1e-9)).map(([x, said]) => [toT(x), String(said)]);
        if (time) values = timeTicks(from, to, room);
        else values = log ? logTicks(from * (1 - 1e-9), to * (1 + 1e-9), base, room) : linearTicks(from, to, Math.min(room, 8))[0];
        return values.map((value) => [toT(value), text(value)]);
      },
    };
  }

  function xAxis(spec, xs) {
    return spec.kind === "commits" ? commitAxis(spec) : numberAxis(spec, xs);
  }

  // "auto" is logarithmic if all values are above 0 and far apart.
  function yKind(spec, values) {
    if (spec.kind && spec.kind !== "auto") return spec.kind;
    let low = Infinity, high = -Infinity;
    for (const value of values) { if (value < low) low = value; if (value > high) high = value; }
    return low > 0 && high / low >= LOG_FROM ? "log" : "linear";
  }

  // An axis that holds all values, and their bounds as far as those do not squeeze the values.
  function yAxis(spec, kind, values, bounds) {
    let low = Infinity, high = -Infinity;
    for (const value of values) { if (value < low) low = value; if (value > high) high = value; }
    const title = spec.title || "value";
    if (low === Infinity) return { kind, title, at: () => 0, ticks: () => [] };
    const log = kind !== "linear";
    const span = log ? 0 : Math.max(high - low, Math.abs(high) * LEAST_SPAN) || 1;
    const [least, most] = log ? [low / 2, high * 2] : [low - span, high + span];
    for (const bound of bounds) {
      if (bound >= least && bound < low) low = bound;
      if (bound <= most && bound > high) high = bound;
    }
    return log ? logAxis(spec, kind, low, high, title) : linearAxis(spec, low, high, title);
  }

  function linearAxis(spec, lowest, highest, title) {
    const centre = (lowest + highest) / 2;
    const half = Math.max(((highest - lowest) / 2) * 1.12, (Math.abs(centre) * LEAST_SPAN) / 2) || 0.5;
    let [low, high] = [centre - half, centre + half];
    if (lowest >= 0 && low < 0.45 * high) low = 0;
    if (spec.domain) [low, high] = spec.domain;
    const [factor, symbol] = scaleOf(Math.max(Math.abs(low), Math.abs(high)), spec.unit);
    const ticks = (count) => {
      const [values, step] = linearTicks(low / factor, high / factor, count);
      const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
      const said = (value) => (Math.abs(value) >= 1e4 || digits > 6 ? numberText(value) : minus(value.toFixed(digits)));
      return values.map((value) => [value * factor, said(value)]);
    };
    return { kind: "linear", ticks, at: (value) => (value - low) / (high - low), title: symbol ? `${title} (${symbol})` : title };
  }

  function logAxis(spec, kind, lowest, highest, title) {
    const wide = kind === "log2" ? 1.12 : 1.25;
    const [low, high] = spec.domain || [lowest / wide, highest * wide];
    const [from, to] = [Math.log(low), Math.log(high)];
    const named = SCALES[spec.unit] || spec.unit === "%" || !spec.unit ? "" : `${spec.unit}, `;
    return {
      kind, title: `${title} (${named}log scale)`,
      at: (value) => (value > 0 ? (Math.log(value) - from) / (to - from) : -1),
      ticks: (room) => logTicks(low, high, kind === "log2" || spec.unit === "bytes" ? 2 : 10, room + 4).map((value) => [value, tickText(value, spec.unit)]),
    };
  }

  window.stallhorn = Object.assign(window.stallhorn || {}, {
    axes: { xAxis, yAxis, yKind, tickText, valueText, intervalText, isNumber, dayText },
  });
})();
