// The table of all benchmarks: how many series each has, how they stand, and which changed most.
"use strict";

(() => {
  const { el, breakable, format, series, table } = window.stallhorn;
  const TOLD = ["slower", "failed", "unclear", "faster"];
  const root = document.querySelector("[data-benchmarks]"), all = root && series();
  if (!all) return;

  const found = new Map();
  for (let i = 0; i < all.count; i += 1) {
    const name = all.benchmark(i);
    if (!found.has(name)) found.set(name, { name, href: all.href(i), count: 0, counts: new Map(), worst: null, urgency: Infinity, units: new Set() });
    const entry = found.get(name), standing = all.standing(i);
    entry.count += 1;
    entry.counts.set(standing.name, (entry.counts.get(standing.name) || 0) + 1);
    if (all.urgency(i) < entry.urgency) Object.assign(entry, { urgency: all.urgency(i), worst: i });
  }
  const entries = [...found.values()];
  const signs = new Map(all.standings.map((each) => [each.name, each]));
  for (const entry of entries) {
    const texts = TOLD.filter((name) => entry.counts.has(name)).map((name) => signs.get(name).words);
    entry.text = [entry.name, ...texts].join("\n").toLowerCase();
  }

  table(root, {
    rows: entries.length,
    noun: "benchmarks",
    label: "All benchmarks",
    placeholder: "words, e.g. rbf slower",
    row: "3.2rem",
    narrow: "6.6rem",
    widths: "minmax(0, 5fr) 5rem minmax(0, 3fr) minmax(0, 3fr)",
    order: (i) => entries[i].urgency,
    search: (i) => entries[i].text,
    columns: [
      { id: "benchmark", title: "Benchmark", sort: (i) => entries[i].name, cell: (i) => el("a", { href: entries[i].href }, breakable(entries[i].name)) },
      { id: "count", title: "Series", sort: (i) => entries[i].count, number: true, cell: (i) => format.count(entries[i].count) },
      {
        id: "standing", title: "How they stand", sort: (i) => entries[i].counts.get("slower") || 0, number: true,
        cell: (i) => TOLD.filter((name) => entries[i].counts.has(name)).map((name) => {
          const { sign, words } = signs.get(name);
          return el("span", { class: "standing part " + name }, el("span", { "aria-hidden": "true" }, sign), ` ${format.count(entries[i].counts.get(name))} ${words} `);
        }),
      },
      { id: "worst", title: "The most urgent", cell: (i) => {
        const { name, sign } = all.standing(entries[i].worst);
        return el("span", { class: "standing " + name }, el("span", { "aria-hidden": "true" }, sign), " " + all.verdict(entries[i].worst));
      } },
    ],
  });
})();
