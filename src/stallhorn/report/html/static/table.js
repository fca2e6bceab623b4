// A table of thousands of rows, of which only those in view are elements. Search, filters and order are in the address.
//
// stallhorn.table(root, {
//   rows: 10000, noun: "series", label: "All series",
//   columns: [{ id, title, cell: (i) => text or node(s), sort: (i) => number, text or null, number: falling first }],
//   widths: "2fr 1fr 8rem",              // of the columns, as CSS has it
//   row: "3.3rem", narrow: "9rem",       // heights of a row, wide and on a phone
//   order: (i) => number,                // how rows stand until a head is pressed; none: as they come
//   search: (i) => lower-case text, placeholder,
//   filters: [{ id, label, of: (i) => text, values: [[value, text or node], ...], chips: true, aside: [value, ...] }],
//   prefix: "",                          // of the names in the address, if a page has several tables
//   onmove: () => {},                    // the reader searched, filtered, sorted or scrolled
// }) -> { apply(), redraw(), shown() }
//
// A filter with chips takes several values; others are a choice of one. Rows with a value that stands `aside` are
// shown only when it is chosen.
"use strict";

(() => {
  const { el, state, pick, format } = window.stallhorn;
  const BEYOND = 6;  // rows that are drawn above and below what is in view
  const PRINTED = 200;  // rows on paper
  const collator = new Intl.Collator("en", { numeric: true });

  function table(root, spec) {
    const prefix = spec.prefix || "", noun = spec.noun || "rows";
    const named = (id) => prefix + id;
    const count = spec.rows;
    const natural = Array.from({ length: count }, (_, i) => i);
    if (spec.order) {
      const keys = natural.map(spec.order);
      natural.sort((a, b) => keys[a] - keys[b] || a - b);
    }
    const sorted = new Map([["", natural]]);
    const filters = (spec.filters || []).map((filter) => ({ ...filter, keys: natural.map(() => null) }));
    for (const filter of filters) for (let i = 0; i < count; i += 1) filter.keys[i] = filter.of(i);
    const parts = build(root, spec, filters, { named, apply, sort, clear });
    const drawn = new Map();
    let shown = natural, height = 1, printing = false, moved = () => { moved = () => {}; spec.onmove?.(); };

    // ---- which rows, in which order

    function chosen(filter) {
      const known = new Set(filter.values.map(([value]) => value));
      return new Set(state.getAll(named(filter.id)).filter((value) => known.has(value)));
    }

    function order() {
      const text = state.get(named("sort"), ""), falling = text.startsWith("-"), id = text.replace(/^-/, "");
      const column = spec.columns.find((each) => each.id === id && each.sort);
      if (!column) return [natural, null, false];
      if (!sorted.has(text)) sorted.set(text, arranged(column, falling));
      return [sorted.get(text), column, falling];
    }

    function arranged(column, falling) {
      const keys = natural.map(() => null);
      for (let i = 0; i < count; i += 1) keys[i] = column.sort(i);
      const sign = falling ? -1 : 1;
      const missing = (key) => key === null || key === undefined || key === "";
      return [...natural].sort((a, b) => {
        const left = keys[a], right = keys[b];
        if (missing(left) || missing(right)) return missing(left) - missing(right);
        return sign * (typeof left === "number" ? left - right : collator.compare(left, right));
      });
    }

    function apply() {
      const words = state.get(named("q"), "").toLowerCase().split(/\s+/).filter(Boolean);
      const active = filters.map((filter) => [filter, chosen(filter)]);
      const [rows, column, falling] = order();
      const aside = new Map();
      shown = rows.filter((i) => {
        for (const [filter, values] of active) if (values.size && !values.has(filter.keys[i])) return false;
        if (words.length) {
          const text = spec.search(i);
          for (const word of words) if (!text.includes(word)) return false;
        }
        for (const [filter, values] of active) {
          if (values.size || !filter.aside?.includes(filter.keys[i])) continue;
          aside.set(filter.keys[i], (aside.get(filter.keys[i]) || 0) + 1);
          return false;
        }
        return true;
      });
      const narrowed = words.length > 0 || active.some(([, values]) => values.size);
      tell(narrowed, aside);
      controls(active, column, falling);
      parts.body.scrollTop = 0;
      redraw();
    }

    function tell(narrowed, aside) {
      const rest = [...aside].map(([value, many]) => `; ${format.count(many)} ${value} not shown`).join("");
      const found = shown.length ? `${format.count(shown.length)} of ${format.count(count)} ${noun}` : `No ${noun} match`;
      parts.output.textContent = narrowed ? found + rest : `${format.count(shown.length)} ${noun}${rest}`;
      parts.empty.hidden = shown.length > 0;
      parts.clear.hidden = !narrowed;
    }

    function controls(active, column, falling) {
      const typed = state.get(named("q"), "");
      if (document.activeElement !== parts.input) parts.input.value = typed;
      for (const [filter, values] of active) parts.show(filter, values);
      parts.heads.forEach((head, place) => {
        if (spec.columns[place] !== column) head.removeAttribute("aria-sort");
        else head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      });
    }

    // Rising, falling, and back to how rows stand by themselves; numbers begin with the largest.
    function sort(column) {
      const [, now, falling] = order();
      const first = column.number ? "-" : "", second = column.number ? "" : "-";
      const is = now === column ? (falling ? "-" : "") : null;
      change({ sort: is === null ? first + column.id : is === first ? second + column.id : null });
    }

    function clear() {
      change(Object.fromEntries([["q", null], ...filters.map((filter) => [filter.id, null])]));
      parts.input.value = "";
      parts.input.focus();
    }

    function change(changes) {
      state.set(Object.fromEntries(Object.entries(changes).map(([id, value]) => [named(id), value])));
    }

    // ---- the rows in view

    function redraw() {
      if (printing) return;
      const focused = [...drawn].find(([, row]) => row.contains(document.activeElement))?.[0];
      drawn.clear();
      parts.space.replaceChildren();
      parts.space.style.height = shown.length * height + "px";
      parts.table.setAttribute("aria-rowcount", shown.length + 1);
      draw();
      drawn.get(focused)?.querySelector("a, button")?.focus({ preventScroll: true });
    }

    // How high a row is, and how many are in view: asked of the browser only when the width has changed.
    function measure() {
      parts.space.append(parts.ruler);
      height = parts.ruler.offsetHeight || 1;
      parts.ruler.remove();
    }

    function draw() {
      if (printing) return;
      const from = parts.body.scrollTop, until = from + (parts.body.clientHeight || innerHeight);
      const first = Math.max(0, Math.floor(from / height) - BEYOND);
      const last = Math.min(shown.length, Math.ceil(until / height) + BEYOND);
      for (const [place, row] of drawn) {
        if ((place < first || place >= last) && !row.contains(document.activeElement)) {
          row.remove();
          drawn.delete(place);
        }
      }
      // Rows stand in the page in their order, for who reads it aloud.
      let before = parts.space.firstChild;
      for (let place = first; place < last; place += 1) {
        while (before && Number(before.ariaRowIndex) < place + 2) before = before.nextSibling;
        if (drawn.has(place)) continue;
        const made = row(place);
        drawn.set(place, made);
        parts.space.insertBefore(made, before);
      }
    }

    function row(place) {
      const i = shown[place];
      const made = el("div", { class: "vt-row", role: "row", "aria-rowindex": place + 2, "data-row": i }, spec.columns.map((column, at) =>
        el("div", { class: "vt-" + column.id, role: at ? "cell" : "rowheader" }, column.cell(i))));
      made.style.transform = `translateY(${place * height}px)`;
      return made;
    }

    // ---- keys in the rows

    function step(event) {
      const at = [...drawn].find(([, each]) => each.contains(document.activeElement))?.[0];
      const page = Math.max(1, Math.floor(parts.body.clientHeight / height) - 1);
      const begin = Math.floor(parts.body.scrollTop / height);
      const next = {
        ArrowDown: at === undefined ? begin : at + 1, ArrowUp: at === undefined ? begin : at - 1,
        PageDown: (at ?? begin) + page, PageUp: (at ?? begin) - page, Home: 0, End: shown.length - 1,
      }[event.key];
      if (next === undefined || event.altKey || event.ctrlKey || event.metaKey || !shown.length) return;
      event.preventDefault();
      go(Math.max(0, Math.min(shown.length - 1, next)));
    }

    function go(place) {
      const above = place * height, below = above + height - parts.body.clientHeight;
      if (parts.body.scrollTop > above) parts.body.scrollTop = above;
      else if (parts.body.scrollTop < below) parts.body.scrollTop = below;
      draw();
      drawn.get(place)?.querySelector("a, button")?.focus({ preventScroll: true });
      draw();
    }

    parts.input.addEventListener("input", () => change({ q: parts.input.value.trim() || null }));
    parts.input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || !shown.length) return;
      event.preventDefault();
      go(0);
    });
    parts.body.addEventListener("keydown", step);
    window.stallhorn.keys({ "↓ ↑ Home End": ["rows of a table, from its filter or from within", () => {}] });
    let waiting = false;
    parts.body.addEventListener("scroll", () => {
      moved();
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; draw(); });
    }, { passive: true });
    let width = root.clientWidth;
    new ResizeObserver(() => {
      if (root.clientWidth === width) return draw();
      width = root.clientWidth;
      measure();
      redraw();
    }).observe(parts.body);
    measure();
    apply();
    state.onchange(() => { moved(); apply(); });
    // On paper there is nothing to scroll: the first rows follow each other.
    addEventListener("beforeprint", () => {
      printing = true;
      parts.table.classList.add("printed");
      parts.space.replaceChildren(...shown.slice(0, PRINTED).map((_, place) => row(place)));
    });
    addEventListener("afterprint", () => {
      printing = false;
      parts.table.classList.remove("printed");
      redraw();
    });
    return { apply, redraw, shown: () => shown };
  }

  // ---- the elements around the rows

  function build(root, spec, filters, { named, sort, clear }) {
    const id = named("filter");
    const input = el("input", { id, type: "search", autocomplete: "off", spellcheck: "false", "data-search": "", placeholder: spec.placeholder });
    const output = el("output", { for: id, "aria-live": "polite" });
    const cleared = el("button", { type: "button", class: "clear", hidden: true, onclick: clear }, "Show all");
    const shows = filters.map((filter) => (filter.chips ? chips(filter, named) : choice(filter, named)));
    const form = el("form", { class: "filter", role: "search", onsubmit: (event) => event.preventDefault() },
      spec.search && [el("label", { for: id }, "Filter"), input],
      shows.filter((each) => !each.filter.chips).map((each) => each.element), output, cleared);
    const heads = spec.columns.map((column) =>
      el("div", { class: "vt-" + column.id, role: "columnheader" }, column.sort
        ? el("button", { type: "button", onclick: () => sort(column) }, column.title)
        : column.title));
    const space = el("div", { class: "vt-space", role: "presentation" });
    const empty = el("p", { class: "vt-empty", hidden: true }, "Nothing matches this filter.");
    const body = el("div", { class: "vt-body", role: "rowgroup", tabindex: "0", "aria-label": spec.label }, space);
    const whole = el("div", { class: "vt", role: "table", "aria-label": spec.label, "aria-colcount": spec.columns.length },
      el("div", { class: "vt-head", role: "rowgroup" }, el("div", { class: "vt-row", role: "row", "aria-rowindex": "1" }, heads)), body);
    whole.style.setProperty("--columns", spec.widths || `repeat(${spec.columns.length}, minmax(0, 1fr))`);
    whole.style.setProperty("--row-wide", spec.row || "2.2rem");
    whole.style.setProperty("--row-narrow", spec.narrow || spec.row || "2.2rem");
    const ruler = el("div", { class: "vt-row", "aria-hidden": "true" });
    root.replaceChildren(...shows.filter((each) => each.filter.chips).map((each) => each.element), form, whole, empty);
    const show = (filter, values) => shows.find((each) => each.filter === filter).show(values);
    return { input, output, clear: cleared, heads, space, body, table: whole, empty, ruler, show };
  }

  function chips(filter, named) {
    const buttons = filter.values.map(([value, content]) => [value, el("button", { type: "button", "aria-pressed": "false", onclick: () => {
      const now = state.getAll(named(filter.id));
      state.set({ [named(filter.id)]: now.includes(value) ? now.filter((each) => each !== value) : [...now, value] });
    } }, content)]);
    const element = el("ul", { class: "counts", "aria-label": filter.label }, buttons.map(([, button]) => el("li", null, button)));
    return { filter, element, show: (values) => buttons.forEach(([value, button]) => button.setAttribute("aria-pressed", String(values.has(value)))) };
  }

  function choice(filter, named) {
    const element = pick(filter.label, [["", "all"], ...filter.values], "", (value) => state.set({ [named(filter.id)]: value || null }));
    return { filter, element, show: (values) => { element.control.value = [...values][0] ?? ""; } };
  }

  window.stallhorn.table = table;
})();
