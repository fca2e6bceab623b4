// Filter and sorting of a table that is in the page.
"use strict";

(() => {
  const table = document.querySelector("table[data-sortable]");
  if (!table) return;
  const rows = [...table.tBodies[0].rows, ...unfolded(table)];
  const pressed = new Set();
  const everywhere = document.querySelector("[data-everywhere] .params")?.textContent || "";
  for (const row of rows) row.searched = (row.textContent + " " + everywhere).toLowerCase().replace(/\s+/g, " ");
  filter(table, rows, pressed);
  sort(table, rows);

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
})();
