// Static charts: the values at the pointer, or by arrow keys. Every chart is complete without this file.
"use strict";

(() => {
  for (const chart of document.querySelectorAll(".chart")) readable(chart);

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
