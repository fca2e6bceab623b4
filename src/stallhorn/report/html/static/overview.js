// The table of all series, and how long ago the newest measurement was.
"use strict";

(() => {
  const { el, breakable, format, series, spark, table } = window.stallhorn;
  const NIGHTS = 2;  // after so many without a measurement results are stale
  age(document.querySelector("[data-age]"));
  const root = document.querySelector("[data-series]"), all = root && series();
  if (all) show(root, all);
  else if (root) for (const hidden of document.querySelectorAll(".without-script")) hidden.classList.remove("without-script");

  function age(time) {
    if (!time) return;
    const days = Math.floor((Date.now() - Date.parse(time.dateTime)) / 86400e3);
    if (!(days > 0)) return;
    const old = days > NIGHTS;
    time.after(" ", el("span", { class: old ? "age old" : "age muted" }, `${days} ${days === 1 ? "day" : "days"} ago`));
  }

  function show(root, all) {
    const machines = all.machines.length > 1;
    root.classList.toggle("machines", machines);
    const collected = { rest: null };
    const places = Array.from({ length: all.count }, (_, i) => i);
    const made = table(root, {
      rows: all.count,
      noun: "series",
      label: "All series",
      placeholder: "words, e.g. numba 500 slower",
      row: "4.6rem",
      narrow: machines ? "14.2rem" : "13rem",
      widths: `minmax(0, 17fr) minmax(0, 18fr) minmax(0, 12fr) ${machines ? "minmax(0, 8fr) " : ""}minmax(0, 12fr) minmax(0, 22fr) 8.5rem`,
      order: all.urgency,
      search: all.text,
      columns: columns(all, machines, want),
      filters: filters(all, places, machines),
      onmove: more,
    });
    for (const other of document.querySelectorAll(".without-script")) other.remove();

    // Intervals and histories of the first rows are here; those of others are read when they are asked for.
    function want() {
      if (!collected.rest) setTimeout(more);
    }

    function more() {
      collected.rest ||= all.rest().then(() => made.redraw(), () => {});
    }
  }

  function columns(all, machines, want) {
    const place = { id: "machine", title: "Machine", sort: all.machine, cell: (i) => breakable(all.machine(i)) };
    return [
      { id: "benchmark", title: "Benchmark", sort: all.benchmark, cell: (i) => el("a", { href: all.href(i) }, breakable(all.benchmark(i))) },
      {
        id: "parameters", title: "Parameters", sort: all.parameters,
        cell: (i) => [...breakable(all.shown(i)), all.specimen(i) && [" ", el("span", { class: "tag" }, "specimen")]],
      },
      { id: "environment", title: "Environment", sort: all.environment, cell: (i) => breakable(all.environment(i)) },
      ...(machines ? [place] : []),
      { id: "latest", title: "Newest value", sort: all.value, number: true, cell: (i) => latest(all, i, want) },
      { id: "against", title: "Against its predecessors", sort: all.ratio, number: true, cell: (i) => against(all, i) },
      { id: "history", title: "History", cell: (i) => history(all, i) },
    ];
  }

  function latest(all, i, want) {
    if (!all.known(i)) want();
    if (all.value(i) === null) return el("span", { class: "unknown" }, all.status(i) === "ok" ? "not measured" : all.status(i));
    const interval = all.known(i) ? format.interval(all.low(i), all.high(i), all.unit(i)) : "";
    return [el("span", { class: "number" }, format.quantity(all.value(i), all.unit(i))), " ", el("span", { class: "interval" }, interval)];
  }

  function against(all, i) {
    const { name, sign } = all.standing(i), change = all.change(i), reason = all.reason(i);
    const words = [el("span", { "aria-hidden": "true" }, sign), " " + all.verdict(i)];
    return [
      el("span", { class: "standing " + name }, words),
      change && el("a", { class: "since", href: change.href }, change.words),
      reason && el("span", { class: "reason", title: reason }, reason),
      all.causes(i).map((each) => el("span", { class: "named" }, el("span", { class: "severity " + each.severity, title: each.title },
        el("span", { "aria-hidden": "true" }, each.severity === "blocking" ? "✕" : "!"),
        el("span", { class: "visually-hidden" }, each.severity + ":"), " ", breakable(each.id)))),
    ];
  }

  function history(all, i) {
    const text = all.spark(i);
    if (!text) return "";
    const many = text.replaceAll(".", "").length;
    return spark(text, many === 1 ? "one value" : `history in ${many} values, the newest ${format.quantity(all.value(i), all.unit(i))}`);
  }

  // Choices that would not narrow anything are left out.
  function filters(all, places, machines) {
    const counts = new Map();
    for (const i of places) counts.set(all.standing(i).name, (counts.get(all.standing(i).name) || 0) + 1);
    const chips = all.standings.filter(({ name }) => counts.has(name)).map(({ name, words, sign }) => [name, [
      el("b", null, format.count(counts.get(name))), " ",
      el("span", { class: "standing " + name }, el("span", { "aria-hidden": "true" }, sign), " " + words)]]);
    const choice = (id, label, of) => {
      const values = [...new Set(places.map(of))].filter(Boolean).sort(new Intl.Collator("en", { numeric: true }).compare);
      return values.length > 1 ? [{ id, label, of, values: values.map((each) => [each, each]) }] : [];
    };
    const aside = counts.size > 1 ? ["skipped"] : [];
    return [
      { id: "standing", label: "How series stand", of: (i) => all.standing(i).name, values: chips, chips: true, aside },
      ...choice("backend", "Backend", all.backend),
      ...choice("env", "Environment", all.environment),
      ...(machines ? choice("machine", "Machine", all.machine) : []),
    ];
  }
})();
