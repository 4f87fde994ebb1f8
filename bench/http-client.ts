import type { Socket } from "node:net";
import { connect } from "node:net";

/**
 * One keep-alive HTTP/1.1 connection that posts JSON and reads one answer at a time. It exists because a load generator on
 * the same two cores must cost less than what it measures.
 */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #head: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve(body: string): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#head = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: `;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("close", () => this.#waiting?.reject(new Error("connection closed")));
  }

  static open(url: string): Promise<HttpConnection> {
    const { hostname, port, host } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new HttpConnection(socket, host)));
      socket.once("error", reject);
    });
  }

  post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(`${this.#head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const body = bodyOf(this.#received, end);
    if (body === undefined) return;
    this.#received = Buffer.alloc(0);
    this.#waiting?.resolve(body);
  }
}

/** The complete body behind the header that ends at `end`, or `undefined` while bytes are missing. */
function bodyOf(received: Buffer, end: number): string | undefined {
  const header = received.toString("latin1", 0, end);
  const start = end + 4;
  const length = /content-length: (\d+)/i.exec(header)?.[1];
  if (length !== undefined) {
    const finish = start + Number(length);
    return received.length < finish ? undefined : received.toString("utf8", start, finish);
  }
  if (received.toString("latin1", received.length - 5) !== "0\r\n\r\n") return undefined;
  return unchunk(received.subarray(start));
}

function unchunk(bytes: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (size === 0) return Buffer.concat(parts).toString("utf8");
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
