import { signJwt } from "@hyperion/rpc";

/** An error that the Engine API answered. */
export interface EngineFailure {
  readonly code: number;
  readonly message: string;
}

export interface EngineClient {
  /** The result; rejects with the error. */
  call<T>(method: string, ...params: readonly unknown[]): Promise<T>;
}

/** A consensus client's connection: a fresh token with every request. */
export const engineClient = (url: string, secret: Uint8Array): EngineClient => ({
  async call(method, ...params) {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${signJwt(secret, Math.floor(Date.now() / 1000))}`,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const answer = (await response.json()) as { result?: unknown; error?: EngineFailure };
    if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
    return answer.result as never;
  },
});
