// Where the agent does not know who asks. What it says is shown as it is; a form for tokens belongs
// here once it takes them.
import { refusal, tryNow } from "../data/link.ts";

export function Login() {
  return (
    <article class="approve-page login">
      <h1>Who are you?</h1>
      <p>{refusal.value || "The agent knows you: there is nothing to do here."}</p>
      <p class="hint">On the agent's own machine its own user needs nothing.</p>
      <button type="button" class="primary" onClick={tryNow}>Try again</button>
    </article>
  );
}
