import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** An error response. */
export class RpcError extends Error {
  readonly code = "RPC_ERROR";
  readonly data: unknown;

  constructor(message: string, data: unknown) {
    super(message);
    this.data = data;
  }
}

/** One JSON-RPC request over HTTP; throws `RpcError` for an error response. */
export async function rpc<T>(url: string, method: string, params: readonly unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string; data?: unknown } };
  if (error !== undefined) throw new RpcError(`${method}: ${error.message}`, error.data);
  return result;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Waits until a node that was just started answers; throws when its process ends instead. */
export async function answering(url: string, node: { readonly exitCode: number | null }): Promise<void> {
  for (;;) {
    if (node.exitCode !== null) throw new Error(`the node at ${url} exited with ${node.exitCode}`);
    try {
      await rpc(url, "eth_chainId", []);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
