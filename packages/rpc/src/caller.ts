import type { Subscriptions } from "./subscriptions.ts";

/** Who sent a request. */
export interface Caller {
  /** Only WebSocket connections can receive notifications. */
  readonly subscriptions?: Subscriptions;
  /** Aborts when the connection closes. */
  readonly signal?: AbortSignal;
  /** Sends a notification as JSON text ahead of the answer: WebSocket, and HTTP when events are accepted. */
  readonly notify?: ((text: string) => void) | undefined;
}
