/* By when it would have happened: the odds by each step to come, with their intervals. */
import { color, drawing, percent } from "./draw.js";

drawing("when", (rows, width) => {
  if (!rows.length) return null;
  const from = [{ days: 0, odds: 0, low50: 0, high50: 0, low90: 0, high90: 0 }, ...rows];
  return Plot.plot({
    width, height: 260, marginLeft: 48,
    x: { label: "days from now", grid: false },
    y: { label: null, grid: true, tickFormat: percent, domain: [0, Math.min(1, Math.max(0.1, ...rows.map((row) => row.high90)) * 1.05)] },
    marks: [
      Plot.areaY(from, { x: "days", y1: "low90", y2: "high90", fill: color("band90") }),
      Plot.areaY(from, { x: "days", y1: "low50", y2: "high50", fill: color("band50") }),
      Plot.lineY(from, { x: "days", y: "odds", stroke: color("odds"), strokeWidth: 2.5 }),
      Plot.ruleY([0], { stroke: color("line") }),
    ],
  });
});
