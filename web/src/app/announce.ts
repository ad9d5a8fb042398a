// What a screen reader is told of what happens by itself: states and verdicts, not every count.
import { signal } from "@preact/signals";
import { listen } from "../data/link.ts";

export const announcement = signal("");
const SPOKEN = /^(deployment\.(shifted|verdict|paused|resumed|promoted|rolling_back|rollback_failed|ended)|approval\.|alert\.)/;

listen({
  open: () => {},
  hear: (event) => {
    if (SPOKEN.test(event.type)) announcement.value = `${event.deployment ?? ""} ${event.text}`.trim();
  },
});
