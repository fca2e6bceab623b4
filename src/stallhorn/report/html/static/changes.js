// The list of changes: filters whose state is in the address. A change's page: values of the strips, and copying.
"use strict";

(() => {
  const { el, state, copy, keys } = window.stallhorn;

  // ---- the list

  const list = document.querySelector(".told");
  if (list) filters();

  function filters() {
    const rows = [...list.children];
    const form = document.querySelector("[data-filters]");
    const search = form.querySelector("[data-search]");
    const answer = form.querySelector("output");
    const none = document.querySelector(".none");
    const has = (row, name, value) => row.dataset[name].split("\n").includes(value);
    const tests = {
      what: (row, value) => (row.dataset.kind === "code" ? row.dataset.direction : row.dataset.kind) === value,
      state: (row, value) => row.dataset.state === value,
      cause: (row, value) =>
        (value === "unknown" ? !row.dataset.causes : row.dataset.causes.split(" ").includes(value)),
      backend: (row, value) => has(row, "backends", value),
      machine: (row, value) => has(row, "machines", value),
    };
    const selects = [...form.querySelectorAll("select")];
    for (const each of selects) {
      each.addEventListener("change", () => state.set({ [each.name]: each.value || null }));
    }

    function show() {
      const wanted = state.get("q", "").toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const fits = wanted.every((word) => row.dataset.words.includes(word)) && selects.every((each) => {
          const value = state.get(each.name, "");
          return !value || tests[each.name](row, value);
        });
        row.hidden = !fits;
        left += fits;
      }
      for (const each of selects) each.value = state.get(each.name, "");
      if (document.activeElement !== search) search.value = state.get("q", "");
      none.hidden = left > 0;
      answer.textContent = left === rows.length ? "" : left + " of " + rows.length + " changes";
    }

    search.addEventListener("input", () => state.set({ q: search.value || null }));
    form.addEventListener("submit", (event) => event.preventDefault());
    none.querySelector("[data-clear]").addEventListener("click", () => {
      search.value = "";
      state.set(Object.fromEntries([["q", null], ...selects.map((each) => [each.name, null])]));
      search.focus();
    });
    state.onchange(show);
    show();
  }

  // ---- the strips: what a cell stands for, at the pointer and by arrow keys

  const table = document.querySelector("table.hit[data-commits]");
  if (table) readings();

  function readings() {
    const commits = table.dataset.commits.split(" ");
    const line = document.querySelector("[data-reading]");
    const strips = [...table.querySelectorAll(".strip")];
    let row = null, place = 0;

    // One stop for the Tab key; arrow keys lead from cell to cell and from row to row.
    function enter(strip) {
      for (const each of strips) each.setAttribute("tabindex", each === strip ? 0 : -1);
    }

    function read() {
      const ratios = row.dataset.ratios.split(" ");
      const ratio = ratios[place];
      const name = row.closest("tr").querySelector("th").textContent.trim();
      const told = ratio === "-" ? "not measured" : ratio + "x of the level before";
      line.textContent = commits[place] + ": " + told + ", " + name;
    }

    const within = (at) => Math.max(0, Math.min(commits.length - 1, at));
    table.addEventListener("pointermove", (event) => {
      const strip = event.target.closest?.(".strip");
      if (!strip) return;
      const box = strip.getBoundingClientRect();
      row = strip;
      place = within(Math.floor(((event.clientX - box.left) / box.width) * commits.length));
      read();
    });
    table.addEventListener("keydown", (event) => {
      const strip = event.target.closest?.(".strip");
      const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -commits.length, End: commits.length };
      const rows = { ArrowUp: -1, ArrowDown: 1 };
      if (!strip || !(event.key in steps || event.key in rows)) return;
      event.preventDefault();
      row = strip;
      if (event.key in rows) {
        row = strips[strips.indexOf(strip) + rows[event.key]] || strip;
        enter(row);
        row.focus();
      } else {
        place = within(place + steps[event.key]);
      }
      read();
    });
    if (strips.length) enter(strips[0]);
  }

  // ---- from change to change

  const beside = { "[": ["prev", "the next newer change"], "]": ["next", "the next older change"] };
  for (const [key, [relation, what]] of Object.entries(beside)) {
    const link = document.querySelector(`.crumb a[rel="${relation}"]`);
    if (link) keys({ [key]: [what, () => link.click()] });
  }

  // ---- copying

  function button(text, label, source) {
    const made = el("button", { type: "button", "aria-label": label, "aria-live": "polite" }, text);
    made.addEventListener("click", async () => {
      const done = await copy(source.textContent, () => getSelection().selectAllChildren(source));
      made.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    });
    return made;
  }

  for (const each of document.querySelectorAll("[data-copy-line]")) each.after(button("Copy", "Copy this command", each));
  for (const each of document.querySelectorAll("[data-paste]")) each.before(button("Copy as text", "Copy as text", each));
})();
