// Charts that can be read, zoomed and linked: stallhorn.chart(container, spec) -> {update(spec), destroy()}.
// Needs chart_axes.js and chart_draw.js before it, and chart.css; charts/scripted.py names them all and the spec.
"use strict";

(() => {
  const MOST_LINES = 6;
  const CELLS = 1200; // of the table of values, so that a page stays light
  const groups = new Map(); // charts by the name of their link
  const { axes, drawing } = window.stallhorn;
  const count = (value) => window.stallhorn.format.count(value);

  function chart(container, spec) {
    const made = new Chart(container);
    made.update(spec);
    tellKeys(spec);
    return { update: (next) => made.update(next), destroy: () => made.destroy() };
  }

  // They work inside a chart; the list of a page's keys names them.
  function tellKeys(spec) {
    const nothing = () => {};
    window.stallhorn.keys?.({
      "← → ↑ ↓": ["read the values of a chart, from within; Home and End: the first and the last", nothing],
      "+ − 0": ["zoom in a chart, and show all of it", nothing],
      ...(spec.onpick ? { "Enter at a point": ["choose that point of a chart", nothing] } : {}),
    });
  }

  class Chart {
    constructor(container) {
      const { el, svg } = window.stallhorn;
      this.container = container;
      this.hidden = new Set();
      this.known = new Set();
      this.view = null;
      this.at = null; // the point that is read: {line, index}
      container.classList.add("plot");
      this.title = el("p", { class: "plot-title" });
      this.svg = svg("svg", { class: "plot-svg", "aria-hidden": "true", focusable: "false" });
      this.tip = el("div", { class: "tip plot-tip", hidden: "" });
      this.whole = el("button", { type: "button", class: "plot-whole", hidden: "", onclick: () => { this.zoom(null); this.area.focus(); } }, "Show all");
      this.spoken = el("p", { class: "visually-hidden", "aria-live": "polite" });
      this.area = el("div", { class: "plot-area", tabindex: "0", role: "group" }, this.svg, this.tip);
      this.note = el("p", { class: "plot-note muted", hidden: "" });
      this.legend = el("div", { class: "plot-legend" });
      this.table = el("details", { class: "plot-table" });
      container.replaceChildren(this.title, this.whole, this.area, this.spoken, this.note, this.legend, this.table);
      this.listen();
      this.width = 0;
      this.observer = new ResizeObserver(() => { if (this.area.clientWidth !== this.width) this.draw(); });
    }

    update(spec) {
      if (this.spec?.link) groups.get(this.spec.link)?.delete(this);
      const isNew = !this.spec;
      const kept = !isNew && this.spec.x?.kind === spec.x?.kind ? this.view : null;
      this.spec = { ...spec, x: spec.x || { kind: "linear" }, y: spec.y || {} };
      if (spec.link) groups.set(spec.link, (groups.get(spec.link) || new Set()).add(this));
      const given = (spec.lines || []).slice(0, MOST_LINES);
      this.x = axes.xAxis(this.spec.x, given.map((line) => line.x || []).flat());
      this.yKind = axes.yKind(this.spec.y, given.map((line) => (line.y || []).filter(axes.isNumber)).flat());
      this.lines = given.map((line, place) => this.prepared(line, place));
      for (const line of this.lines) {
        if (!this.known.has(line.id) && line.isHidden) this.hidden.add(line.id);
        this.known.add(line.id);
      }
      if (isNew) this.view = spec.view ? this.fitted(spec.view.map(this.x.toT)) : null;
      else this.view = kept && kept[0] >= this.x.full[0] - 1e-9 && kept[1] <= this.x.full[1] + 1e-9 ? kept : null;
      this.at = null;
      this.area.classList.remove("tall", "normal", "strip");
      this.area.classList.add(drawing.HEIGHTS[spec.height] ? spec.height : "normal");
      this.title.textContent = spec.title || "";
      this.title.hidden = !spec.title || spec.heading === false;
      const keys = "Arrow keys read the values, plus and minus zoom, 0 shows all.";
      this.area.setAttribute("aria-label", [spec.title || "Chart", spec.description, keys].filter(Boolean).join(". "));
      this.writeLegend();
      this.table.hidden = spec.table === false;
      this.table.open = false;
      this.table.replaceChildren(window.stallhorn.el("summary", {}, "The values as a table"));
      this.observer.observe(this.area);
      this.draw();
    }

    destroy() {
      this.observer.disconnect();
      if (this.spec?.link) groups.get(this.spec.link)?.delete(this);
      this.container.replaceChildren();
      this.container.classList.remove("plot");
    }

    // A line with everything in arrays of numbers, NaN where there is nothing to draw.
    prepared(line, place) {
      const xs = line.x || [], ys = line.y || [];
      const log = this.yKind !== "linear";
      const size = Math.min(xs.length, ys.length);
      const numbers = (from, change = (each) => each) => {
        const made = new Float64Array(size).fill(NaN);
        for (let i = 0; i < Math.min(size, from?.length ?? 0); i += 1) if (axes.isNumber(from[i])) made[i] = change(from[i]);
        return made;
      };
      const t = numbers(xs, this.x.toT), v = numbers(ys), lo = numbers(line.low), hi = numbers(line.high);
      let lost = 0;
      for (let i = 0; i < size; i += 1) {
        if (v[i] !== v[i]) continue;
        if ((log && v[i] <= 0) || t[i] !== t[i]) { v[i] = NaN; lost += 1; }
      }
      return {
        id: line.id ?? String(place), label: String(line.label ?? ""), style: Math.abs(Number(line.style ?? place)) % MOST_LINES,
        x: xs, t, v, lo, hi, lost, hasBand: lo.some((each) => each === each), levels: line.levels || [], hollow: line.hollow || [],
        dotted: line.dotted || [], notes: line.notes || [], points: line.points, isHidden: Boolean(line.hidden),
      };
    }

    draw() {
      const width = this.area.clientWidth;
      if (!width) return;
      this.width = width;
      const style = getComputedStyle(this.area);
      const drawn = drawing.draw({
        spec: this.spec, lines: this.lines, hidden: this.hidden, x: this.x, view: this.view || this.x.full, yKind: this.yKind,
        width, font: `11px ${style.fontFamily}`, mono: `10px ${style.getPropertyValue("--plot-mono") || "monospace"}`,
      });
      this.drawn = drawn;
      this.svg.setAttribute("viewBox", `0 0 ${width} ${drawn.box.height}`);
      this.svg.replaceChildren(...drawn.nodes, (this.pointer = window.stallhorn.svg("g", { class: "plot-pointer" })));
      // Links in the picture are for everybody; without any, the table and the spoken values say it all.
      const links = this.svg.querySelector("a");
      if (links) this.svg.removeAttribute("aria-hidden"); else this.svg.setAttribute("aria-hidden", "true");
      this.whole.hidden = !this.view;
      this.sayNotes(drawn.unsaid);
      if (this.at && this.isReadable(this.at.line, this.at.index)) this.point(this.at); else this.leave();
    }

    sayNotes(unsaid) {
      const lost = this.lines.filter((line) => !this.hidden.has(line.id)).reduce((sum, line) => sum + line.lost, 0);
      const more = (this.spec.lines || []).length - this.lines.length;
      const seen = this.drawn.lines.some((line) => !this.hidden.has(line.id) && line.seen.length);
      const any = this.lines.some((line) => line.v.some((each) => each === each));
      const parts = [
        !any && "Nothing was measured here.",
        any && !seen && (this.view ? "No value in this stretch." : "All lines are hidden."),
        lost && `${count(lost)} missing: ${lost === 1 ? "a value" : "values"} of 0 or less ${lost === 1 ? "has" : "have"} no place on a logarithmic axis.`,
        more > 0 && `${count(more)} more ${more === 1 ? "line is" : "lines are"} not drawn.`,
        unsaid.length && `Also marked: ${[...new Set(unsaid)].slice(0, 6).join("; ")}${unsaid.length > 6 ? "; and more" : ""}.`,
      ].filter(Boolean);
      this.note.textContent = parts.join(" ");
      this.note.hidden = !parts.length;
    }

    // --- what stands below

    writeLegend() {
      const { el } = window.stallhorn;
      this.legend.hidden = this.spec.legend === false || !this.lines.length;
      if (this.legend.hidden) return this.legend.replaceChildren();
      const inOrder = this.x.kind === "commits" || this.x.kind === "time";
      const rows = this.lines.map((line) => {
        const last = line.v.findLastIndex((each) => each === each);
        const where = inOrder || last < 0 ? "" : ` at ${this.x.text(line.x[last])}`;
        const button = el("button", { type: "button", "aria-pressed": String(!this.hidden.has(line.id)), title: "Show or hide this line" }, line.label);
        button.addEventListener("click", () => {
          if (!this.hidden.delete(line.id)) this.hidden.add(line.id);
          button.setAttribute("aria-pressed", String(!this.hidden.has(line.id)));
          this.draw();
        });
        return el("tr", {},
          el("td", { class: "drawn" }, drawing.swatch(line.style)),
          el("th", { scope: "row" }, button),
          el("td", {}, last < 0 ? "not measured" : axes.valueText(line.v[last], this.unit) + where, " ",
            el("span", { class: "interval" }, last < 0 ? "" : this.interval(line, last))));
      });
      const head = el("tr", {}, el("td", {}, ""), el("th", { scope: "col" }, "Line"), el("th", { scope: "col" }, inOrder ? "Newest" : "Last"));
      return this.legend.replaceChildren(el("table", {}, el("caption", { class: "visually-hidden" }, `Lines of: ${this.spec.title || "chart"}`), el("thead", {}, head), el("tbody", {}, ...rows)));
    }

    get unit() { return this.spec.y.unit ?? ""; }

    interval(line, i) {
      if (line.lo[i] !== line.lo[i] || line.hi[i] !== line.hi[i]) return "";
      return axes.intervalText(line.lo[i], line.hi[i], this.unit);
    }

    // Made when it is opened, of the stretch that is in view.
    writeTable() {
      const { el } = window.stallhorn;
      const lines = this.drawn.lines.filter((line) => !this.hidden.has(line.id));
      const places = new Map();
      lines.forEach((line, column) => line.seen.forEach((i) => {
        if (!places.has(line.x[i])) places.set(line.x[i], []);
        places.get(line.x[i])[column] = i;
      }));
      const all = [...places.keys()].sort((a, b) => a - b);
      const kept = all.slice(-Math.max(20, Math.floor(CELLS / (lines.length + 1))));
      const rows = kept.map((x) => el("tr", {}, el("th", { scope: "row" }, this.x.text(x)), ...lines.map((line, column) => {
        const i = places.get(x)[column];
        if (i === undefined) return el("td", {}, "not measured");
        const note = line.notes[i] ? [" ", el("span", { class: "muted" }, line.notes[i])] : null;
        return el("td", {}, axes.valueText(line.v[i], this.unit), " ", el("span", { class: "interval" }, this.interval(line, i)), note);
      })));
      const first = this.spec.x.title || (this.x.kind === "commits" ? "commit" : "x");
      const head = el("tr", {}, el("th", { scope: "col" }, first), ...lines.map((line) => el("th", { scope: "col" }, line.label)));
      const table = el("table", { class: "plain" }, el("caption", { class: "visually-hidden" }, this.spec.title || "Values"), el("thead", {}, head), el("tbody", {}, ...rows));
      const left = all.length - kept.length;
      this.table.querySelector(".scroll, .plot-left")?.remove();
      this.table.querySelector(".plot-left")?.remove();
      if (left) this.table.append(el("p", { class: "plot-left muted" }, `The last ${count(kept.length)} of ${count(all.length)} places; zoom in to see others.`));
      this.table.append(el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Values of: ${this.spec.title || "chart"}` }, table));
    }

    // --- reading

    isReadable(place, i) {
      const line = this.drawn.lines[place];
      return Boolean(line) && !this.hidden.has(line.id) && i >= 0 && line.v[i] === line.v[i];
    }

    // Head, then every line's value at this x, the one that is read first.
    words(place, i) {
      const line = this.lines[place];
        const said = (each, at) => `${each.label}: ${axes.valueText(each.v[at], this.unit)}${this.interval(each, at) ? ` (${this.interval(each, at)})` : ""}`;
      const others = this.lines.flatMap((each, other) => {
        if (other === place || this.hidden.has(each.id)) return [];
        const at = this.indexAt(each, line.t[i], 1e-9);
        return at < 0 ? [] : [`  ${said(each, at)}`];
      });
      return [this.x.long(line.x[i]), said(line, i), line.notes[i], ...others].filter(Boolean).join("\n");
    }

    // The index of a line's point nearest to t, -1 if none is within `reach`.
    indexAt(line, t, reach = Infinity) {
      let best = -1, far = reach;
      for (let i = 0; i < line.t.length; i += 1) {
        if (line.v[i] !== line.v[i]) continue;
        const apart = Math.abs(line.t[i] - t);
        if (apart < far || (apart === far && best < 0)) { best = i; far = apart; }
      }
      return best;
    }

    point(at, aloud = false) {
      const { svg } = window.stallhorn;
      const line = this.lines[at.line];
      this.at = at;
      const { X, Y, box } = this.drawn;
      const [px, py] = [X(line.t[at.index]), Y(line.v[at.index])];
      this.pointer.replaceChildren(
        svg("path", { d: `M${px} ${box.top}V${box.top + box.h}`, class: "plot-cursor" }),
        svg("path", { d: drawing.marker(line.style, px, py, 4.4), class: `point here s${line.style + 1}` }));
      this.tip.textContent = this.words(at.line, at.index);
      this.tip.hidden = false;
      const room = this.area.clientWidth - this.tip.offsetWidth;
      const beside = px + 14 + this.tip.offsetWidth <= this.area.clientWidth ? px + 14 : px - 14 - this.tip.offsetWidth;
      this.tip.style.left = `${Math.max(0, Math.min(room, beside))}px`;
      const above = py - this.tip.offsetHeight - 10;
      this.tip.style.top = `${above >= 0 ? above : py + 14}px`;
      if (aloud) this.say(line, at.index);
      this.tell((other) => other.follow(this.x.say(line.t[at.index])));
    }

    say(line, i) {
      const along = this.drawn.lines[this.lines.indexOf(line)].seen;
      const interval = this.interval(line, i);
      this.spoken.textContent = `${line.label}: ${this.x.text(line.x[i])} → ${axes.valueText(line.v[i], this.unit)}`
        + `${interval ? ` (${interval})` : ""}${line.notes[i] ? `, ${line.notes[i]}` : ""}, point ${along.indexOf(i) + 1} of ${along.length}`;
    }

    leave() {
      this.at = null;
      this.tip.hidden = true;
      this.pointer?.replaceChildren();
      this.tell((other) => other.follow(null));
    }

    // --- linked charts

    tell(act) {
      for (const other of groups.get(this.spec.link) || []) if (other !== this && other.drawn) act(other);
    }

    // The pointer of a linked chart is there.
    follow(place) {
      const { svg } = window.stallhorn;
      this.tip.hidden = true;
      this.at = null;
      const t = place === null || place === undefined ? NaN : this.x.hear(place);
      const { X, Y, box, view } = this.drawn;
      if (!(t >= view[0] - 1e-9 && t <= view[1] + 1e-9)) return this.pointer.replaceChildren();
      const px = X(t);
      const near = this.lines.flatMap((line) => {
        const i = this.hidden.has(line.id) ? -1 : this.indexAt(line, t, 1e-9);
        return i < 0 ? [] : [svg("path", { d: drawing.marker(line.style, px, Y(line.v[i]), 4.4), class: `point here s${line.style + 1}` })];
      });
      return this.pointer.replaceChildren(svg("path", { d: `M${px} ${box.top}V${box.top + box.h}`, class: "plot-cursor" }), ...near);
    }

    // A stretch that is wide enough and inside the axis; null for all of it.
    fitted(view) {
      const [from, to] = this.x.full;
      if (!view.every((t) => t === t)) return null;
      const span = Math.max(this.x.kind === "commits" ? 1 : (to - from) / 1e4, view[1] - view[0]);
      const start = Math.max(from, Math.min((view[0] + view[1] - span) / 2, to - span));
      const end = Math.min(to, start + span);
      return start <= from + 1e-9 && end >= to - 1e-9 ? null : [start, end];
    }

    zoom(view, told = false) {
      view = view && this.fitted(view);
      if (!view && !this.view) return;
      this.view = view;
      this.draw();
      if (this.table.open) this.writeTable();
      if (told) return;
      const ends = view && view.map((t) => this.x.say(t));
      this.tell((other) => {
        const heard = ends && ends.map((end) => other.x.hear(end));
        if (!heard || heard.every((t) => t === t)) other.zoom(heard, true);
      });
      this.spec.onzoom?.(...(view ? view.map((t) => this.x.fromT(t)) : [null, null]));
    }

    // --- hands

    nearest(px, py) {
      let best = null, far = Infinity;
      this.drawn.lines.forEach((line, place) => {
        if (this.hidden.has(line.id)) return;
        for (const i of line.seen) {
          const apart = (line.px[i] - px) ** 2 + (line.py[i] - py) ** 2 / 4;
          if (apart < far) { far = apart; best = { line: place, index: i }; }
        }
      });
      return best && { ...best, far: Math.sqrt(far) };
    }

    place(event) {
      const around = this.area.getBoundingClientRect();
      return [event.clientX - around.left, event.clientY - around.top];
    }

    timeAt(px) {
      const { box, view, X } = this.drawn;
      const [left, right] = [X(view[0]), X(view[1])];
      return view[0] + ((Math.min(box.left + box.w, Math.max(box.left, px)) - left) / (right - left)) * (view[1] - view[0]);
    }

    listen() {
      let start = null;
      this.area.addEventListener("pointerdown", (event) => {
        if (event.button || event.target.closest("a") || !this.drawn) return;
        start = this.place(event);
      });
      this.area.addEventListener("pointermove", (event) => {
        if (!this.drawn) return;
        const [px, py] = this.place(event);
        if (start && Math.abs(px - start[0]) > 6) {
          if (!this.area.hasPointerCapture(event.pointerId)) this.area.setPointerCapture(event.pointerId);
          this.leave();
          this.dragged(start[0], px);
        } else if (!start) {
          const found = this.nearest(px, py);
          if (found) this.point(found);
        }
      });
      this.area.addEventListener("pointerup", (event) => {
        if (!start) return;
        const [px, py] = this.place(event);
        const from = start[0];
        start = null;
        if (Math.abs(px - from) > 6) return this.zoom([this.timeAt(Math.min(from, px)), this.timeAt(Math.max(from, px))]);
        const found = this.nearest(px, py);
        if (found) this.point(found, event.pointerType !== "mouse");
        if (found && found.far < 24 && this.spec.onpick) this.spec.onpick(this.spec.lines[found.line], found.index);
      });
      this.area.addEventListener("pointercancel", () => { start = null; this.leave(); });
      this.area.addEventListener("pointerleave", () => { if (!start && this.drawn && !this.area.matches(":focus-visible")) this.leave(); });
      this.area.addEventListener("dblclick", () => this.zoom(null));
      this.area.addEventListener("blur", () => { if (this.drawn) this.leave(); });
      this.area.addEventListener("focus", () => { if (this.drawn && this.area.matches(":focus-visible")) this.move("End"); });
      this.area.addEventListener("keydown", (event) => {
        if (event.target !== this.area || event.altKey || event.ctrlKey || event.metaKey || !this.drawn) return;
        if (this.move(event.key)) event.preventDefault();
      });
      this.table.addEventListener("toggle", () => { if (this.table.open && this.drawn) this.writeTable(); });
    }

    dragged(from, to) {
      const { box } = this.drawn;
      const [left, right] = [from, to].map((px) => Math.min(box.left + box.w, Math.max(box.left, px))).sort((a, b) => a - b);
      this.pointer.replaceChildren(window.stallhorn.svg("rect", { x: left, y: box.top, width: right - left, height: box.h, class: "plot-drag" }));
    }

    // What a key does; false if it is no key of a chart.
    move(key) {
      const zooms = { "+": 0.5, "=": 0.5, "-": 2, 0: null };
      if (key in zooms) return this.zoomBy(zooms[key]);
      if (key === "Escape") { this.leave(); return true; }
      if (key === "Enter") return this.pick();
      const moves = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
      if (!moves.includes(key)) return false;
      const open = this.lines.map((line, place) => place).filter((place) => !this.hidden.has(this.lines[place].id) && this.lines[place].v.some((each) => each === each));
      if (!open.length) return true;
      const now = this.at && open.includes(this.at.line) ? this.at : { line: open[0], index: this.drawn.lines[open[0]].seen.at(-1) ?? -1 };
      const line = this.lines[now.line];
      const there = [...line.v.keys()].filter((i) => line.v[i] === line.v[i]);
      const seen = this.drawn.lines[now.line].seen;
      const next = { line: now.line, index: now.index };
      if (key === "Home") next.index = (seen.length ? seen : there)[0];
      else if (key === "End") next.index = (seen.length ? seen : there).at(-1);
      else if (key === "ArrowLeft") next.index = there.findLast((i) => i < now.index) ?? there[0];
      else if (key === "ArrowRight") next.index = there.find((i) => i > now.index) ?? there.at(-1);
      else {
        next.line = open[(open.indexOf(now.line) + (key === "ArrowUp" ? open.length - 1 : 1)) % open.length];
        next.index = this.indexAt(this.lines[next.line], line.t[now.index] ?? 0);
      }
      this.bring(this.lines[next.line].t[next.index]);
      this.point(next, true);
      return true;
    }

    // Moves a zoomed view so that t is in it.
    bring(t) {
      if (!this.view || (t >= this.view[0] - 1e-9 && t <= this.view[1] + 1e-9)) return;
      const half = (this.view[1] - this.view[0]) / 2;
      this.zoom([t - half, t + half]);
    }

    zoomBy(factor) {
      if (factor === null) { this.zoom(null); return true; }
      const [from, to] = this.view || this.x.full;
      const centre = this.at ? this.lines[this.at.line].t[this.at.index] : (from + to) / 2;
      const kept = this.at;
      this.zoom([centre - (centre - from) * factor, centre + (to - centre) * factor]);
      if (kept) this.point(kept);
      return true;
    }

    pick() {
      if (this.at && this.spec.onpick) this.spec.onpick(this.spec.lines[this.at.line], this.at.index);
      return Boolean(this.at && this.spec.onpick);
    }
  }

  window.stallhorn.chart = chart;
})();
