import { expect, it } from "vitest";
import { explain } from "./explain.ts";

const systemError = (code: string, extra: object = {}): Error => Object.assign(new Error(code), { code, ...extra });

it.each([
  [systemError("EADDRINUSE", { port: 8545 }), /Port 8545 is already in use\.\n.*--rpc-port/],
  [new Error("outer", { cause: systemError("EACCES", { path: "/data" }) }), /Permission denied: \/data/],
  [Object.assign(new Error("long"), { shortMessage: "short" }), /^short$/],
  [new Error("plain"), /^plain$/],
  ["text", /^text$/],
])("explains %s", (error, expected) => {
  expect(explain(error)).toMatch(expected);
});
