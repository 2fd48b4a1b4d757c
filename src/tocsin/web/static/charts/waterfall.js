/* A change in log-odds as a waterfall: each part begins where the one above it ends. */
import { color, drawing } from "./draw.js";

drawing("waterfall", (rows, width) => {
  const parts = rows.filter((row) => typeof row.change === "number");
  if (!parts.length) return null;
  const short = (words) => (words.length > 34 ? `${words.slice(0, 33)}…` : words);
  const names = parts.map((row, place) => `${place} ${row.words}`);
  return Plot.plot({
    width, height: 34 + 26 * parts.length, marginLeft: Math.min(240, width / 2.2), marginRight: 44,
    x: { label: "log-odds", grid: true },
    y: { label: null, domain: names, tickFormat: (name) => short(name.replace(/^\d+ /, "")), tickSize: 0 },
    marks: [
      Plot.barX(parts, { y: (row, place) => names[place], x1: "begin", x2: "end", insetTop: 4, insetBottom: 4, fill: (row) => (row.row.classList.contains("still") ? color("line") : row.change > 0 ? color("bad") : color("good")), title: (row) => `${row.words}: ${row.change.toFixed(2)}` }),
      Plot.text(parts, { y: (row, place) => names[place], x: (row) => Math.max(row.begin, row.end), text: (row) => `${row.change > 0 ? "+" : "−"}${Math.abs(row.change).toFixed(2)}`, dx: 6, textAnchor: "start", fill: color("ink") }),
      Plot.ruleX([parts[0].begin], { stroke: color("soft"), strokeDasharray: "2 3" }),
    ],
  });
});
