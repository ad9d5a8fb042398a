// Where the agent does not know who asks: a token is shown once, a cookie that no script can read
// stands for it afterwards. A link brings one, or what is good once (`slipway dashboard`), behind its
// `#`, which browsers do not send.
import { useEffect, useId, useState } from "preact/hooks";
import { Refused } from "../../client/index.ts";
import { go, path } from "../app/place.ts";
import { client, link, me, refusal, signOut, tryNow } from "../data/link.ts";

export function Login() {
  const id = useId();
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);

  // `anew`: by a link, which may find somebody else signed in; nothing of what they read stays.
  const enter = async (token: string, anew = false) => {
    setBusy(true);
    setTrouble("");
    try {
      await client.signIn(token);
      if (anew) return location.replace("/");
      tryNow();
      if (path.value === "/login") go("/", true);
    } catch (error) {
      setTrouble(error instanceof Refused ? error.message : "The agent does not answer; try again.");
    }
    setBusy(false);
  };

  useEffect(() => {
    const brought = location.hash.slice(1);
    if (!/^(slp|once)_/.test(brought)) return;
    history.replaceState(null, "", location.pathname);
    void enter(brought, true);
  }, []);

  if (link.value !== "refused" && me.value) {
    return (
      <article class="approve-page login">
        <h1>{me.value.name}</h1>
        <p>{me.value.roles.map((r) => `${r.role}${r.environment ? ` in ${r.environment}` : ""}`).join(", ")}</p>
        <button type="button" onClick={() => void signOut()}>Sign out</button>
      </article>
    );
  }
  return (
    <article class="approve-page login">
      <h1>Sign in</h1>
      <form onSubmit={(e) => {
        e.preventDefault();
        const token = String(new FormData(e.currentTarget).get("token") ?? "").trim();
        if (token) void enter(token);
      }}>
        <label for={`${id}-token`}>Token</label>
        <input id={`${id}-token`} name="token" type="password" autoComplete="current-password" required spellcheck={false} />
        <p class="hint">An admin makes one: <code>slipway token create NAME --role ROLE</code></p>
        <p class="trouble" role="alert">{trouble}</p>
        <div class="row end"><button type="submit" class="primary" disabled={busy}>Sign in</button></div>
      </form>
      {!trouble && <p class="hint">{refusal.value}</p>}
    </article>
  );
}
