// Server-sent events over fetch: they carry an Authorization header, say where they ended, and are
// resumed by Last-Event-ID, so that nothing is lost and nothing told twice.
import type { SlipwayEvent } from "./types.ts";

/** Cuts a stream of text into messages; keeps what is not whole yet. */
export class MessageReader {
  private rest = "";

  /** The messages that `chunk` completes. A comment alone gives none. */
  push(chunk: string): { id: string | null; event: string; data: string }[] {
    this.rest += chunk;
    const out = [];
    for (let end; (end = this.rest.indexOf("\n\n")) >= 0; this.rest = this.rest.slice(end + 2)) {
      let id: string | null = null;
      let event = "message";
      const data: string[] = [];
      for (const line of this.rest.slice(0, end).split("\n")) {
        if (line.startsWith("id: ")) id = line.slice(4);
        else if (line.startsWith("event: ")) event = line.slice(7);
        else if (line.startsWith("data: ")) data.push(line.slice(6));
      }
      if (data.length > 0) out.push({ id, event, data: data.join("\n") });
    }
    return out;
  }
}

export interface Watching {
  /** The place to go on from; 0: the oldest event that is kept. */
  after: number;
  onEvent(event: SlipwayEvent): void;
  /** The stream stands. */
  onOpen?(): void;
  /** A sign of life every 15 s at least. */
  onBytes?(): void;
  signal?: AbortSignal;
}

/** One connection: resolves with the place reached when the other side ends it, throws when it breaks. */
export async function readEvents(response: Response, watching: Watching): Promise<number> {
  let place = watching.after;
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const messages = new MessageReader();
  watching.onOpen?.();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return place;
    watching.onBytes?.();
    for (const message of messages.push(value)) {
      const event = JSON.parse(message.data) as SlipwayEvent;
      // Without an id it is no place to resume from, and is never repeated.
      if (message.id !== null) {
        const seq = Number(message.id);
        if (seq <= place && event.type !== "events.gap") continue;
        place = seq;
        watching.after = seq;
      }
      watching.onEvent(event);
    }
  }
}
