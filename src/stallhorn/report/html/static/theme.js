// Runs before the page is drawn: the reader's choice of light or dark, and a mark that scripts run.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  try {
    const theme = localStorage.getItem("stallhorn-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Pages that are opened from disk have no storage in some browsers; the system's choice holds.
  }
})();
