/* Share that came against what was stated: the isotonic curve, with the band in which a calibrated forecaster's lies. */
import { color, drawing, percent, rowsOf } from "./draw.js";

drawing("reliability", (rows, width, figure) => {
  const pools = rows.filter((row) => typeof row.rate === "number");
  if (!pools.length) return null;
  const band = rowsOf(figure.querySelector("table[data-band]")).filter((row) => typeof row.stated === "number");
  const size = Math.min(width, 480);
  const curve = pools.flatMap((row) => [{ x: row.low, y: row.rate }, { x: row.high, y: row.rate }]);
  return Plot.plot({
    width: size, height: size * 0.8, marginLeft: 52, marginBottom: 40,
    x: { label: "stated", domain: [0, 1], tickFormat: percent }, y: { label: "came", domain: [0, 1], grid: true, tickFormat: percent },
    marks: [
      Plot.areaY(band, { x: "stated", y1: "low", y2: "high", fill: color("band90") }),
      Plot.line([{ x: 0, y: 0 }, { x: 1, y: 1 }], { x: "x", y: "y", stroke: color("soft"), strokeDasharray: "3 3" }),
      Plot.line(curve, { x: "x", y: "y", stroke: color("odds"), strokeWidth: 2.5 }),
      Plot.dot(pools, { x: (row) => (row.low + row.high) / 2, y: "rate", r: (row) => 2 + Math.sqrt(row.windows), fill: color("odds"), fillOpacity: 0.45 }),
    ],
  });
});
