import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { rpcReference } from "./reference.ts";

const PAGE = new URL("../../../docs/rpc.md", import.meta.url);

it("docs/rpc.md lists every method and setting (UPDATE_DOCS=1 rewrites it)", () => {
  if (process.env.UPDATE_DOCS) writeFileSync(PAGE, rpcReference());
  expect(readFileSync(PAGE, "utf8")).toBe(rpcReference());
});
