import type { Caller } from "./caller.ts";
import type { RpcContext } from "./context.ts";
import { RPC_CODES, RpcError } from "./errors.ts";
import {
  errorText,
  type IdText,
  idText,
  invalidRequest,
  isDeeperThan,
  NULL_ID,
  parseError,
  resultText,
} from "./json-rpc.ts";
import type { CostClass, Method, MethodTable } from "./methods/method.ts";
import { toRpcError } from "./problem.ts";

/** Text of the answer; `undefined` when there is nothing to answer (notifications). */
export type Answer = string | undefined;

/** Turns request bodies into response bodies. Never throws, never rejects. */
export class Dispatcher {
  readonly #context: RpcContext;
  readonly #methods: ReadonlyMap<string, Method>;

  constructor(context: RpcContext, methods: MethodTable) {
    this.#context = context;
    this.#methods = new Map(Object.entries(methods));
  }

  /** One HTTP body or WebSocket message. Synchronous when the method is. */
  handle(body: Buffer, caller: Caller): Answer | Promise<Answer> {
    if (isDeeperThan(body, this.#context.config.maxDepth)) {
      return errorText(NULL_ID, parseError("request is nested too deeply"));
    }
    let request: unknown;
    try {
      request = JSON.parse(body.toString("utf8"));
    } catch {
      return errorText(NULL_ID, parseError("parse error"));
    }
    return Array.isArray(request) ? this.#batch(request, caller) : this.#single(request, caller);
  }

  async #batch(requests: readonly unknown[], caller: Caller): Promise<Answer> {
    const { maxBatch, maxResponseBytes, requestTimeoutMs } = this.#context.config;
    if (requests.length === 0) return errorText(NULL_ID, invalidRequest("empty batch"));
    if (requests.length > maxBatch) return errorText(NULL_ID, invalidRequest("batch too large"));
    const deadline = performance.now() + requestTimeoutMs;
    const answers: string[] = [];
    let size = 0;
    let work = 0;
    for (const request of requests) {
      work += this.#weight(request);
      if (work >= TURN_WEIGHT) {
        work = 0;
        await nextTurn();
      }
      const exhausted =
        size > maxResponseBytes ? responseTooLarge() : performance.now() > deadline ? timedOut() : undefined;
      const answer = exhausted ? errorText(idOf(request), exhausted) : await this.#single(request, caller);
      if (answer === undefined) continue;
      answers.push(answer);
      size += answer.length;
    }
    return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
  }

  #weight(request: unknown): number {
    const name = typeof request === "object" && request !== null ? (request as { method?: unknown }).method : undefined;
    const row = typeof name === "string" ? this.#methods.get(name) : undefined;
    return row ? WEIGHTS[row.cost] : 1;
  }

  #single(request: unknown, caller: Caller): Answer | Promise<Answer> {
    if (typeof request !== "object" || request === null || Array.isArray(request)) {
      return errorText(NULL_ID, invalidRequest("invalid request"));
    }
    const { jsonrpc, id, method, params } = request as Record<string, unknown>;
    const isNotification = id === undefined;
    const idJson = isNotification ? NULL_ID : idText(id);
    if (idJson === undefined) return errorText(NULL_ID, invalidRequest("invalid id"));
    if (jsonrpc !== "2.0" || typeof method !== "string") return errorText(idJson, invalidRequest("invalid request"));
    const answer = this.#invoke(idJson, method, params, caller);
    if (!isNotification) return answer;
    return typeof answer === "string" ? undefined : answer.then(() => undefined);
  }

  #invoke(id: IdText, name: string, params: unknown, caller: Caller): string | Promise<string> {
    const row = this.#methods.get(name);
    if (!row) return errorText(id, methodNotFound(name));
    if (params !== undefined && params !== null && !Array.isArray(params)) {
      return errorText(id, new RpcError(RPC_CODES.invalidParams, "non-array args"));
    }
    const finish = this.#context.metrics?.start(name);
    try {
      const result = row.invoke(this.#context, caller, (params ?? []) as unknown[]);
      if (result instanceof Promise) return this.#settle(id, name, result, finish);
      finish?.(true);
      return this.#success(id, result);
    } catch (error) {
      finish?.(false);
      return errorText(id, this.#problem(name, error));
    }
  }

  async #settle(id: IdText, name: string, pending: Promise<unknown>, finish?: (ok: boolean) => void): Promise<string> {
    try {
      const result = await withTimeout(pending, this.#context.config.requestTimeoutMs);
      finish?.(true);
      return this.#success(id, result);
    } catch (error) {
      finish?.(false);
      return errorText(id, this.#problem(name, error));
    }
  }

  #success(id: IdText, result: unknown): string {
    const text = JSON.stringify(result ?? null);
    if (text.length > this.#context.config.maxResponseBytes) return errorText(id, responseTooLarge());
    return resultText(id, text);
  }

  /** Unexpected errors are logged with their stack; the caller learns only that something went wrong. */
  #problem(name: string, error: unknown): RpcError {
    const known = toRpcError(error);
    if (known) return known;
    this.#context.logger.error({ err: error, method: name }, "JSON-RPC method failed");
    return new RpcError(RPC_CODES.internal, "internal error");
  }
}

/** How much of a batch is answered before other connections get a turn. */
const TURN_WEIGHT = 64;

const WEIGHTS: Readonly<Record<CostClass, number>> = { cheap: 1, read: 2, write: 8, wait: 8, execute: 16, trace: 64 };

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const idOf = (request: unknown): IdText =>
  typeof request === "object" && request !== null ? (idText((request as { id?: unknown }).id) ?? NULL_ID) : NULL_ID;

const responseTooLarge = (): RpcError => new RpcError(RPC_CODES.responseTooLarge, "response too large");

const timedOut = (): RpcError => new RpcError(RPC_CODES.timeout, "request timed out");

const methodNotFound = (name: string): RpcError =>
  new RpcError(
    RPC_CODES.methodNotFound,
    `the method ${name.length > 64 ? `${name.slice(0, 64)}…` : name} does not exist/is not available`,
  );

const withTimeout = <T>(pending: Promise<T>, milliseconds: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timedOut()), milliseconds);
    const settle =
      <V>(conclude: (value: V) => void) =>
      (value: V): void => {
        clearTimeout(timer);
        conclude(value);
      };
    pending.then(settle(resolve), settle(reject));
  });
