import type { ServerResponse } from "node:http";
import type { Headers } from "./exchange.ts";

/** Server-sent events on one answer. The head goes out with the first event. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #headers: Headers;
  readonly #maxBufferedBytes: number;

  /** A client that leaves more than `maxBufferedBytes` unread loses its connection. */
  constructor(response: ServerResponse, headers: Headers, maxBufferedBytes: number) {
    this.#response = response;
    this.#headers = headers;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  /** Sends one event; `json` has no line breaks. */
  send(json: string): void {
    const response = this.#response;
    if (response.writableEnded || response.destroyed) return;
    if (!this.begun) {
      response.writeHead(200, {
        ...this.#headers,
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
      });
    }
    if (response.writableLength > this.#maxBufferedBytes) response.destroy();
    else response.write(`data: ${json}\n\n`);
  }

  end(): void {
    this.#response.end();
  }
}
