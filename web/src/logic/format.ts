// Times, shares and counts as the command line writes them: "5 m 40 s", "0.12 %", "12,589".

function trimmed(x: number, decimals: number): string {
  const s = x.toFixed(decimals);
  return s.includes(".") ? s.replace(/\.?0+$/, "") : s;
}

/** Milliseconds as people read them; two units at most. */
export function span(ms: number): string {
  if (!(ms > 0)) return "0 s";
  if (ms < 1) return `${trimmed(ms, 2)} ms`;
  if (ms < 1000) return `${trimmed(ms, ms < 10 ? 1 : 0)} ms`;
  if (ms < 10_000) return `${trimmed(ms / 1000, 1)} s`;
  const s = Math.round(ms / 1000);
  const two = (a: number, big: string, b: number, small: string) => (b === 0 ? `${a} ${big}` : `${a} ${big} ${b} ${small}`);
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(Math.floor(s / 60), "m", s % 60, "s");
  if (s < 86_400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "m");
  return two(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

/** The largest unit alone: "2 h", "3 d". */
export function roughly(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} d`;
}

/** "57:03", "1:02:09", "2 d 3 h": a countdown keeps its width. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  if (s >= 86_400) return span(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  return h > 0 ? `${h}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** Basis points: 2490 → "24.9 %". */
export const share = (basisPoints: number | null | undefined): string =>
  basisPoints === null || basisPoints === undefined ? "–" : `${trimmed(basisPoints / 100, 1)} %`;

/** A fraction 0–1 with three digits: 0.0012 → "0.12 %". */
export function percent(fraction: number | null | undefined): string {
  if (fraction === null || fraction === undefined || !Number.isFinite(fraction)) return "–";
  const p = fraction * 100;
  if (p === 0) return "0 %";
  return `${trimmed(p, p >= 10 ? 1 : p >= 0.1 ? 2 : 4)} %`;
}

export const count = (n: number | null | undefined): string =>
  n === null || n === undefined ? "–" : Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ",");

export const millis = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? "–" : ms >= 1000 ? span(ms) : `${trimmed(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;

/** A metric's value by its unit. */
export const value = (x: number | null, unit: string): string =>
  x === null ? "–" : unit === "ms" ? millis(x) : unit === "fraction" ? percent(x) : trimmed(x, 3);

export const plural = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

const two = (n: number) => String(n).padStart(2, "0");
/** Wall time here: "10:08:48". */
export function time(at: string | null, withMillis = false): string {
  if (!at) return "–";
  const d = new Date(at);
  const s = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  return withMillis ? `${s}.${String(d.getMilliseconds()).padStart(3, "0")}` : s;
}
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** "21 Nov 10:08": the year only when it is another one. */
export function moment(at: string | null, now = Date.now()): string {
  if (!at) return "–";
  const d = new Date(at);
  const year = d.getFullYear() === new Date(now).getFullYear() ? "" : ` ${d.getFullYear()}`;
  return `${d.getDate()} ${MONTHS[d.getMonth()]}${year} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** A state or verb's word in prose: "rolled_back" → "rolled back". */
export const words = (word: string): string => word.replaceAll("_", " ");
