// What stands around every screen: where one is, what waits, whether the page hears the agent.
import { useEffect, useRef } from "preact/hooks";
import { approvals } from "../data/fleet.ts";
import { link, me, tryNow } from "../data/link.ts";
import { announcement } from "./announce.ts";
import { keysOn, known, setKeys, useKeys } from "./keys.ts";
import { go, screen } from "./place.ts";
import { nextTheme, theme } from "./theme.ts";
import { ActDialog } from "../parts/act.tsx";
import { ReleaseDialog } from "../parts/release.tsx";
import { Approvals, Approve } from "../pages/approve.tsx";
import { Compare } from "../pages/compare.tsx";
import { Deployment } from "../pages/deployment.tsx";
import { Dora } from "../pages/dora.tsx";
import { Explain } from "../pages/explain.tsx";
import { Fleet } from "../pages/fleet.tsx";
import { History } from "../pages/history.tsx";
import { Login } from "../pages/login.tsx";

const NAV = [["/", "Fleet", "fleet"], ["/history", "History", "history"], ["/approvals", "Approvals", "approvals"], ["/dora", "Delivery", "dora"]] as const;
const THEME = { auto: "as the system", light: "light", dark: "dark" } as const;

function LinkState() {
  const state = link.value;
  const says = { live: "live", connecting: "connecting", lost: "agent away, trying", refused: "not let in" }[state];
  return (
    <span class={`link link-${state}`} role="status"><i aria-hidden="true" />{says}
      {state === "lost" && <button type="button" class="small" onClick={tryNow}>now</button>}</span>
  );
}

function KeyList(p: { open: { current: (() => void) | null } }) {
  const dialog = useRef<HTMLDialogElement>(null);
  p.open.current = () => dialog.current?.showModal();
  return (
    <dialog ref={dialog} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">{known.value.map((k) => <div key={k.key}><dt><kbd>{k.key === " " ? "space" : k.key}</kbd></dt><dd>{k.says}</dd></div>)}</dl>
      <label class="choice"><input type="checkbox" checked={keysOn.value} onChange={(e) => setKeys(e.currentTarget.checked)} /> keys of a single letter are heard</label>
      <form method="dialog" class="row end"><button class="primary">Close</button></form>
    </dialog>
  );
}

function Screen() {
  const s = screen.value;
  if (link.value === "refused") return <Login />;
  switch (s.name) {
    case "fleet": return <Fleet />;
    case "deployment": return <Deployment key={s.id} id={s.id} />;
    case "explain": return <Explain key={s.id} id={s.id} />;
    case "approve": return <Approve key={s.id} id={s.id} />;
    case "history": return <History />;
    case "compare": return <Compare />;
    case "approvals": return <Approvals />;
    case "dora": return <Dora />;
    case "login": return <Login />;
    case "nothing": return <p class="empty">There is nothing at {s.path}. <a href="/">The fleet</a></p>;
  }
}

const TITLE: Record<string, string> = { fleet: "Fleet", history: "History", approvals: "Approvals", dora: "Delivery", compare: "Compare", login: "Sign in", nothing: "Nothing here" };

export function Shell() {
  const keys = useRef<(() => void) | null>(null);
  const s = screen.value;
  useEffect(() => {
    const name = "id" in s ? `#${s.id}${s.name === "deployment" ? "" : ` ${s.name}`}` : TITLE[s.name];
    document.title = `${name} · Slipway`;
  }, [s]);
  useKeys([
    { key: "g f", says: "go to the fleet", does: () => go("/") },
    { key: "g h", says: "go to the history", does: () => go("/history") },
    { key: "g a", says: "go to the approvals", does: () => go("/approvals") },
    { key: "g d", says: "go to delivery", does: () => go("/dora") },
    { key: "?", says: "these keys", does: () => keys.current?.() },
  ], []);
  const waiting = approvals.value.length;
  return (
    <>
      <a class="skip" href="#main">To the content</a>
      <header class="top">
        <a class="wordmark" href="/"><svg viewBox="0 0 32 22" aria-hidden="true"><path class="hull" d="M0 4h14L28 18v2H14L0 9z" /><path class="deck" d="M0 4h14l6 6H6z" /></svg>Slipway</a>
        <nav aria-label="screens">
          {NAV.map(([to, says, name]) => (
            <a key={to} href={to} aria-current={s.name === name ? "page" : undefined}>{says}
              {name === "approvals" && waiting > 0 && <span class="badge">{waiting}<span class="sr"> waiting</span></span>}</a>
          ))}
        </nav>
        <LinkState />
        {me.value && me.value.via === "session" && <a class="small" href="/login" aria-label={`signed in as ${me.value.name}`}>{me.value.name}</a>}
        <button type="button" class="small plain" onClick={nextTheme} aria-label={`colours: ${THEME[theme.value]}; change`} title={`colours: ${THEME[theme.value]}`}>
          <span aria-hidden="true">{theme.value === "auto" ? "◐" : theme.value === "dark" ? "●" : "○"}</span></button>
        <button type="button" class="small plain keys-button" onClick={() => keys.current?.()} aria-label="keys">?</button>
      </header>
      <main id="main" tabIndex={-1} class={`screen-${s.name}`}><Screen /></main>
      <p class="sr" role="status" aria-live="polite">{announcement.value}</p>
      <ActDialog />
      <ReleaseDialog />
      <KeyList open={keys} />
    </>
  );
}
