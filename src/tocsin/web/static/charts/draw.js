/* Draws charts from the tables that stand behind them.
 *
 * <figure class="chart" data-chart="NAME"> holds a table whose column heads have data-key; what a cell means is its
 * data-value, or its text. The drawing of that name (see `drawing`) makes an SVG of the rows, which is put below the
 * caption. Where scripts do not run, the table is all there is; nothing is shown that it does not hold.
 */
const drawings = new Map();

/** Have figures of a name drawn by a function of their rows, their width in pixels and the figure. */
export function drawing(name, draw) {
  drawings.set(name, draw);
  if (document.readyState !== "loading") drawAll(document);
}

/** The rows of a table as objects by the keys of its columns; numbers and instants (ISO, as Date) where cells are so. */
export function rowsOf(table) {
  const keys = [...table.tHead.rows[table.tHead.rows.length - 1].cells].map((cell) => cell.dataset.key ?? "");
  return [...table.tBodies].flatMap((body) => [...body.rows]).map((row) => {
    const found = { row };
    [...row.cells].forEach((cell, place) => {
      if (keys[place]) found[keys[place]] = valueOf(cell);
    });
    return found;
  });
}

function valueOf(cell) {
  const text = cell.dataset.value ?? cell.textContent.trim();
  if (text === "") return null;
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text)) return new Date(text);
  return text;
}

/** A color of the theme, by the name of its token. */
export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** An axis of instants as the pages tell them: UTC, 24 hours, the day before the month. */
export const instants = { type: "utc", label: null, tickFormat: instant };

function instant(at) {
  const day = at.toISOString();
  if (day.slice(11, 16) !== "00:00") return day.slice(11, 16);
  if (day.slice(5, 10) === "01-01") return day.slice(0, 4);
  const month = at.toLocaleString("en", { month: "short", timeZone: "UTC" });
  return at.getUTCDate() === 1 ? month : `${at.getUTCDate()} ${month}`;
}

/** Percent for axes. */
export const percent = (value) => `${Math.round(value * 1000) / 10} %`;

function drawOne(figure) {
  const draw = drawings.get(figure.dataset.chart);
  const table = figure.querySelector("table");
  if (!draw || !table) return;
  const width = Math.max(280, Math.floor(figure.clientWidth));
  const svg = draw(rowsOf(table), width, figure);
  figure.querySelector(":scope > .plot")?.remove();
  if (!svg) return;
  const plot = document.createElement("div");
  plot.className = "plot";
  for (const style of svg.querySelectorAll("style")) style.remove(); // refused by the page's policy; ours has what it says
  if (svg.tagName === "style") return;
  for (const part of svg.querySelectorAll("[aria-label], [aria-description]")) {
    part.removeAttribute("aria-label"); // of parts of a picture, which the whole one names
    part.removeAttribute("aria-description");
  }
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${figure.querySelector("figcaption")?.textContent.trim() ?? "chart"}; the table below holds its numbers`);
  plot.append(svg);
  (figure.querySelector("figcaption") ?? table).after(plot);
  figure.dataset.drawn = width;
}

function drawAll(root) {
  for (const figure of root.querySelectorAll("figure[data-chart]")) drawOne(figure);
}

let waiting = 0;
function soon() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => drawAll(document));
}
addEventListener("DOMContentLoaded", soon);
addEventListener("tocsin:theme", soon);
addEventListener("resize", soon);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", soon);
document.addEventListener("htmx:after:swap", soon);
document.addEventListener("toggle", soon, true);
