/* Declared ranges and what the evidence leaves of them, each in its own prior standard deviations. */
import { color, drawing } from "./draw.js";

drawing("ranges", (rows, width) => {
  if (!rows.length) return null;
  const scaled = rows.map((row) => {
    const middle = (row.prior_low + row.prior_high) / 2, sd = (row.prior_high - row.prior_low) / 3.29;
    const at = (value) => (value - middle) / sd;
    return { label: row.label, p0: at(row.prior_low), p1: at(row.prior_high), l0: at(row.low), l1: at(row.high), m: at(row.middle) };
  });
  return Plot.plot({
    width, height: 40 + 22 * scaled.length, marginLeft: Math.min(330, width / 2.1),
    x: { label: "prior standard deviations from the declared middle", grid: true },
    y: { label: null, domain: scaled.map((row) => row.label), tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: color("line") }),
      Plot.link(scaled, { y1: "label", y2: "label", x1: "p0", x2: "p1", stroke: color("band90"), strokeWidth: 9 }),
      Plot.link(scaled, { y1: "label", y2: "label", x1: "l0", x2: "l1", stroke: color("odds"), strokeWidth: 3 }),
      Plot.dot(scaled, { y: "label", x: "m", fill: color("odds"), r: 3.5 }),
    ],
  });
});
