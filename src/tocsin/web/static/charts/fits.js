/* R-hat of each fit over time, against the limit of the gate. */
import { color, drawing, instants } from "./draw.js";

drawing("fits", (rows, width) => {
  const known = rows.filter((row) => row.at instanceof Date && typeof row.rhat === "number");
  if (known.length < 2) return null;
  return Plot.plot({
    width, height: 160, marginLeft: 56,
    x: instants, y: { label: null, grid: true, domain: [1, Math.max(1.012, ...known.map((row) => row.rhat))] },
    marks: [
      Plot.ruleY([1.01], { stroke: color("bad"), strokeDasharray: "4 4" }),
      Plot.dot(known, { x: "at", y: "rhat", r: 4, fill: (row) => (row.verdict === "accepted" ? color("odds") : color("bad")), symbol: (row) => (row.verdict === "accepted" ? "circle" : "times"), stroke: (row) => (row.verdict === "accepted" ? "none" : color("bad")), title: (row) => `${row.verdict}: R-hat ${row.rhat}` }),
    ],
  });
});
