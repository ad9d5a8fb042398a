// Both versions over time on one scale: stable a whole line, the candidate a dashed one, the limit a
// fine one, the shifts of traffic as upright lines with their share.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colours } from "../app/theme.ts";
import type { Columns } from "../logic/series.ts";

export interface ChartMark { at: number; label: string }
export interface ChartProps {
  title: string;
  names: [string, string];
  /** Variables of the style sheet; left out: stable and candidate. */
  inks?: [string, string];
  data: Columns;
  show: (x: number | null) => string;
  axis: (x: number) => string;
  limit?: number | null;
  limitText?: string;
  marks: ChartMark[];
  /** At least this much of the scale is shown. */
  least: number;
  most?: number;
  steps?: boolean;
  /** The scale counts from a beginning, and says so like this; left out: it is the time of day. */
  since?: (seconds: number) => string;
}

/** The colour that a variable of the style sheet has now. */
function ink(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function drawMarks(u: uPlot, p: () => ChartProps): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${10 * ratio}px ui-monospace, monospace`;
  ctx.lineWidth = ratio;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  let free = -Infinity;
  for (const mark of p().marks) {
    const x = Math.round(u.valToPos(mark.at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ink("--line-strong");
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const wide = ctx.measureText(mark.label).width;
    if (x + 3 * ratio < free || x + wide + 4 * ratio > bbox.left + bbox.width) continue;
    ctx.fillStyle = ink("--ink-2");
    ctx.fillText(mark.label, x + 3 * ratio, bbox.top + 10 * ratio);
    free = x + wide + 8 * ratio;
  }
  const limit = p().limit;
  if (limit !== null && limit !== undefined && limit <= (u.scales["y"]!.max ?? 0)) {
    const y = u.valToPos(limit, "y", true);
    ctx.strokeStyle = ink("--bad");
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

function optionsOf(p: () => ChartProps, width: number, onCursor: (i: number | null) => void): uPlot.Options {
  const font = "10px ui-monospace, 'DejaVu Sans Mono', monospace";
  const line = ink("--line");
  const axis = { stroke: ink("--ink-2"), font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  const paths = p().steps ? uPlot.paths.stepped!({ align: -1 }) : undefined;
  return {
    width, height: 150, legend: { show: false }, pxAlign: 1,
    padding: [8, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: p().since ? "compare" : "deployment" }, points: { size: 5 } },
    scales: {
      x: { time: !p().since },
      y: { range: (_u, _min, max) => [0, Math.min(p().most ?? Infinity, Math.max(p().least, (max ?? 0) * 1.15))] },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: (_u, ticks) => ticks.map(p().since ?? ((t) => new Date(t * 1000).toTimeString().slice(0, 8))) },
      { ...axis, size: 50, space: 34, values: (_u, ticks) => ticks.map((t) => p().axis(t)) },
    ],
    series: [
      {},
      { stroke: ink(p().inks?.[0] ?? "--stable"), width: 1.75, paths, points: { show: false }, spanGaps: false },
      { stroke: ink(p().inks?.[1] ?? "--candidate"), width: 2, dash: [6, 3], points: { show: false }, spanGaps: false },
    ],
    hooks: {
      draw: [(u) => drawMarks(u, p)],
      setCursor: [(u) => onCursor(u.cursor.idx ?? null)],
    },
  };
}

export function Chart(p: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(p);
  latest.current = p;
  const [at, setAt] = useState<number | null>(null);
  const scheme = colours.value;

  useEffect(() => {
    const place = box.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(() => latest.current, place.clientWidth, setAt), latest.current.data, place);
    };
    make();
    const watch = new ResizeObserver(() => {
      if (plot.current && place.clientWidth > 0) plot.current.setSize({ width: place.clientWidth, height: 150 });
    });
    watch.observe(place);
    return () => {
      watch.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(p.data), [p.data, p.limit, p.marks.length]);

  const last = p.data[0].length - 1;
  const i = at !== null && at <= last ? at : last;
  const shown = (side: 1 | 2) => p.show(i < 0 ? null : (p.data[side][i] ?? null));
  return (
    <figure class="chart">
      <figcaption>
        <b>{p.title}</b>
        <span class={`key ${p.inks ? "" : "stable-ink"}`}><i class="line whole" aria-hidden="true" />{p.names[0]} <output>{shown(1)}</output></span>
        <span class="key candidate-ink"><i class="line dashed" aria-hidden="true" />{p.names[1]} <output>{shown(2)}</output></span>
        {p.limitText && <span class="key limit-ink"><i class="line dotted" aria-hidden="true" />limit {p.limitText}</span>}
      </figcaption>
      <div class="plot" ref={box} role="img"
           aria-label={`${p.title} over time; now ${p.names[0]} ${shown(1)}, ${p.names[1]} ${shown(2)}`} />
    </figure>
  );
}
