// Lines of backends at any size and number of calls, and the texts about them: the same as backend_words.py.
"use strict";

(() => {
  const { format } = window.stallhorn;

  // ---- texts

  function size(value) {
    if (!Number.isInteger(value)) return format.general(value);
    return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  function about(value) {
    if (!(value > 0) || !Number.isFinite(value)) return "0";
    const rounded = Number(value.toPrecision(3));
    return rounded >= 100 ? size(Math.round(rounded)) : format.general(rounded, 3);
  }

  function times(ratio) {
    if (ratio >= 99.5) return size(Math.round(ratio)) + "x";
    return ratio >= 1.95 ? format.fixed(ratio, 1) + "x" : format.fixed(ratio, 2) + "x";
  }

  const time = ({ t, lo, hi }) =>
    format.quantity(t, "seconds") + (lo === null ? " (no interval)" : " (" + format.interval(lo, hi, "seconds") + ")");

  // ---- one line

  // Straight in logarithms between two measured sizes; null outside them.
  function at(line, n) {
    const { n: sizes } = line;
    if (!sizes.length || n < sizes[0] || n > sizes.at(-1)) return null;
    const right = sizes.findIndex((each) => each >= n);
    if (sizes[right] === n) return { t: line.t[right], lo: line.lo[right], hi: line.hi[right] };
    const share = Math.log(n / sizes[right - 1]) / Math.log(sizes[right] / sizes[right - 1]);
    const between = (list) =>
      (list[right - 1] === null || list[right] === null ? null : Math.exp(Math.log(list[right - 1]) * (1 - share) + Math.log(list[right]) * share));
    const [lo, hi] = [between(line.lo), between(line.hi)];
    return lo === null || hi === null ? { t: between(line.t), lo: null, hi: null } : { t: between(line.t), lo, hi };
  }

  // Beyond the measured sizes, on the last straight piece; only ever shown with the word for it.
  function beyond(line, n) {
    const { n: sizes, t } = line;
    if (sizes.length < 2) return null;
    const [one, other] = n < sizes[0] ? [0, 1] : [sizes.length - 2, sizes.length - 1];
    const slope = Math.log(t[other] / t[one]) / Math.log(sizes[other] / sizes[one]);
    return Math.exp(Math.log(t[one]) + slope * Math.log(n / sizes[one]));
  }

  // What the first call costs above a later one, from the nearest size at which it is known.
  function extra(line, n, cache) {
    let best = null;
    line[cache].forEach((first, place) => {
      if (!first) return;
      const far = Math.abs(Math.log(line.n[place] / n));
      if (!best || far < best.far) best = { far, first, steady: { t: line.t[place], lo: line.lo[place], hi: line.hi[place] } };
    });
    if (!best) return null;
    const { first: [t, lo, hi], steady } = best;
    return {
      t: Math.max(0, t - steady.t),
      lo: Math.max(0, (lo ?? t) - (steady.hi ?? steady.t)),
      hi: Math.max(0, (hi ?? t) - (steady.lo ?? steady.t)),
    };
  }

  // One later call (calls = 0), or so many calls with the first among them; null where that is not known.
  function cost(line, n, calls, cache) {
    const steady = at(line, n);
    if (!steady || !calls) return steady;
    const more = extra(line, n, cache);
    if (!more) return null;
    const bounded = steady.lo !== null;
    return { t: more.t + calls * steady.t, lo: bounded ? more.lo + calls * steady.lo : null, hi: bounded ? more.hi + calls * steady.hi : null };
  }

  // ---- the fastest of some lines: {first, rival, ratio, low, high, tie, same}; places in `lines`

  const least = (found) => found.lo ?? found.t;
  const most = (found) => found.hi ?? found.t;
  const overlap = (one, other) => least(one) <= most(other) && least(other) <= most(one);

  function fastest(lines, among, costOf) {
    const known = among.map((place) => [place, costOf(lines[place])]).filter(([, found]) => found).sort((a, b) => a[1].t - b[1].t || a[0] - b[0]);
    if (!known.length) return null;
    const [first, best] = known[0];
    const rival = known.find(([place]) => lines[place].backend !== lines[first].backend);
    const tied = known.slice(1).filter(([, found]) => overlap(found, best)).map(([place]) => place);
    const bounded = rival && rival[1].lo !== null && best.lo !== null;
    return {
      first, best, rival: rival ? rival[0] : null, against: rival ? rival[1] : null,
      ratio: rival ? rival[1].t / best.t : null,
      low: bounded ? rival[1].lo / best.hi : null, high: bounded ? rival[1].hi / best.lo : null,
      tie: Boolean(rival && tied.includes(rival[0])), same: tied.filter((place) => !rival || place !== rival[0]),
    };
  }

  const margin = (found) => (found.rival === null ? "alone" : found.tie ? "tie" : times(found.ratio));

  function detail(found, lines) {
    const parts = [lines[found.first].label + " " + time(found.best)];
    if (found.rival !== null) {
      const rival = lines[found.rival].label;
      const between = found.low === null ? "" : " (" + times(found.low) + " to " + times(found.high) + ")";
      parts.push(found.tie ? "within the intervals of " + rival : times(found.ratio) + " faster" + between + " than " + rival);
    }
    if (found.same.length) parts.push("cannot be told from " + found.same.map((place) => lines[place].label).join(" and "));
    return parts.join(", ");
  }

  // ---- numbers that people type: "100000", "1e5", "100,000"; NaN for what is none

  function typed(text) {
    const bare = text.trim().replace(/(?<=\d)[,_\s](?=\d{3})/g, "");
    return /^\d*\.?\d+(e\+?\d+)?$|^\d+\.$/i.test(bare) ? Number(bare) : NaN;
  }

  window.stallhorn.backends = { size, about, times, time, at, beyond, extra, cost, fastest, margin, detail, typed };
})();
