// Numbers with their units: the same texts as stallhorn/units.py, report/sentence.py and report/html/words.py.
"use strict";

(() => {
  const SCALES = {
    seconds: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]],
    bytes: [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]],
  };
  const missing = (value) => value === null || value === undefined || Number.isNaN(value);

  // toFixed rounds ties up, Python to even.
  function fixed(value, digits) {
    const tie = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs((value * 10 ** digits) % 1) === 0.5;
    if (!tie) return value.toFixed(digits);
    const below = Math.floor(value * 10 ** digits);
    return ((below % 2 ? below + 1 : below) / 10 ** digits).toFixed(digits);
  }

  function significant(value) {
    const size = Math.abs(value);
    if (size < 0.9995) return fixed(value, 3);
    if (size >= 99.95) return fixed(value, 0);
    return fixed(value, size >= 9.995 ? 1 : 2);
  }

  // A whole number that lies between two of so many digits, moved to the even one.
  function even(value, digits) {
    const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(value))) - digits + 1);
    if (step === 1 || Math.abs(value % step) !== step / 2) return value;
    const below = Math.floor(value / step);
    return (below % 2 ? below + 1 : below) * step;
  }

  // "%.<digits>g"
  function general(value, digits = 4) {
    if (value === 0) return "0";
    const [mantissa, power] = even(value, digits).toExponential(digits - 1).split("e");
    const stripped = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    const exponent = Number(power);
    if (exponent >= -4 && exponent < digits) return stripped(fixed(value, digits - 1 - exponent));
    return stripped(mantissa) + "e" + (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(2, "0");
  }

  function scale(value, unit) {
    const scales = SCALES[unit];
    if (!scales) return [1, unit];
    return scales.find(([factor]) => Math.abs(value) >= factor * 0.9995) || scales.at(-1);
  }

  function quantity(value, unit) {
    if (missing(value)) return "not measured";
    const scales = SCALES[unit];
    if (!scales) return general(value) + " " + unit;
    if (value === 0) return "0 " + (unit === "seconds" ? "s" : "B");
    const [factor, symbol] = scale(value, unit);
    return significant(value / factor) + " " + symbol;
  }

  function interval(low, high, unit) {
    if (missing(low) || missing(high)) return "no interval";
    const [factor, symbol] = scale(Math.max(Math.abs(low), Math.abs(high)), unit);
    if (!SCALES[unit]) return general(low) + " to " + general(high) + " " + unit;
    if (low && high && Math.min(Math.abs(low), Math.abs(high)) < 0.1 * factor) {
      return quantity(low, unit) + " to " + quantity(high, unit);
    }
    const written = (value) => (value === 0 ? "0" : significant(value / factor));
    return written(low) + " to " + written(high) + " " + symbol;
  }

  function times(value) {
    return (value < 9.995 ? fixed(value, 2) : value < 99.95 ? fixed(value, 1) : count(fixed(value, 0))) + "x";
  }

  function ratio(value, unit = "seconds") {
    if (missing(value) || value <= 0) return "not comparable";
    const [more, less] = unit === "seconds" ? ["slower", "faster"] : ["larger", "smaller"];
    return value >= 1 ? times(value) + " " + more : times(1 / value) + " " + less;
  }

  function percent(value) {
    if (missing(value)) return "";
    if (value >= 2 || value < 0.5) return (value >= 100 ? fixed(value, 0) : general(value, 3)) + "x";
    const change = (value - 1) * 100;
    return ((change < 0 ? "" : "+") + fixed(change, 1)).replace("-", "\u2212") + "\u00a0%";
  }

  const count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

  (window.stallhorn ||= {}).format = { quantity, interval, ratio, percent, count, scale, significant, general, fixed };
})();
