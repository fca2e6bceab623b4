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
    const lanes = marks ? (strip ? 1 : 2) : 0;
    const lane = linked ? 24 : 14;
    const ribbon = (spec.ribbons || []).length ? 18 : 0;
    const dated = model.x.kind === "commits" && !strip && model.x.commits.some((each) => window.stallhorn.axes.dayText(each.date));
    const top = 22 + lanes * lane + ribbon;
    const bottom = (dated ? 34 : 21) + (spec.x?.title && !strip ? 16 : 0);
    const labels = axis.ticks(strip ? 2 : 4).filter(([value]) => axis.at(value) >= -1e-9 && axis.at(value) <= 1 + 1e-9);
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
    const picture = { ...model, axis, box, X, Y, taken: new Taken(), unsaid: [] };
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
    return { ...picture, nodes: [...behind, ...over.filter((each) => each.behind).map((each) => each.node), inner, ...lines, ...over.filter((each) => !each.behind).map((each) => each.node)] };
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

  function exact({ X, Y }, line, runs) {
    let solid = "", dotted = "", band = "";
    const isDotted = (from, to) => line.dotted.some(([low, high]) => line.x[from] >= low && line.x[to] <= high);
    for (const run of runs) {
      let pen = "", top = "", bottom = "";
      run.forEach((i, place) => {
        const at = `${round(X(line.t[i]))} ${round(Y(line.v[i]))}`;
        if (place) {
          const is = line.dotted.length && isDotted(run[place - 1], i) ? "dotted" : "solid";
          const before = `${round(X(line.t[run[place - 1]]))} ${round(Y(line.v[run[place - 1]]))}`;
          const piece = (pen === is ? "L" : `M${before}L`) + at;
          if (is === "dotted") dotted += piece; else solid += piece;
          pen = is;
        }
      });
      // The interval of a point that stands alone is a bar.
      const wide = run.length === 1 ? 2 : 0;
      for (const side of wide ? [-wide, wide] : [0]) {
        for (const i of run) {
          const px = round(X(line.t[i]) + side);
          const known = line.lo[i] === line.lo[i] && line.hi[i] === line.hi[i];
          top += `${top ? "L" : "M"}${px} ${round(Y(known ? line.hi[i] : line.v[i]))}`;
          bottom = `L${px} ${round(Y(known ? line.lo[i] : line.v[i]))}${bottom}`;
        }
      }
      if (line.hasBand) band += `${top}${bottom}Z`;
    }
    return { solid, dotted, band };
  }

  function envelope({ X, Y }, line, runs) {
    let solid = "", band = "";
    for (const run of runs) {
      const columns = [];
      let now = null;
      for (const i of run) {
        const px = Math.floor(X(line.t[i]));
        if (!now || now.px !== px) columns.push((now = { px, least: Infinity, most: -Infinity, lo: Infinity, hi: -Infinity, first: line.v[i] }));
        now.least = Math.min(now.least, line.v[i]);
        now.most = Math.max(now.most, line.v[i]);
        now.lo = Math.min(now.lo, line.lo[i] === line.lo[i] ? line.lo[i] : line.v[i]);
        now.hi = Math.max(now.hi, line.hi[i] === line.hi[i] ? line.hi[i] : line.v[i]);
      }
      solid += columns.map((each, place) => `${place ? "L" : "M"}${each.px} ${round(Y(each.least))}L${each.px} ${round(Y(each.most))}`).join("");
      if (line.hasBand) {
        band += `M${columns.map((each) => `${each.px} ${round(Y(each.hi))}`).join("L")}L${columns.reverse().map((each) => `${each.px} ${round(Y(each.lo))}`).join("L")}Z`;
      }
    }
    return { solid, dotted: "", band };
  }

  function levels({ X, Y, x }, line) {
    return line.levels.map(([from, to, value]) => {
      const [left, right] = [X(x.toT(from)), X(x.toT(to))];
      const ends = right - left < 8 ? [left - 4, right + 4] : [left, right];
      return `M${round(ends[0])} ${round(Y(value))}H${round(ends[1])}`;
    }).join("");
  }

  // Markers where they do not run together; points without neighbours and hollow ones always have one.
  function points({ X, Y, box }, line, runs) {
    const crowded = line.points === false || (line.points !== true && line.seen.length * LEAST_SPACING > box.w);
    const tight = line.seen.length * LEAST_SPACING > box.w;
    const size = line.seen.length > 40 ? 2 : 3.4;
    const seen = new Set(line.seen);
    let full = "", hollow = "";
    for (const run of runs) {
      for (const i of run) {
        if (!seen.has(i) || (!line.hollow[i] && (crowded || tight) && run.length > 1)) continue;
        const shape = marker(line.style, X(line.t[i]), Y(line.v[i]), size);
        if (line.hollow[i]) hollow += shape; else full += shape;
      }
    }
    return { points: full, hollow };
  }

  function backdrop(picture) {
    const { svg } = window.stallhorn;
    const { box, X, Y, x, view, spec, font, taken } = picture;
    const nodes = [];
    const foot = box.top + box.h;
    const end = box.left + box.w;
    for (const [count, from, to] of x.gaps()) {
      const left = Math.max(box.left, X(from) + 4), right = Math.min(end, X(to) - 4);
      const [l, r] = right - left > 2 ? [left, right] : [Math.max(box.left, X(from)), Math.min(end, X(to))];
      if (r <= l) continue;
      nodes.push(svg("rect", { x: round(l), y: box.top, width: round(Math.max(1, r - l)), height: box.h, class: "gap" },
        svg("title", {}, `${count} commits not tested`)));
      const text = `${count} not tested`;
      const wide = widthOf(text, font);
      if (r - l >= wide + 4 && taken.take((l + r - wide) / 2, foot - 16, wide, 13)) {
        nodes.push(svg("text", { x: round((l + r) / 2), y: foot - 6, "text-anchor": "middle", class: "gap-label" }, text));
      }
    }
    let lowest = Infinity;
    const rows = new Taken();
    for (const [value, text] of box.labels) {
      const y = Y(value);
      nodes.push(svg("path", { d: `M${round(box.left)} ${round(y)}H${round(end)}`, class: "grid" }));
      if (rows.take(0, y - 7, box.left, 14)) nodes.push(svg("text", { x: round(box.left - 6), y: round(y + 4), "text-anchor": "end" }, text));
      lowest = Math.min(lowest, y);
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

  // Upright lines with words above them, in the first lane that has room: the whole text, else its beginning, else a sign.
  function marks(picture) {
    const { svg } = window.stallhorn;
    const { box, X, x, spec, view, width, font } = picture;
    const lanes = new Taken();
    const nodes = [];
    const given = [...(spec.marks || []), ...(spec.guides || []).filter((each) => window.stallhorn.axes.isNumber(each.x)).map((each) => ({ ...each, tone: "guide" }))];
    for (const mark of given) {
      const t = x.toT(mark.x);
      if (!(t >= view[0] - 1e-9 && t <= view[1] + 1e-9)) continue;
      const at = X(t);
      const tone = `mark ${/^[a-z]+$/.test(mark.tone || "") ? mark.tone : "tag"}`;
      const texts = (Array.isArray(mark.text) ? mark.text : [mark.text]).map(String);
      const face = `600 ${font}`;
      const shorter = [...texts, ...[160, 90].map((room) => cut(texts[0], room, face)), [...texts[0]][0] || "•"].filter(Boolean);
      let placed = null;
      for (const text of shorter) {
        const wide = Math.max(widthOf(text, face) + 8, mark.href ? 26 : 10);
        const centre = Math.min(Math.max(at, wide / 2 + 1), width - wide / 2 - 1);
        for (let lane = 0; lane < box.lanes && !placed && wide <= width; lane += 1) {
          if (lanes.take(centre - wide / 2, lane * 20, wide, 10)) placed = { text, centre, wide, lane };
        }
        if (placed) break;
      }
      const top = placed ? 20 + (placed.lane + 1) * box.lane - 2 : box.top - box.ribbon;
      nodes.push({ behind: true, node: svg("path", { d: `M${round(at)} ${round(top)}V${round(box.top + box.h)}`, class: `${tone} stem` }, svg("title", {}, texts[0])) });
      if (!placed) continue;
      const middle = 20 + placed.lane * box.lane + box.lane / 2;
      const label = svg("text", { x: round(placed.centre), y: round(middle + 4), "text-anchor": "middle", class: tone }, placed.text);
      if (mark.href && SAFE.test(mark.href)) {
        const area = svg("rect", { x: round(placed.centre - placed.wide / 2), y: round(middle - 12), width: round(placed.wide), height: 24, class: "target" });
        nodes.push({ node: svg("a", { href: mark.href, "aria-label": texts[0], class: "plot-mark" }, area, label) });
      } else nodes.push({ node: label });
    }
    return nodes;
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
      const spots = path.slice().reverse().flatMap(([left, top]) => [[left - wide - 2, top - 15], [left - wide - 2, top + 3], [left + 4, top - 15], [left + 4, top + 3]]);
      const spot = spots.find(([left, top]) => text && left >= box.left && left + wide <= box.left + box.w && top >= box.top && top + 13 <= box.top + box.h && taken.take(left, top, wide, 13));
      if (spot) nodes.push(svg("text", { x: round(spot[0] + 2), y: round(spot[1] + 10), class: "guide-label" }, text));
      else picture.unsaid.push(String(guide.text));
    }
    return nodes;
  }

  window.stallhorn = Object.assign(window.stallhorn || {}, { drawing: { draw, swatch, marker, HEIGHTS } });
})();
