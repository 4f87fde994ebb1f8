/** Loaded before a role's program (`node --import`): kills the process at the moment that the environment names. */
import { setTimeout } from "node:timers/promises";
import { Database } from "@hyperion/metisdb";
import { L1Client, L2Engine } from "@hyperion/rollup";
import { ScheduledOrdering } from "@hyperion/sequencer";
import type { KillMoment } from "./kill-moment.ts";

type Method = (...parameters: unknown[]) => unknown;

const CLASSES: Readonly<Record<string, { readonly prototype: object }>> = {
  Database,
  L1Client,
  L2Engine,
  ScheduledOrdering,
};

const moment = JSON.parse(process.env.HYPERION_TEST_KILL_AT!) as KillMoment;
let left = moment.skip ?? 0;

const isOver = (): boolean => left-- <= 0;

/** Until what was sent has left this machine's buffers. */
const SENDING_MS = 20;

/** Nothing of the program runs after this. */
const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

const [owner, method] = moment.call.split(".");
if (method === undefined) watchRequests();
else watchMethod(CLASSES[owner!]!.prototype as Record<string, Method>, method);

function watchMethod(prototype: Record<string, Method>, name: string): void {
  const original = prototype[name]!;
  prototype[name] = function (this: unknown, ...parameters: unknown[]): unknown {
    const isNow = isOver();
    if (isNow && moment.when === "before") die();
    const result = original.apply(this, parameters);
    if (!isNow) return result;
    if (moment.when === "during" || !(result instanceof Promise)) die();
    return (result as Promise<unknown>).then(die, die);
  };
}

function watchRequests(): void {
  const original = globalThis.fetch;
  globalThis.fetch = async (...parameters: Parameters<typeof fetch>): Promise<Response> => {
    const { body } = parameters[1] ?? {};
    if (typeof body !== "string" || !isTheCall(body)) return original(...parameters);
    if (moment.when === "before" && isOver()) die();
    const sending = original(...parameters);
    if (moment.when === "during" && isOver()) {
      await setTimeout(SENDING_MS);
      die();
    }
    const response = await sending;
    if (moment.when !== "after") return response;
    const { result } = (await response.clone().json()) as { result?: unknown };
    if ((!moment.answered || result) && isOver()) die();
    return response;
  };
}

function isTheCall(body: string): boolean {
  const { method: name } = JSON.parse(body) as { method?: string };
  return name === moment.call && body.includes(moment.containing ?? "");
}
