/* What we said of one scenario and horizon: a step line with its intervals, what was seen beside it, and the restated line. */
import { color, drawing, instants, percent, rowsOf } from "./draw.js";

drawing("history", (rows, width, figure) => {
  const stated = rows.filter((row) => row.at instanceof Date);
  if (!stated.length) return null;
  const last = stated[stated.length - 1];
  // What was said last holds until the instant that the page is of: the line goes on to it.
  const held = [...stated, { ...last, at: new Date(figure.dataset.until) }];
  const table = figure.querySelector("table[data-marks]");
  const marks = table ? rowsOf(table).filter((row) => row.day instanceof Date) : [];
  const happened = marks.filter((row) => row.value === null);
  const step = { x: "at", curve: "step-after" };
  return Plot.plot({
    width, height: 300, marginLeft: 48,
    x: instants,
    y: { label: null, grid: true, tickFormat: percent, domain: [0, Math.min(1, Math.max(0.1, ...stated.map((row) => row.high90)) * 1.08)] },
    marks: [
      Plot.areaY(held, { ...step, y1: "low90", y2: "high90", fill: color("band90") }),
      Plot.areaY(held, { ...step, y1: "low50", y2: "high50", fill: color("band50") }),
      Plot.lineY(held, { ...step, y: "odds", stroke: color("odds"), strokeWidth: 2.5 }),
      Plot.dot(stated, { x: "at", y: "odds", r: 3, fill: color("odds"), title: (row) => `${row.at.toISOString().slice(0, 16).replace("T", " ")} UTC: ${percent(row.odds)} (${percent(row.low90)} to ${percent(row.high90)}), ${row.status}` }),
      Plot.lineY(held.filter((row) => typeof row.restated === "number"), { ...step, y: "restated", stroke: color("prior"), strokeDasharray: "5 4", strokeWidth: 2 }),
      Plot.ruleX(happened, { x: "day", stroke: color("bad"), strokeWidth: 2, title: (row) => `${row.day.toISOString().slice(0, 10)}: ${row.indicator}` }),
      Plot.tickX(marks.filter((row) => row.value !== null), { x: "day", y: null, stroke: color("bad"), strokeOpacity: 0.55, insetTop: 224, strokeWidth: 1.5, title: (row) => `${row.day.toISOString().slice(0, 10)}: ${row.indicator}, ${row.value}` }),
      Plot.ruleY([0], { stroke: color("line") }),
    ],
  });
});
