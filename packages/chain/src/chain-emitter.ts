import { EventEmitter } from "node:events";
import type { ChainEvents } from "./api.ts";

/** The chain's event stream. Listeners run synchronously, in order, and must not throw. */
export class ChainEmitter extends EventEmitter<ChainEvents> {
  constructor() {
    super();
    // One listener per subscribed WebSocket client is normal.
    this.setMaxListeners(0);
  }
}
