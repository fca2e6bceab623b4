// What every page's script may use, as `window.stallhorn`. Every page can be read without it.
"use strict";

(() => {
  const SCHEMA = 1;  // of data files
  const here = window.stallhorn ||= {};
  const top = new URL("..", document.currentScript.src);

  // ---- elements: untrusted text becomes text, never markup

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") element.addEventListener(name.slice(2), value);
      else if (name === "href" && !harmless(String(value))) continue;
      else element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
    return element;
  }

  // An address of the web or of this site; nothing that would run.
  function harmless(address) {
    try {
      return /^(https?|file|mailto)$/.test(new URL(address, location.href).protocol.slice(0, -1));
    } catch {
      return false;
    }
  }

  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  // A name that may break after its dots, underscores, dashes and slashes.
  function breakable(text) {
    const parts = text.split(/(?<=[._\-/])(?=[\p{L}_])/u);
    return parts.flatMap((part, place) => (place ? [el("wbr"), part] : [part]));
  }

  // ---- the state of the view, in the address

  let query = new URLSearchParams(location.search);
  const listeners = [];
  const tell = () => listeners.forEach((listener) => listener());

  const state = {
    get: (name, fallback = null) => query.get(name) ?? fallback,
    getAll: (name) => query.getAll(name),
    // {name: text or number, [several], or null for none}; who listens is told only if something changed.
    set(changes) {
      const before = query.toString();
      for (const [name, value] of Object.entries(changes)) {
        query.delete(name);
        for (const each of Array.isArray(value) ? value : [value]) {
          if (each !== null && each !== undefined && each !== "") query.append(name, each);
        }
      }
      if (query.toString() === before) return;
      write();
      tell();
    },
    onchange: (listener) => listeners.push(listener),
  };

  function write() {
    const text = query.toString();
    try {
      history.replaceState(null, "", (text ? "?" + text : location.pathname) + location.hash);
    } catch {
      setTimeout(write, 1000);  // browsers refuse too many changes in a short time
    }
  }

  addEventListener("popstate", () => {
    query = new URLSearchParams(location.search);
    tell();
  });

  // ---- data

  // What a page or a data file holds; null, and a sentence on the page, if only a newer script can read it.
  function readable(found) {
    if (!found || !(found.schema > SCHEMA)) return found ?? null;
    notice("The data of this page was made by a newer version of stallhorn. Reload the page.");
    return null;
  }

  function notice(text) {
    if (!document.querySelector(".newer")) document.querySelector("main").prepend(el("p", { class: "newer" }, text));
  }

  function data(id = "data") {
    const block = document.getElementById(id);
    return block && readable(JSON.parse(block.textContent));
  }

  // A data script by its path from the top of the site: fetch would fail for pages that are opened from disk.
  const loading = new Map();
  function load(path) {
    if (!loading.has(path)) {
      loading.set(path, new Promise((resolve, reject) => {
        const script = el("script", { src: new URL(path, top).href });
        script.onload = resolve;
        script.onerror = () => reject(new Error(path + " could not be read"));
        document.head.append(script);
      }));
    }
    return loading.get(path);
  }

  // ---- speech, copying

  const spoken = el("p", { class: "visually-hidden", "aria-live": "polite", "data-spoken": "" });
  document.body.append(spoken);
  const say = (text) => { spoken.textContent = text; };

  // Pages that are opened from disk have no clipboard in some browsers; then what is to be copied is selected.
  async function copy(text, otherwise) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      otherwise();
      return false;
    }
  }

  function copyable(element) {
    const button = el("button", { type: "button", "aria-label": "Copy " + element.textContent, "aria-live": "polite" }, "Copy");
    button.addEventListener("click", async () => {
      const done = await copy(element.textContent, () => getSelection().selectAllChildren(element));
      button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    });
    element.after(button);
  }

  // ---- controls

  // A labelled choice; `values` are texts or [value, text]. A label knows the select as its `control`.
  function pick(label, values, current, onchange) {
    const select = el("select", { onchange: () => onchange(select.value) }, values.map((each) => {
      const [value, text] = Array.isArray(each) ? each : [each, each];
      return el("option", { value, selected: String(value) === String(current) }, String(text));
    }));
    return el("label", { class: "pick" }, el("span", null, label), select);
  }

  // ---- what is folded: a link to it opens it

  function reveal() {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return;  // an address that is none
    }
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  }

  Object.assign(here, { SCHEMA, top, el, svg, breakable, state, data, readable, load, say, copy, copyable, pick });
  for (const each of document.querySelectorAll("[data-copy]")) copyable(each);
  reveal();
  addEventListener("hashchange", reveal);
})();
