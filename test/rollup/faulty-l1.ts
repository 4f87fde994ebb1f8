import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What is wrong with an L1. `silent`: it takes requests and does not answer. `garbage`: it answers what cannot be.
 * `failing`: with errors. `behind`: every other answer is by a node that lacks the newest blocks.
 */
export type L1Fault = "none" | "silent" | "garbage" | "failing" | "behind";

interface Question {
  readonly method: string;
  readonly params?: readonly unknown[];
}

const LAG = 6;
const RUBBISH = [
  "<html>502 Bad Gateway</html>",
  '{"jsonrpc":"2.0","id":1,"result":',
  '{"jsonrpc":"2.0","id":1,"result":"0xzz"}',
  '{"jsonrpc":"2.0","id":1,"result":{"number":"0x1","hash":"0x12"}}',
  '{"jsonrpc":"2.0","id":1,"result":[1,2,3]}',
  "",
  "[]",
];

/** A real L1 behind an address that can go wrong. */
export class FaultyL1 {
  readonly #target: string;
  readonly #server: Server;
  readonly #held = new Set<ServerResponse>();
  #fault: L1Fault = "none";
  #count = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async open(target: string): Promise<FaultyL1> {
    const l1 = new FaultyL1(target);
    await new Promise<void>((resolve) => l1.#server.listen(0, "127.0.0.1", resolve));
    return l1;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on. Who waits for an answer is disconnected. */
  set(fault: L1Fault): void {
    this.#fault = fault;
    for (const response of this.#held) response.destroy();
    this.#held.clear();
  }

  async close(): Promise<void> {
    this.set("failing");
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const fault = this.#fault;
    if (fault === "silent") this.#held.add(response);
    else if (fault === "failing") response.writeHead(this.#count++ % 2 ? 500 : 429).end("no");
    else if (fault === "garbage") response.end(RUBBISH[this.#count++ % RUBBISH.length]);
    else response.end(await this.#forward(request.url ?? "/", body, fault === "behind" && this.#count++ % 2 === 0));
  }

  async #forward(path: string, body: string, isBehind: boolean): Promise<string> {
    if (body === "") return (await fetch(`${this.#target}${path}`)).text();
    const question = JSON.parse(body) as Question;
    if (!isBehind || !question.method.startsWith("eth_get")) return this.#ask(body);
    const newest = Number(JSON.parse(await this.#ask(askFor("eth_blockNumber"))).result) - LAG;
    const { params = [] } = question;
    const asked = params.map((value) => (value === "latest" ? `0x${newest.toString(16)}` : value));
    const { id } = JSON.parse(body) as { id: number };
    if (question.method === "eth_getBlockByNumber" && Number(asked[0]) > newest) {
      return JSON.stringify({ jsonrpc: "2.0", id, result: null });
    }
    return this.#ask(JSON.stringify({ ...question, jsonrpc: "2.0", id, params: asked }));
  }

  async #ask(body: string): Promise<string> {
    const headers = { "content-type": "application/json" };
    return (await fetch(this.#target, { method: "POST", headers, body })).text();
  }
}

const askFor = (method: string): string => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [] });
