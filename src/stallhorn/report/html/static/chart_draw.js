// One picture of a chart as SVG: axes, bands, lines, points and texts that never overlap. It decides nothing else.
"use strict";

(() => {
  const HEIGHTS = { tall: 360, normal: 280, strip: 128 };
  const MOST_IN_VIEW = 1500; // points of one line; beyond, least and largest of each column of pixels are drawn
  const LEAST_SPACING = 5; // pixels between points that have markers
  const INSET = 10;
  const SAFE = /^(?:https?:\/\/|[^:]*$|[^:]*[?#/])/i; // an address of the web or of this site, and no script

  const round = (value) => Math.round(value * 10) / 10;
  const brush = document.createElement("canvas").getContext("2d");

  function widthOf(text, font) {
    brush.font = font;
    return brush.measureText(text).width;
  }

  // The longest beginning of a text that fits, "" if nothing sensible does.
  function cut(text, room, font) {
    if (widthOf(text, font) <= room) return text;
    let length = Math.min(text.length - 1, Math.floor(room / 5));
    while (length > 3 && widthOf(`${text.slice(0, length)}…`, font) > room) length -= 1;
    return length > 3 && widthOf(`${text.slice(0, length)}…`, font) <= room ? `${text.slice(0, length)}…` : "";
  }

  // Boxes that texts have taken; a text gets a place only where none lies.
  class Taken {
    boxes = [];
    free(left, top, width, height) {
      return this.boxes.every(([l, t, w, h]) => left + width <= l || left >= l + w || top + height <= t || top >= t + h);
    }
    take(left, top, width, height) {
      const fits = this.free(left, top, width, height);
      if (fits) this.boxes.push([left, top, width, height]);
      return fits;
    }
  }

  // Circle, square, triangle, diamond, inverted triangle, bar: one shape for each line.
  const CORNERS = [null, [45, 135, 225, 315], [90, 210, 330], [0, 90, 180, 270], [30, 150, 270], [20, 160, 200, 340]];
  const TURNS = CORNERS.map((angles) => angles && angles.map((each) => [Math.cos((each * Math.PI) / 180), Math.sin((each * Math.PI) / 180)]));

  function marker(style, x, y, size) {
    if (style === 0) return `M${round(x - size)} ${round(y)}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0Z`;
    const reach = size * (style === 1 ? 1.3 : 1.35);
    return `M${TURNS[style].map(([cos, sin]) => `${round(x + reach * cos)} ${round(y - reach * sin)}`).join("L")}Z`;
  }

  function swatch(style) {
    const { svg } = window.stallhorn;
    return svg("svg", { class: "swatch", viewBox: "0 0 36 14", width: 36, height: 14, "aria-hidden": "true" },
      svg("path", { d: "M1 7H35", class: `line s${style + 1}` }),
      svg("path", { d: marker(style, 18, 7, 3.2), class: `point s${style + 1}` }));
  }

  const inView = (model, line) => {
    const found = [];
    const [from, to] = [model.view[0] - 1e-9, model.view[1] + 1e-9];
    for (let i = 0; i < line.t.length; i += 1) if (line.t[i] >= from && line.t[i] <= to && line.v[i] === line.v[i]) found.push(i);
    return found;
  };

  // What is seen now decides the height axis.
  function valueAxis(model) {
    const values = [], bounds = [];
    for (const line of model.lines) {
      if (model.hidden.has(line.id)) continue;
      for (const i of line.seen) {
        values.push(line.v[i]);
        if (line.lo[i] === line.lo[i]) bounds.push(line.lo[i]);
        if (line.hi[i] === line.hi[i]) bounds.push(line.hi[i]);
      }
    }
    const guides = (model.spec.guides || []).flatMap((each) => (window.stallhorn.axes.isNumber(each.y) ? [each.y] : []));
    for (const y of guides) bounds.push(y);
    return window.stallhorn.axes.yAxis(model.spec.y || {}, model.yKind, values, bounds);
  }

  function frame(model, axis) {
    const { spec, width, font } = model;
    const strip = spec.height === "strip";
    const height = HEIGHTS[spec.height] || HEIGHTS.normal;
    const marks = (spec.marks || []).length + (spec.guides || []).filter((each) => window.stallhorn.axes.isNumber(each.x)).length;
    const linked = (spec.marks || []).some((each) => each.href);
    const lane = linked ? 24 : 14;
    const lanes = marks ? (strip ? 1 : linked ? 2 : Math.min(3, marks)) : 0;
    const ribbon = (spec.ribbons || []).length ? 18 : 0;
    const dated = model.x.kind === "commits" && !strip && model.x.commits.some((each) => window.stallhorn.axes.dayText(each.date));
    const top = 22 + lanes * lane + ribbon;
    const bottom = (dated ? 34 : 21) + (spec.x?.title && !strip ? 16 : 0);
    const labels = axis.ticks(strip ? 2 : 5).filter(([value]) => axis.at(value) >= -1e-9 && axis.at(value) <= 1 + 1e-9);
    const left = Math.max(34, ...labels.map(([, text]) => widthOf(text, font) + 12));
    return { strip, height, lanes, lane, ribbon, dated, top, bottom, left, right: 14, labels, w: width - left - 14, h: height - top - bottom };
  }

  function draw(model) {
    const { svg } = window.stallhorn;
    for (const line of model.lines) line.seen = inView(model, line);
    const axis = valueAxis(model);
    const box = frame(model, axis);
    const inset = Math.min(INSET, box.w / 20);
    const X = (t) => box.left + inset + ((t - model.view[0]) / (model.view[1] - model.view[0])) * (box.w - 2 * inset);
    const Y = (value) => box.top + (1 - Math.min(1.5, Math.max(-0.5, axis.at(value)))) * box.h;
    for (const line of model.lines) {
      line.px = line.t.map(X);
      line.py = line.v.map(Y);
    }
    const picture = { ...model, axis, box, X, Y, taken: new Taken(), unsaid: [], upon: [] };
    // A nested picture cuts off what lies outside: bounds far from the values, and lines that leave the view.
    const inner = svg("svg", { x: box.left, y: box.top - 5, width: Math.max(1, box.w), height: Math.max(1, box.h + 10), overflow: "hidden" });
    const data = svg("g", { transform: `translate(${-box.left} ${-(box.top - 5)})` });
    inner.append(data);
    const visible = model.lines.filter((line) => !model.hidden.has(line.id));
    const markers = visible.map((line) => ({ line, ...shapes(picture, line) }));
    for (const each of markers) data.append(svg("path", { d: each.band, class: `band s${each.line.style + 1}` }));
    for (const each of markers) {
      if (each.levels) data.append(svg("path", { d: each.levels, class: `level s${each.line.style + 1}` }));
      data.append(svg("path", { d: each.solid, class: `line s${each.line.style + 1}` }));
      if (each.dotted) data.append(svg("path", { d: each.dotted, class: `line dotted s${each.line.style + 1}` }));
      if (each.points) data.append(svg("path", { d: each.points, class: `point s${each.line.style + 1}` }));
      if (each.hollow) data.append(svg("path", { d: each.hollow, class: `point hollow s${each.line.style + 1}` }));
    }
    const behind = backdrop(picture);
    const over = [...ribbons(picture), ...marks(picture)];
    const lines = guides(picture, data);
    return { ...picture, nodes: [...behind, ...over.filter((each) => each.behind).map((each) => each.node), inner, ...picture.upon, ...lines, ...over.filter((each) => !each.behind).map((each) => each.node)] };
  }

  // The paths of a line: broken where a commit or a value lies between that was not measured.
  function shapes(picture, line) {
    const runs = [];
    const { x } = picture;
    let run = [];
    const [first, last] = line.seen.length ? [line.seen[0], line.seen.at(-1)] : [0, -1];
    // One point more on each side, so that a zoomed line leaves the view.
    for (let i = Math.max(0, first - 1); i <= Math.min(line.t.length - 1, last + 1); i += 1) {
      const there = line.v[i] === line.v[i] && line.t[i] === line.t[i];
      if (run.length && (!there || !x.beside(line.x[i - 1], line.x[i]))) { runs.push(run); run = []; }
      if (there) run.push(i);
    }
    if (run.length) runs.push(run);
    const dense = line.seen.length > MOST_IN_VIEW;
    const made = dense ? envelope(picture, line, runs) : exact(picture, line, runs);
    return { ...made, levels: levels(picture, line), ...points(picture, line, runs) };
  }

  function exact({ Y }, line, runs) {
    const solid = [], dotted = [], band = [];
    const isDotted = (from, to) => line.dotted.some(([low, high]) => line.x[from] >= low && line.x[to] <= high);
    const at = (i) => `${round(line.px[i])} ${round(line.py[i])}`;
    for (const run of runs) {
      let pen = null;
      for (let place = 1; place < run.length; place += 1) {
        const kind = line.dotted.length && isDotted(run[place - 1], run[place]) ? dotted : solid;
        kind.push(pen === kind ? `L${at(run[place])}` : `M${at(run[place - 1])}L${at(run[place])}`);
        pen = kind;
      }
      if (!line.hasBand) continue;
      const top = [], bottom = [];
      for (const side of run.length === 1 ? [-2, 2] : [0]) { // the interval of a point that stands alone is a bar
        for (const i of run) {
          const known = line.lo[i] === line.lo[i] && line.hi[i] === line.hi[i];
          const px = round(line.px[i] + side);
          top.push(`${px} ${round(known ? Y(line.hi[i]) : line.py[i])}`);
          bottom.push(`${px} ${round(known ? Y(line.lo[i]) : line.py[i])}`);
        }
      }
      band.push(`M${top.join("L")}L${bottom.reverse().join("L")}Z`);
    }
    return { solid: solid.join(""), dotted: dotted.join(""), band: band.join("") };
  }

  function envelope({ Y }, line, runs) {
    const solid = [], band = [];
    for (const run of runs) {
      const columns = [];
      let now = null;
      for (const i of run) {
        const px = Math.floor(line.px[i]);
        const value = line.v[i];
        if (!now || now.px !== px) columns.push((now = { px, least: value, most: value, lo: value, hi: value }));
        if (value < now.least) now.least = value;
        if (value > now.most) now.most = value;
        if (line.lo[i] < now.lo) now.lo = line.lo[i];
        if (line.hi[i] > now.hi) now.hi = line.hi[i];
      }
      solid.push("M", columns.map((each) => `${each.px} ${round(Y(each.least))}L${each.px} ${round(Y(each.most))}`).join("L"));
      if (!line.hasBand) continue;
      const top = columns.map((each) => `${each.px} ${round(Y(each.hi))}`);
      const bottom = columns.reverse().map((each) => `${each.px} ${round(Y(each.lo))}`);
      band.push(`M${top.join("L")}L${bottom.join("L")}Z`);
    }
    return { solid: solid.join(""), dotted: "", band: band.join("") };
  }

  function levels({ X, Y, x }, line) {
    return line.levels.map(([from, to, value]) => {
      const [left, right] = [X(x.toT(from)), X(x.toT(to))];
      const ends = right - left < 8 ? [left - 4, right + 4] : [left, right];
      return `M${round(ends[0])} ${round(Y(value))}H${round(ends[1])}`;
    }).join("");
  }

  // Markers where they do not run together; points without neighbours and hollow ones always have one.
  function points({ box }, line, runs) {
    const bare = line.points === false || line.seen.length * LEAST_SPACING > box.w;
    const size = line.seen.length > 40 ? 2 : 3.4;
    const [first, last] = [line.seen[0], line.seen.at(-1)];
    const full = [], hollow = [];
    for (const run of runs) {
      if (bare && run.length > 1 && !line.hollow.length) continue;
      for (const i of run) {
        if (i < first || i > last || (bare && run.length > 1 && !line.hollow[i])) continue;
        (line.hollow[i] ? hollow : full).push(marker(line.style, line.px[i], line.py[i], size));
      }
    }
    return { points: full.join(""), hollow: hollow.join("") };
  }

  function backdrop(picture) {
    const { svg } = window.stallhorn;
    const { box, X, Y, x, view, spec, font, taken } = picture;
    const nodes = [];
    const foot = box.top + box.h;
    const end = box.left + box.w;
    const upright = [...(spec.marks || []), ...(spec.guides || []).filter((each) => window.stallhorn.axes.isNumber(each.x))];
    const stems = upright.map((each) => X(x.toT(each.x))).filter((at) => at >= box.left && at <= end);
    for (const [count, from, to] of x.gaps) {
      const left = Math.max(box.left, X(from) + 4), right = Math.min(end, X(to) - 4);
      const [l, r] = right - left > 2 ? [left, right] : [Math.max(box.left, X(from)), Math.min(end, X(to))];
      if (r <= l) continue;
      nodes.push(svg("rect", { x: round(l), y: box.top, width: round(Math.max(1, r - l)), height: box.h, class: "gap" },
        svg("title", {}, `${count} commits not tested`)));
      const text = `${count} not tested`;
      const wide = widthOf(text, font) + 6;
      // In the middle, unless a mark's line runs through it.
      const middle = [(l + r) / 2, ...stems.flatMap((stem) => [stem + wide / 2 + 2, stem - wide / 2 - 2])].find((at) =>
        at - wide / 2 >= l && at + wide / 2 <= r && stems.every((stem) => Math.abs(stem - at) > wide / 2));
      if (middle !== undefined && taken.take(middle - wide / 2, foot - 16, wide, 13)) {
        picture.upon.push(svg("text", { x: round(middle), y: foot - 6, "text-anchor": "middle", class: "gap-label" }, text));
      }
    }
    const rows = new Taken();
    for (const [value, text] of box.labels) {
      const y = Y(value);
      if (!rows.take(0, y - 7, box.left, 14)) continue;
      nodes.push(svg("path", { d: `M${round(box.left)} ${round(y)}H${round(end)}`, class: "grid" }));
      nodes.push(svg("text", { x: round(box.left - 6), y: round(y + 4), "text-anchor": "end" }, text));
    }
    nodes.push(svg("path", { d: `M${round(box.left)} ${box.top}V${foot}H${round(end)}`, class: "axis" }));
    nodes.push(svg("text", { x: 2, y: 13, class: "axis-title" }, cut(picture.axis.title, picture.width - 4, font)));
    if (spec.x?.title && !box.strip) {
      nodes.push(svg("text", { x: round(end), y: box.height - 4, "text-anchor": "end", class: "axis-title" }, cut(spec.x.title, box.w, font)));
    }
    const room = Math.max(2, Math.floor(box.w / (x.kind === "commits" || x.kind === "time" ? 92 : 64)));
    const columns = new Taken();
    for (const [t, text, second] of x.ticks(view, room)) {
      const at = X(t);
      nodes.push(svg("path", { d: `M${round(at)} ${foot}v4`, class: "axis" }));
      const face = x.kind === "commits" ? picture.mono : font;
      const wide = Math.max(widthOf(text, face), box.dated ? widthOf(second || "", font) : 0);
      const centre = Math.min(Math.max(at, wide / 2 + 1), picture.width - wide / 2 - 1);
      if (!columns.take(centre - wide / 2 - 5, 0, wide + 10, 10)) continue;
      nodes.push(svg("text", { x: round(centre), y: foot + 16, "text-anchor": "middle", class: x.kind === "commits" ? "hash" : "" }, text));
      if (box.dated && second) nodes.push(svg("text", { x: round(centre), y: foot + 29, "text-anchor": "middle" }, second));
    }
    return nodes;
  }

  function ribbons(picture) {
    const { svg } = window.stallhorn;
    const { box, X, x, spec, font } = picture;
    return (spec.ribbons || []).flatMap((each) => {
      const left = Math.max(box.left, X(x.toT(each.from))), right = Math.min(box.left + box.w, X(x.toT(each.to)));
      if (!(right > left)) return [];
      const y = box.top - 17;
      const style = `s${(Number(each.style) || 0) % 6 + 1}`;
      const text = cut(String(each.text), right - left - 8, `600 ${font}`);
      return [
        { node: svg("rect", { x: round(left), y, width: round(right - left), height: 15, class: `ribbon ${style}` }, svg("title", {}, String(each.text))) },
        ...(text ? [{ node: svg("text", { x: round((left + right) / 2), y: y + 11.5, "text-anchor": "middle", class: `ribbon ${style}` }, text) }] : []),
      ];
    });
  }

  // Upright lines with words above them: the whole text, else its beginning, else a sign; whichever order says more.
  function marks(picture) {
    const { svg } = window.stallhorn;
    const { box, X, x, spec, view } = picture;
    const guided = (spec.guides || []).filter((each) => window.stallhorn.axes.isNumber(each.x)).map((each) => ({ ...each, tone: "guide" }));
    const seen = [...(spec.marks || []), ...guided].map((mark) => ({ mark, t: x.toT(mark.x), texts: (Array.isArray(mark.text) ? mark.text : [mark.text]).map(String) }))
      .filter(({ t }) => t >= view[0] - 1e-9 && t <= view[1] + 1e-9);
    const orders = [seen, seen.slice().reverse()].map((order) => arranged(picture, order));
    const said = orders.map((order) => order.reduce((sum, { placed, texts, mark }) => sum + (texts.includes(placed?.text) ? 1000 * weight(mark) : 0) + (placed?.text.length ?? 0), 0));
    const nodes = [];
    for (const { mark, t, texts, placed } of orders[said[1] > said[0] ? 1 : 0]) {
      const at = X(t);
      const tone = `mark ${/^[a-z]+$/.test(mark.tone || "") ? mark.tone : "tag"}`;
      if (!texts.includes(placed?.text)) picture.unsaid.push(texts[0]);
      const top = placed ? 20 + (placed.lane + 1) * box.lane : box.top - box.ribbon;
      nodes.push({ behind: true, node: svg("path", { d: `M${round(at)} ${round(top)}V${round(box.top + box.h)}`, class: `${tone} stem` }, svg("title", {}, texts[0])) });
      if (placed) nodes.push({ node: markText(mark, texts, placed, tone, 20 + (placed.lane + 0.5) * box.lane) });
    }
    return nodes;
  }

  // Changes of the code go before everything else that is marked.
  const weight = (mark) => (mark.tone === "slower" || mark.tone === "faster" ? 4 : 1);

  function markText(mark, texts, placed, tone, middle) {
    const { svg } = window.stallhorn;
    const label = svg("text", { x: round(placed.centre), y: round(middle + 4), "text-anchor": "middle", class: tone }, placed.text);
    if (!mark.href || !SAFE.test(mark.href)) return label;
    const area = svg("rect", { x: round(placed.centre - placed.wide / 2), y: round(middle - 12), width: round(placed.wide), height: 24, class: "target" });
    return svg("a", { href: mark.href, "aria-label": texts[0], class: "plot-mark" }, area, label);
  }

  // Each in the first lane that has room.
  function arranged({ X, box, width, font }, order) {
    const lanes = new Taken();
    const face = `600 ${font}`;
    return order.map((each) => {
      const at = X(each.t);
      const sign = /^[^\p{L}\p{N}]/u.exec(each.texts[0])?.[0];
      const shorter = [...each.texts, ...[160, 90].map((room) => cut(each.texts[0], room, face)), sign].filter(Boolean);
      for (const text of shorter) {
        const wide = Math.max(widthOf(text, face) + 8, each.mark.href ? 26 : 10);
        // Above its line, else beginning or ending there.
        for (const side of wide <= width ? [0, wide / 2 - 5, 5 - wide / 2] : []) {
          const centre = Math.min(Math.max(at + side, wide / 2 + 1), width - wide / 2 - 1);
          for (let lane = 0; lane < box.lanes; lane += 1) {
            // A line may not run through the texts in the lanes below.
            const below = box.lanes - lane - 1;
            if (!lanes.free(centre - wide / 2, lane * 20, wide, 10) || !lanes.free(at - 3, (lane + 1) * 20, 6, below * 20)) continue;
            lanes.boxes.push([centre - wide / 2, lane * 20, wide, 10], [at - 3, (lane + 1) * 20, 6, below * 20]);
            return { ...each, placed: { text, centre, wide, lane } };
          }
        }
      }
      return { ...each, placed: null };
    });
  }

  // Places on a path, from its end to its beginning.
  function along(path) {
    const places = [path.at(-1)];
    for (let i = path.length - 1; i > 0; i -= 1) {
      for (let part = 1; part <= 24; part += 1) places.push([0, 1].map((k) => path[i][k] + ((path[i - 1][k] - path[i][k]) * part) / 24));
    }
    return places;
  }

  // Whether a line or a point of the data runs through a box; of long lines only some points are looked at.
  function crossed({ lines, hidden }, left, top, width, height) {
    return lines.some((line) => !hidden.has(line.id) && line.seen.some((i, place) => {
      const before = line.seen[Math.max(0, place - 1)];
      if (Math.max(line.px[i], line.px[before]) < left || Math.min(line.px[i], line.px[before]) > left + width) return false;
      return [0, 0.2, 0.4, 0.6, 0.8, 1].some((part) => {
        const [x, y] = [line.px, line.py].map((each) => each[before] + (each[i] - each[before]) * part);
        return x > left - 5 && x < left + width + 5 && y > top - 5 && y < top + height + 5;
      });
    }));
  }

  function guides(picture, data) {
    const { svg } = window.stallhorn;
    const { box, X, Y, x, spec, font, taken } = picture;
    const nodes = [];
    for (const guide of spec.guides || []) {
      let path = null;
      if (guide.points) path = guide.points.map(([px, py]) => [X(x.toT(px)), Y(py)]).filter(([left, top]) => left === left && top === top);
      else if (window.stallhorn.axes.isNumber(guide.y)) {
        const side = (value, other) => (window.stallhorn.axes.isNumber(value) ? X(x.toT(value)) : other);
        path = [[side(guide.from, box.left), Y(guide.y)], [side(guide.to, box.left + box.w), Y(guide.y)]];
      }
      if (!path || path.length < 2) continue;
      data.prepend(svg("path", { d: `M${path.map(([left, top]) => `${round(left)} ${round(top)}`).join("L")}`, class: "guide" }));
      if (!guide.text) continue;
      const text = cut(String(guide.text), box.w * 0.7, font);
      const wide = widthOf(text, font) + 4;
      const inside = ([left, top]) => text && left >= box.left && left + wide <= box.left + box.w && top >= box.top && top + 13 <= box.top + box.h;
      const spots = along(path).flatMap(([left, top]) => [[left - wide - 2, top - 15], [left + 4, top + 3], [left - wide - 2, top + 3], [left + 4, top - 15]]).filter(inside);
      const free = spots.filter(([left, top]) => taken.free(left, top, wide, 13));
      const spot = free.find(([left, top]) => !crossed(picture, left, top, wide, 13)) || free[0];
      if (spot) {
        taken.take(spot[0], spot[1], wide, 13);
        nodes.push(svg("text", { x: round(spot[0] + 2), y: round(spot[1] + 10), class: "guide-label" }, text));
      } else picture.unsaid.push(String(guide.text));
    }
    return nodes;
  }

  window.stallhorn = Object.assign(window.stallhorn || {}, { drawing: { draw, swatch, marker, HEIGHTS } });
})();
