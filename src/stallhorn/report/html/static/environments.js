// The Environments page: rows in which all environments are alike can be left out; the choice is in the address.
"use strict";

(() => {
  const { el, state } = window.stallhorn;
  const place = document.querySelector("[data-only-differences]"), alike = document.querySelectorAll("tr.alike");
  if (!place || !alike.length) return;
  const button = el("button", { type: "button", class: "only-differences", onclick: () => state.set({ only: pressed() ? null : "differences" }) }, "Only what differs");
  const pressed = () => state.get("only") === "differences";
  function apply() {
    button.setAttribute("aria-pressed", String(pressed()));
    for (const row of alike) row.hidden = pressed();
  }
  place.replaceChildren(button);
  place.hidden = false;
  state.onchange(apply);
  apply();
})();
