// Filter, sorting, and values at the pointer or by keyboard. Every page is complete without this file.
"use strict";

(() => {
  const table = document.querySelector("table[data-sortable]");
  if (table) {
    const rows = [...table.tBodies[0].rows, ...unfolded(table)];
    const pressed = new Set();
    const everywhere = document.querySelector("[data-everywhere] .params")?.textContent || "";
    for (const row of rows) row.searched = (row.textContent + " " + everywhere).toLowerCase().replace(/\s+/g, " ");
    filter(table, rows, pressed);
    sort(table, rows);
  }
  for (const chart of document.querySelectorAll(".chart")) readable(chart);
  for (const setting of document.querySelectorAll("[data-copy]")) copyable(setting);
  reveal();
  addEventListener("hashchange", reveal);

  // A link to something folded opens it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  }

  // Pages that are opened from disk have no clipboard in some browsers; then what is to be copied is selected.
  function copyable(setting) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy " + setting.textContent);
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(setting.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(setting);
        button.textContent = "Selected: press Ctrl+C";
      }
    });
    setting.after(button);
  }

  // Skipped series stand folded below the table; here they join it, and are shown when their count is pressed.
  function unfolded(table) {
    const details = document.querySelector("[data-folded-rows]");
    if (!details) return [];
    const rows = [...details.querySelector("tbody").rows];
    for (const row of rows) row.folded = row.hidden = true;
    table.tBodies[0].append(...rows);
    details.remove();
    return rows;
  }

  function filter(table, rows, pressed) {
    const form = document.querySelector("form.filter");
    const input = form.querySelector("input");
    const output = form.querySelector("output");
    const address = new URLSearchParams(location.search);
    const chips = [...document.querySelectorAll("[data-filter-counts] [data-standing]")].map((item) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...item.childNodes);
      item.append(button);
      button.addEventListener("click", () => {
        const name = item.dataset.standing;
        if (!pressed.delete(name)) pressed.add(name);
        apply();
      });
      return [button, item.dataset.standing];
    });

    function apply() {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0, aside = 0;
      for (const row of rows) {
        const found = words.every((word) => row.searched.includes(word));
        const kept = found && (pressed.size ? pressed.has(row.dataset.standing) : !row.folded);
        row.hidden = !kept;
        shown += kept;
        if (found && row.folded && !pressed.size) aside += 1;
      }
      for (const [button, name] of chips) button.setAttribute("aria-pressed", String(pressed.has(name)));
      const all = !words.length && !pressed.size;
      const skipped = aside ? `; ${aside} skipped not shown` : "";
      output.textContent = all ? "" : (shown ? `${shown} of ${rows.length} series` : "No series matches") + skipped;
      const query = new URLSearchParams();
      if (words.length) query.set("q", input.value.trim());
      for (const name of pressed) query.append("standing", name);
      const text = query.toString();
      history.replaceState(null, "", (text ? "?" + text : location.pathname) + location.hash);
    }

    input.value = address.get("q") || "";
    for (const name of address.getAll("standing")) {
      if (chips.some(([, known]) => known === name)) pressed.add(name);
    }
    input.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    if (input.value || pressed.size) apply();
    else for (const [button] of chips) button.setAttribute("aria-pressed", "false");
  }

  function sort(table, rows) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!("sort" in head.dataset)) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const falling = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        const sign = falling ? -1 : 1;
        rows.sort((left, right) => compare(left.cells[column], right.cells[column], sign));
        table.tBodies[0].append(...rows);
      });
    });
  }

  // Numbers by size, texts with their numbers in order; cells without a number stay at the end.
  function compare(left, right, sign) {
    const a = left.dataset.v, b = right.dataset.v;
    if (a !== undefined && b !== undefined) return sign * (a - b);
    if (a !== undefined || b !== undefined) return a === undefined ? 1 : -1;
    return sign * left.textContent.localeCompare(right.textContent, "en", { numeric: true });
  }

  function readable(chart) {
    const svg = chart.querySelector("svg");
    if (!svg) return;
    const points = [...svg.querySelectorAll("[data-tip]")].map((mark) => ({
      mark, x: Number(mark.dataset.x), y: Number(mark.dataset.y), line: Number(mark.dataset.line),
    }));
    if (!points.length) return;
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    chart.append(tip);
    const spoken = document.createElement("p");
    spoken.className = "visually-hidden";
    spoken.setAttribute("aria-live", "polite");
    chart.append(spoken);
    chart.tabIndex = 0;
    chart.setAttribute("role", "group");
    chart.setAttribute("aria-label", svg.querySelector("title").textContent + ". Arrow keys read the values.");
    let current = null;

    function show(point, aloud) {
      if (current) current.mark.classList.remove("here");
      current = point;
      tip.hidden = !point;
      if (!point) return;
      point.mark.classList.add("here");
      tip.textContent = point.mark.dataset.tip;
      if (aloud) spoken.textContent = tip.textContent;
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      const room = chart.clientWidth - tip.offsetWidth;
      tip.style.left = Math.max(0, Math.min(room, point.x * scale - tip.offsetWidth / 2)) + "px";
      const above = point.y * scale - tip.offsetHeight - 10;
      tip.style.top = (above >= 0 ? above : point.y * scale + 12) + "px";
    }

    function nearest(list, x, y) {
      const far = (point) => (point.x - x) ** 2 + (point.y - y) ** 2;
      return list.reduce((best, point) => (far(point) < far(best) ? point : best), list[0]);
    }

    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      show(nearest(points, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale), false);
    });
    svg.addEventListener("pointerleave", () => show(null));
    chart.addEventListener("blur", () => show(null));
    chart.addEventListener("focus", () => { if (chart.matches(":focus-visible")) show(points.at(-1), true); });
    chart.addEventListener("keydown", (event) => {
      const now = current || points.at(-1);
      const along = points.filter((point) => point.line === now.line);
      const here = along.indexOf(now);
      const lines = [...new Set(points.map((point) => point.line))];
      const beside = (step) => {
        const line = lines[lines.indexOf(now.line) + step];
        return line === undefined ? now : nearest(points.filter((point) => point.line === line), now.x, now.y);
      };
      const moves = {
        ArrowLeft: () => along[Math.max(0, here - 1)],
        ArrowRight: () => along[Math.min(along.length - 1, here + 1)],
        ArrowUp: () => beside(-1),
        ArrowDown: () => beside(1),
        Home: () => along[0],
        End: () => along.at(-1),
        Escape: () => null,
      };
      if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(moves[event.key](), true);
    });
  }
})();
