// The page about backends: my size, threads and calls; who is fastest; one chart for each open problem; what to choose.
"use strict";

(() => {
  const { el, state, say, pick, chart, readable, breakable, load } = window.stallhorn;
  const words = window.stallhorn.backends;
  const data = readable(window.stallhornData?.backends);
  const find = (name) => document.querySelector(`[data-${name}]`);
  if (!data || !find("controls")) return;

  const MOST_LINES = 6;
  const MOST_OPEN = 3;  // problems with charts at once: the page stays light
  const FAR = 10;  // how many times beyond the measured sizes is still told, as extrapolated

  const loaded = new Map([["", data.problems]]);  // by file; what the page begins with has none

  // The problems of other choices come when they are chosen.
  async function fetchFor(view) {
    await load(`data/${view.file}.js`);
    loaded.set(view.file, readable(window.stallhornData[view.file])?.problems ?? []);
  }

  // ---- what is chosen, all in the address

  const distinct = (values) => [...new Set(values)];
  const known = (name, values, otherwise) => (values.includes(state.get(name)) ? state.get(name) : values.includes(otherwise) ? otherwise : values[0]);

  function chosen() {
    const environments = distinct(data.places.map((each) => each[0]));
    const environment = known("env", environments, data.where[0]);
    const machines = distinct(data.places.filter((each) => each[0] === environment).map((each) => each[1]));
    const machine = known("machine", machines, data.where[1]);
    const there = data.places.filter((each) => each[0] === environment && each[1] === machine);
    const settings = there.map((each) => each[2]).sort((a, b) => (Number(a) || Infinity) - (Number(b) || Infinity) || (a < b ? -1 : 1));
    const setting = known("threads", settings, data.where[2]);
    const file = there.find((each) => each[2] === setting)[3];
    return {
      environments, machines, settings, environment, machine, setting, file, problems: loaded.get(file) ?? [],
      n: number("n"), calls: Math.round(number("calls") || 0), cache: state.get("cache") === "warm" ? "warm" : "cold",
      all: state.get("all") === "1", open: state.getAll("open"),
    };
  }

  function number(name) {
    const value = words.typed(state.get(name, ""));
    return value > 0 ? value : null;
  }

  const competes = (line) => !line.specimen && !line.task;
  const among = (problem, view) => problem.lines.map((line, place) => place).filter((place) => view.all || competes(problem.lines[place]));
  const measured = (problem, view) => distinct(among(problem, view).flatMap((place) => problem.lines[place].n)).sort((a, b) => a - b);

  function fastestAt(problem, n, view, exact) {
    const places = among(problem, view).filter((place) => !exact || problem.lines[place].n.includes(n));
    return words.fastest(problem.lines, places, (line) => words.cost(line, n, view.calls, view.cache));
  }

  const setting = (view) => (view.setting ? (/^\d+$/.test(view.setting) ? view.setting + (view.setting === "1" ? " thread" : " threads") : "threads " + view.setting) : "");

  // ---- controls

  function ask(name, label, hint) {
    const field = el("input", { type: "text", inputmode: "decimal", value: state.get(name, ""), placeholder: hint, autocomplete: "off", spellcheck: "false" });
    field.addEventListener("input", () => {
      const wrong = field.value.trim() !== "" && !(words.typed(field.value) >= 0);
      field.setAttribute("aria-invalid", String(wrong));
      document.getElementById("wrong-number").textContent = wrong ? "Not a number: write 100000 or 1e5." : "";
      if (!wrong) state.set({ [name]: field.value.trim() });
    });
    return el("label", { class: "ask" }, el("span", null, label), field);
  }

  function controls() {
    const view = chosen();
    const problems = view.problems.length ? view.problems : data.problems;
    const sized = distinct(problems.map((each) => each.size));
    const select = (name, label, values, current) => (values.length > 1 ? pick(label, values, current, (value) => state.set({ [name]: value })) : null);
    const warm = problems.some(({ lines }) => lines.some((line) => line.warm.some((first, place) => first && first !== line.cold[place] && line.cold[place]?.[0] !== first[0])));
    const box = el("input", { type: "checkbox", checked: view.all, onchange: () => state.set({ all: box.checked ? "1" : null }) });
    const special = problems.some(({ lines }) => lines.some((line) => !competes(line)));
    find("controls").replaceChildren(...[
      ask("n", "My " + (sized.length === 1 ? sized[0] : "size"), "any"),
      select("threads", "Threads", view.settings.map((each) => [each, each || "not set"]), view.setting),
      ask("calls", "Calls", "0 = steady"),
      warm ? pick("First call with", [["cold", "cold cache"], ["warm", "warm cache"]], view.cache, (value) => state.set({ cache: value === "warm" ? value : null })) : null,
      select("env", "Environment", view.environments.map((each) => [each, data.environments[each] ?? each]), view.environment),
      select("machine", "Machine", view.machines, view.machine),
      special ? el("label", { class: "ask" }, box, el("span", null, "Specimens and other tasks compete, too")) : null,
      el("p", { class: "wrong-number", id: "wrong-number", role: "status" }),
    ].filter(Boolean));
  }

  // ---- the table

  function cell(problem, found, tag, n, mine) {
    const { lines } = problem;
    const where = (mine ? "my " : "") + problem.size + " = " + words.size(n) + ": ";
    if (!found) return tag === "td" ? el("td", { class: "none" }, el("span", { class: "visually-hidden" }, "not measured")) : null;
    const label = lines[found.first].label + (found.tie ? " = " + lines[found.rival].label : "");
    const shade = `cell b${data.colours[lines[found.first].backend] ?? 5}${found.tie ? " tie" : ""}${mine ? " mine" : ""}`;
    return el(tag, { class: shade, title: words.detail(found, lines) },
      tag === "td" ? el("span", { class: "narrow" }, where) : where, el("b", null, label), " ", el("span", { class: "margin" }, words.margin(found)),
      mine && !lines[found.first].n.includes(n) ? el("span", { class: "by" }, " interpolated") : null);
  }

  // My size: between the measured ones, or near enough beyond them, or not told.
  function mine(problem, view) {
    const found = fastestAt(problem, view.n, view);
    if (found) return cell(problem, found, "td", view.n, true);
    const sizes = measured(problem, view);
    const range = distinct([sizes[0], sizes.at(-1)]).map(words.size).join(" to ");
    const where = el("span", { class: "narrow" }, "my " + problem.size + " = " + words.size(view.n) + ": ");
    if (sizes.length && view.n >= sizes[0] && view.n <= sizes.at(-1)) return el("td", { class: "outside" }, where, "the first call is not known");
    const far = sizes.length ? Math.max(sizes[0] / view.n, view.n / sizes.at(-1)) : Infinity;
    const guess = far <= FAR && !view.calls ? extrapolated(problem, view) : null;
    return el("td", { class: "outside" }, where, guess ? `extrapolated: ${guess} ` : "not told ", `(measured: ${range})`);
  }

  function extrapolated(problem, view) {
    const sizes = measured(problem, view);
    const edge = view.n < sizes[0] ? sizes[0] : sizes.at(-1);
    const guesses = among(problem, view).map((place) => problem.lines[place]).filter((line) => line.n.includes(edge))
      .map((line) => [words.beyond(line, view.n), line.label]).filter(([value]) => value !== null).sort((a, b) => a[0] - b[0]);
    return guesses.length ? guesses[0][1] : null;
  }

  function table(view) {
    const sizes = distinct(view.problems.flatMap((problem) => measured(problem, view))).sort((a, b) => a - b);
    const filled = view.problems.reduce((sum, problem) => sum + measured(problem, view).length, 0);
    const columns = sizes.length <= data.columns && 2 * filled >= sizes.length * view.problems.length ? sizes : [];
    const names = distinct(view.problems.map((each) => each.size));
    const name = names.length === 1 ? names[0] : "size";
    const head = [el("th", { scope: "col" }, "Problem"), view.n ? el("th", { scope: "col" }, `my ${name} = ${words.size(view.n)}`) : null,
      columns.map((n) => el("th", { scope: "col" }, `${name} = ${words.size(n)}`)), columns.length ? null : el("th", { scope: "col" }, "Sizes")];
    const rows = view.problems.map((problem) => {
      const own = measured(problem, view);
      const cells = columns.length
        ? columns.map((n) => cell(problem, own.includes(n) ? fastestAt(problem, n, view, true) : null, "td", n))
        : el("td", { class: "own" }, own.map((n) => cell(problem, fastestAt(problem, n, view, true), "span", n)));
      return el("tr", null,
        el("th", { scope: "row" }, el("a", { href: "#p-" + problem.id, onclick: () => unfold(problem) }, breakable(problem.title)), problem.newest ? null : [" ", el("span", { class: "muted" }, "at " + problem.commit)]),
        view.n ? mine(problem, view) : null, cells);
    });
    find("heat").replaceChildren(el("table", { class: "heat" + (columns.length ? "" : " many") },
      el("caption", { class: "visually-hidden" }, "The fastest backend and variant by problem and size"),
      el("thead", null, el("tr", null, head)), el("tbody", null, rows)));
  }

  function lead(view) {
    const where = [data.environments[view.environment] ?? view.environment, view.machines.length > 1 ? "on " + view.machine : "", setting(view)].filter(Boolean).join(", ");
    const cost = view.calls ? `Time of ${words.size(view.calls)} calls in all, the first one with ${view.cache === "warm" ? "a warm" : "a cold"} cache; who has no recorded first call is left out.` : "Time of one call, when everything is compiled.";
    find("lead").textContent = `${where}. ${cost} Each problem at its newest commit that has two backends.`;
  }

  // ---- one problem

  const bodies = new Map();  // by details element: charts to destroy

  function unfold(problem) {
    const target = document.getElementById("p-" + problem.id);
    if (target) target.open = true;
  }

  function ribbon(problem, view) {
    const stretches = view.all && problem.all.length ? problem.all : problem.stretches;
    return stretches.map(([from, to, lines]) => ({ from, to, lines, text: (lines.length > 1 ? "tie: " : "") + lines.map((place) => problem.lines[place].label).join(", ") }));
  }

  function inShort(problem, view) {
    const stretches = ribbon(problem, view).map((each) => `${edge(problem, each.from)} to ${edge(problem, each.to)}: ${each.text}`);
    if (stretches.length) return stretches.join("; ");
    const alone = measured(problem, view).map((n) => [n, words.fastest(problem.lines, among(problem, view).filter((place) => problem.lines[place].n.includes(n)), (line) => words.at(line, n))]);
    return alone.map(([n, found]) => `${words.size(n)}: ${problem.lines[found.first].label}`).join("; ");
  }

  function problemsList(view) {
    for (const charts of bodies.values()) charts.forEach((each) => each.destroy());
    bodies.clear();
    find("problems").replaceChildren(...view.problems.map((problem) => {
      const summary = inShort(problem, view);
      const details = el("details", { class: "problem", id: "p-" + problem.id },
        el("summary", null, el("h3", null, breakable(problem.title)), " ", el("span", { class: "muted" }, summary)));
      details.addEventListener("toggle", () => toggled(details, problem));
      if (view.open.includes(problem.title) || location.hash === "#p-" + problem.id) details.open = true;
      return details;
    }));
    if (!view.problems.length) find("problems").append(el("p", null, "Nothing was measured with these choices."));
  }

  const edge = (problem, n) => (problem.lines.some((line) => line.n.includes(n)) ? words.size(n) : words.about(n));

  function toggled(details, problem) {
    const open = state.getAll("open").filter((title) => title !== problem.title);
    quiet = true;
    state.set({ open: details.open ? [...open, problem.title] : open });
    quiet = false;
    if (details.open && !bodies.has(details)) fill(details, problem, chosen());
    if (!details.open && bodies.has(details)) empty(details);
    const others = [...find("problems").querySelectorAll("details.problem[open]")].filter((each) => each !== details);
    if (details.open && others.length >= MOST_OPEN) others[0].open = false;
    advice(chosen());
  }

  function empty(details) {
    bodies.get(details).forEach((each) => each.destroy());
    bodies.delete(details);
    details.lastElementChild.remove();
  }

  function fill(details, problem, view) {
    const charts = [];
    bodies.set(details, charts);
    const draw = (parent, height, spec) => {
      const box = el("div", { class: "plot " + height });
      parent.append(box);
      charts.push(chart(box, { height, ...spec }));
    };
    const body = el("div", null);
    details.append(body);
    body.append(el("p", { class: "muted" }, "At ", el("span", { class: "hash" }, problem.commit), " ", problem.subject, problem.date ? ", " + problem.date : "", ".", problem.newest ? "" : " Newer commits of this machine have no such comparison."));
    if (problem.warnings.length) body.append(el("div", { class: "busy", role: "group", "aria-label": "What speaks against the comparison" }, problem.warnings.map((each) => el("p", null, el("b", null, "! Careful:"), " ", each, "."))));
    const sizes = measured(problem, view);
    if (sizes.length < 3) body.append(el("p", { class: "muted" }, `Measured at ${sizes.length} ${sizes.length === 1 ? "size" : "sizes"} here: ${sizes.length === 1 ? "no crossover can be found" : "what lies between is a straight line"}. More sizes make it surer.`));
    draw(body, "tall", curves(problem, view));
    const { more } = drawn(problem, view);
    if (more.length) body.append(el("p", { class: "muted" }, `Not drawn: ${more.map((place) => problem.lines[place].label).join(", ")}.`));
    body.append(...crossings(problem, sizes));
    if (problem.drifts.length) draw(body, "normal", drift(problem));
    if (problem.moves.length) body.append(el("ul", { class: "moves" }, problem.moves.map((each) => el("li", null, each, "."))));
    body.append(...paybacks(problem));
    const total = totals(problem, view);
    if (total) draw(body, "normal", total);
    body.append(...apart(problem, view));
  }

  // Six lines at most: those that come nearest to the fastest.
  function drawn(problem, view) {
    const distance = (place) => {
      const line = problem.lines[place];
      return Math.min(...line.n.map((n, at) => line.t[at] / Math.min(...among(problem, view).map((other) => words.at(problem.lines[other], n)?.t ?? Infinity))));
    };
    const places = among(problem, view).map((place) => [distance(place), place]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, place]) => place);
    const taken = new Set();
    const styles = new Map();
    for (const place of places.slice(0, MOST_LINES)) {
      const wanted = data.colours[problem.lines[place].backend] ?? 5;
      const style = [wanted, 0, 1, 2, 3, 4, 5].find((each) => !taken.has(each));
      taken.add(style);
      styles.set(place, style);
    }
    return { styles, more: places.slice(MOST_LINES) };
  }

  function curves(problem, view) {
    const { styles, more } = drawn(problem, view);
    const shown = [...styles].map(([place, style]) => ({ line: problem.lines[place], place, style }));
    const outside = shown.map(({ line }) => outward(line, view.n)).filter(Boolean);
    const left = more.length ? `Not drawn: ${more.map((place) => problem.lines[place].label).join(", ")}.` : "";
    return {
      title: "Time of one call over " + problem.size,
      description: `Crossovers of backends in ${problem.title}. ${left}`,
      x: { kind: "log", title: problem.size, ...domain(shown.flatMap(({ line }) => line.n), outside.map(([, end]) => end[0]), 1) },
      y: { kind: "log", unit: "seconds", title: "time of one call", ...domain(shown.flatMap(({ line }) => line.t), outside.map(([, end]) => end[1]), 1.5) },
      lines: shown.map(({ line, place, style }) => ({ id: String(place), label: line.label, style, x: line.n, y: line.t, low: line.lo, high: line.hi, points: true })),
      guides: [...(view.n ? [{ x: view.n, text: "my " + problem.size }] : []), ...outside.map((points, place) => ({ points, text: place ? "" : "extrapolated" }))],
      marks: problem.crossings.filter(([, leads]) => leads).map(([, , size]) => ({ x: size, text: [`crossover ${words.about(size)}`, words.about(size)], tone: "tag" })),
      ribbons: ribbon(problem, view).map((each) => ({ from: each.from, to: each.to, text: each.text, style: styles.get(each.lines[0]) ?? 5 })),
    };
  }

  // From the last measured point to my size, on the last straight piece: a dotted guide, no value of the line.
  function outward({ n: sizes, t }, n) {
    if (!n || sizes.length < 2 || (n >= sizes[0] && n <= sizes.at(-1)) || Math.max(sizes[0] / n, n / sizes.at(-1)) > FAR) return null;
    const edge = n < sizes[0] ? 0 : sizes.length - 1;
    return [[sizes[edge], t[edge]], [n, words.beyond({ n: sizes, t }, n)]];
  }

  // The axis holds what is extrapolated, too; without that it is the chart's own.
  function domain(values, more, room) {
    if (!more.length) return {};
    const all = [...values, ...more];
    return { domain: [Math.min(...all) / room, Math.max(...all) * room] };
  }

  function crossings(problem, sizes) {
    if (!problem.crossings.length) return sizes.length > 1 ? [el("p", null, "No two backends cross between the measured sizes.")] : [];
    return [el("ul", { class: "crossings" }, problem.crossings.map(([text, leads]) => el("li", { class: leads ? null : "minor" }, text, ".")))];
  }

  function drift(problem) {
    const places = distinct(problem.drifts.flatMap((each) => each.at)).sort((a, b) => a - b);
    return {
      title: "How the crossovers moved", description: "The size at which two backends cross, commit by commit",
      x: { kind: "commits", commits: places.map((place) => data.commits[place]) },
      y: { kind: "log", title: problem.size + " of the crossover", unit: "" },
      lines: problem.drifts.map((each, style) => ({
        id: String(style), label: `${problem.lines[each.one].label} and ${problem.lines[each.other].label}`, style: style % 6,
        x: each.at.map((place) => places.indexOf(place)), y: each.size, low: each.low, high: each.high, points: true,
      })),
    };
  }

  function paybacks(problem) {
    const { sizes, rows, unknown, warm } = problem.paybacks;
    const made = [];
    if (rows.length) {
      made.push(el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Break-even of " + problem.title },
        el("table", { class: "plain payback" }, el("caption", null, "When compiling pays"),
          el("thead", null, el("tr", null, el("th", { scope: "col" }, "Instead of"), el("th", { scope: "col" }, "Cache"), sizes.map((n) => el("th", { scope: "col" }, `${problem.size} = ${words.size(n)}`)))),
          el("tbody", null, rows.map(([pair, cache, cells]) => el("tr", null, el("th", { scope: "row" }, pair), el("td", null, cache), cells.map((text) => el("td", null, text || "–"))))))));
      if (!warm) made.push(el("p", { class: "muted" }, "No warm cache was seen. Numba: ", el("code", null, "@njit(cache=True)"), ", and the second process that measures is warm. Whether JAX's persistent cache (", el("code", null, "JAX_COMPILATION_CACHE_DIR"), ") was used is in no record."));
    } else {
      made.push(el("p", { class: "muted" }, "When compiling pays is not known: no first call is recorded here. ", el("code", null, "stallhorn run"), " records it."));
    }
    if (unknown.length) made.push(el("p", { class: "muted" }, "Unknown: ", unknown.join("; "), "."));
    return made;
  }

  // What k calls take, at my size or the largest one with first calls.
  function totals(problem, view) {
    const { styles } = drawn(problem, view);
    const sizes = measured(problem, view);
    const usable = (n) => [...styles.keys()].filter((place) => words.at(problem.lines[place], n) && words.extra(problem.lines[place], n, view.cache));
    const n = view.n && usable(view.n).length > 1 ? view.n : sizes.findLast((each) => usable(each).length > 1);
    if (n === undefined) return null;
    const calls = Array.from({ length: 25 }, (_, place) => 10 ** (place / 4));
    if (view.calls) calls.push(view.calls);
    calls.sort((a, b) => a - b);
    const lines = usable(n).map((place) => {
      const line = problem.lines[place];
      const found = calls.map((k) => words.cost(line, n, k, view.cache));
      return { id: String(place), label: line.label, style: styles.get(place), x: calls, y: found.map((each) => each.t), low: found.map((each) => each.lo), high: found.map((each) => each.hi), points: false };
    });
    return {
      title: `Time of all calls at ${problem.size} = ${words.size(n)}, ${view.cache === "warm" ? "warm" : "cold"} cache`,
      description: "The first call compiles; the lines cross where compiling has paid",
      x: { kind: "log", title: "calls" }, y: { kind: "log", unit: "seconds", title: "time of all calls" }, lines,
      guides: view.calls ? [{ x: view.calls, text: "my calls" }] : [],
    };
  }

  function apart(problem, view) {
    const made = [];
    const left = problem.lines.filter((line) => !competes(line));
    if (left.length && !view.all) made.push(el("p", { class: "muted" }, "Not competing: " + left.map((line) => `${line.label} (${line.specimen ? "a specimen of " + line.specimen : line.task})`).join(", ") + "."));
    if (problem.elsewhere.length) made.push(el("p", { class: "muted" }, "Only measured with other thread settings: " + problem.elsewhere.join("; ") + "."));
    made.push(el("p", { class: "muted" }, "Histories: ", distinct(problem.lines.map((line) => line.page)).map((page, place) => [place ? ", " : "", el("a", { href: page }, problem.lines.filter((line) => line.page === page).map((line) => line.label).join(", "))])));
    return made;
  }

  // ---- numba or jax

  function follow() {
    const passed = [];
    for (let question = data.questions[0]; ;) {
      const only = Object.keys(question.answers).length === 1 ? Object.keys(question.answers)[0] : null;
      const answer = question.answers[state.get(question.id)] ?? question.answers[only];
      passed.push(question.id);
      if (!answer) return { passed, open: question.id };
      const [then, take, because] = answer;
      if (!then) return { passed, take, because };
      question = data.questions.find((each) => each.id === then);
    }
  }

  function questions() {
    const way = follow();
    for (const field of document.querySelectorAll("[data-question]")) {
      const id = field.dataset.question;
      field.parentElement.classList.toggle("beyond", !way.passed.includes(id) && way.open === undefined);
      for (const radio of field.querySelectorAll("input")) {
        radio.checked = state.get(id) === radio.value || (field.querySelectorAll("input").length === 1 && way.passed.includes(id));
      }
    }
  }

  const NAMES = { numba: "Numba", jax: "JAX" };

  // The price of a recommendation at my size, or at the largest: in one problem, in figures of this project.
  function figures(problem, take, view) {
    const sizes = measured(problem, view);
    const fits = (n) => { const found = fastestAt(problem, n, view); return found && (found.rival !== null) ? found : null; };
    const n = view.n && fits(view.n) ? view.n : sizes.findLast(fits);
    const found = n === undefined ? null : fits(n);
    if (!found) return null;
    const { lines } = problem;
    const where = `${problem.title}, ${problem.size} = ${words.size(n)}${view.n && n !== view.n ? " (the nearest that can be told)" : ""}: `;
    const own = take ? among(problem, view).filter((place) => lines[place].backend.toLowerCase().includes(take)) : [];
    const best = words.fastest(lines, own, (line) => words.cost(line, n, view.calls, view.cache));
    if (!take || !best || best.first === found.first) return where + words.detail(found, lines) + (take && !best ? `; ${NAMES[take]} is not measured there` : "");
    if (best.best.lo !== null && best.best.lo <= (found.best.hi ?? found.best.t)) return `${where}${lines[best.first].label} ${words.time(best.best)}, as fast as ${lines[found.first].label} within the intervals`;
    return `${where}${lines[best.first].label} ${words.time(best.best)} takes ${words.times(best.best.t / found.best.t)} the time of ${lines[found.first].label}`;
  }

  function advice(view) {
    const way = follow();
    if (way.open) {
      const place = data.questions.findIndex((each) => each.id === way.open) + 1;
      find("advice").replaceChildren(el("div", null, el("p", { class: "take" }, `Answer question ${place} for a recommendation.`)));
      return;
    }
    const open = view.problems.filter((problem) => view.open.includes(problem.title));
    const told = (open.length ? open : view.problems).map((problem) => figures(problem, way.take, view)).filter(Boolean);
    const head = way.take ? `Take ${NAMES[way.take]}. ${way.because}` : "Take what is fastest in your own figures.";
    const about = [view.calls ? words.size(view.calls) + " calls in all" : "one call", setting(view)].filter(Boolean).join(", ");
    find("advice").replaceChildren(el("div", null, el("p", { class: "take" }, head),
      told.length ? el("p", null, `What it means here (${about}; ${open.length ? "open problems" : "all problems"}):`) : el("p", null, "No problem here has two backends at these choices."),
      el("ul", null, told.slice(0, 8).map((text) => el("li", null, text, "."))),
      told.length > 8 ? el("p", { class: "muted" }, `${told.length - 8} more stand in the table above.`) : null));
    return head;
  }

  // ---- together

  let quiet = false;
  let before = "";

  function render() {
    if (quiet) return;
    const view = chosen();
    if (!loaded.has(view.file)) {
      fetchFor(view).then(() => { controls(); render(); }, () => { find("lead").textContent = `data/${view.file}.js could not be read: publish the site again.`; });
      return;
    }
    const now = JSON.stringify([view.environment, view.machine, view.setting, view.n, view.calls, view.cache, view.all]);
    if (now !== before) {
      lead(view);
      table(view);
      problemsList(view);
      if (before) say(`${view.problems.length} problems, ${setting(view)}`);
      before = now;
    }
    questions();
    const told = advice(view);
    if (told && asked) say(told);
    asked = false;
  }

  let asked = false;
  for (const radio of document.querySelectorAll("[data-question] input")) {
    radio.addEventListener("change", () => {
      asked = true;
      state.set({ [radio.name]: radio.value });
    });
  }
  state.onchange(() => {
    const focus = document.activeElement?.closest("[data-controls]") ? document.activeElement : null;
    if (!focus) controls();
    else if (focus.tagName === "SELECT") { controls(); refocus(focus); }
    render();
  });

  // Choices depend on each other: the selects are made anew, and the one in use keeps the focus.
  function refocus(old) {
    const name = (select) => select.closest("label").firstChild.textContent;
    [...find("controls").querySelectorAll("select")].find((each) => name(each) === name(old))?.focus();
  }

  controls();
  render();
})();
