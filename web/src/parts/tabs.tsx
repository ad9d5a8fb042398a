// Tabs as the authoring practices have them: arrows move, one tab stop.
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";

export function Tabs(p: { label: string; tabs: { name: string; body: () => ComponentChildren }[] }) {
  const [open, setOpen] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const next = (open + by + p.tabs.length) % p.tabs.length;
    setOpen(next);
    (list.current!.children[next] as HTMLElement).focus();
  };
  return (
    <section class="tabs">
      <div role="tablist" aria-label={p.label} ref={list} onKeyDown={move}>
        {p.tabs.map((t, i) => (
          <button key={t.name} type="button" role="tab" id={`${id}-t${i}`} aria-selected={i === open} tabIndex={i === open ? 0 : -1}
                  aria-controls={`${id}-p`} onClick={() => setOpen(i)}>{t.name}</button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-p`} aria-labelledby={`${id}-t${open}`} tabIndex={0}>{p.tabs[open]?.body()}</div>
    </section>
  );
}
