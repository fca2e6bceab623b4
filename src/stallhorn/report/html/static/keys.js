// Keys, and the buttons at the top of every page: light or dark, a link to this view, and what the keys do.
"use strict";

(() => {
  const { el, copy, say } = window.stallhorn;
  const known = new Map();

  // {key: [what it does, action]}; keys are those of KeyboardEvent.key. Not while something is typed.
  function keys(added) {
    for (const [key, entry] of Object.entries(added)) known.set(key, entry);
  }

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable], dialog")) return;
    const entry = known.get(event.key);
    if (!entry) return;
    event.preventDefault();
    entry[1](event);
  });

  // ---- light or dark

  const THEMES = ["system", "light", "dark"];
  const root = document.documentElement;

  function show(button) {
    const theme = root.dataset.theme || "system";
    button.querySelector("[data-theme-name]").textContent = theme;
  }

  function turn(button) {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme || "system") + 1) % THEMES.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("stallhorn-theme");
      else localStorage.setItem("stallhorn-theme", next);
    } catch {
      // no storage: the choice holds for this page
    }
    show(button);
    say("Colours: " + next);
    dispatchEvent(new Event("stallhorn-theme"));
  }

  // ---- a link to this view

  async function link(button) {
    const done = await copy(location.href, () => {});
    button.textContent = done ? "Link copied" : "Copy it from the address bar";
    say(button.textContent);
    setTimeout(() => { button.textContent = "Copy link"; }, 2500);
  }

  // ---- what the keys do

  function help() {
    document.querySelector("dialog.keys")?.remove();
    const close = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
    const rows = [...known].map(([key, [what]]) => el("div", null, el("dt", null, el("kbd", null, key)), el("dd", null, what)));
    const dialog = el("dialog", { class: "keys", "aria-labelledby": "keys-title" },
      el("h2", { id: "keys-title" }, "Keys"), el("dl", null, rows), close);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  const tools = document.querySelector("[data-tools]");
  const [theme, copied, question] = tools ? tools.querySelectorAll("button") : [];
  if (tools) {
    show(theme);
    theme.addEventListener("click", () => turn(theme));
    copied.addEventListener("click", () => link(copied));
    question.addEventListener("click", help);
  }
  keys({
    "?": ["this list", help],
    "/": ["search", () => {
      const field = document.querySelector("[data-search], input[type=search]");
      if (!field) return;
      field.focus();
      field.select();
    }],
  });

  window.stallhorn.keys = keys;
})();
