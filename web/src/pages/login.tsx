// Where the agent does not know who asks: a token is shown once, a cookie that no script can read
// stands for it afterwards. A link may bring the token behind its `#`, which browsers do not send.
import { useEffect, useId, useState } from "preact/hooks";
import { Refused } from "../../client/index.ts";
import { client, link, me, refusal, signOut, tryNow } from "../data/link.ts";

export function Login() {
  const id = useId();
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);

  const enter = async (token: string) => {
    setBusy(true);
    setTrouble("");
    try {
      await client.signIn(token);
      tryNow();
    } catch (error) {
      setTrouble(error instanceof Refused ? error.message : "The agent does not answer; try again.");
    }
    setBusy(false);
  };

  useEffect(() => {
    const brought = location.hash.slice(1);
    if (!brought.startsWith("slp_")) return;
    history.replaceState(null, "", location.pathname);
    void enter(brought);
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
