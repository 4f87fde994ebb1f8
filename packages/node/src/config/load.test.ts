import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, loadConfig } from "./load.ts";
import { describeOptions } from "./options.ts";

const schema = z.strictObject({
  chainId: z.int().min(1).default(7).describe("Chain id"),
  rpc: z
    .strictObject({
      maxBody: z.int().default(100).describe("Bytes"),
      cors: z.array(z.string()).default([]).describe("Origins"),
      open: z.boolean().default(false).describe("Open"),
    })
    .prefault({}),
});

const file = (content: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), "hyperion-config-")), "config.json");
  writeFileSync(path, content);
  return path;
};

describe("loadConfig", () => {
  it("lets flags win over environment over file over defaults", () => {
    const path = file('{"chainId": 1, "rpc": {"maxBody": 1, "cors": ["a"]}}');
    const env = { HYPERION_RPC_MAX_BODY: "2", HYPERION_RPC_OPEN: "true", HYPERION_RPC_CORS: "b,c" };
    expect(loadConfig(schema, { file: path, env, flags: { "rpc.maxBody": "3" } })).toEqual({
      chainId: 1,
      rpc: { maxBody: 3, cors: ["b", "c"], open: true },
    });
    expect(loadConfig(schema, { env: {}, flags: {} })).toEqual({
      chainId: 7,
      rpc: { maxBody: 100, cors: [], open: false },
    });
  });

  it.each([
    [{ HYPERION_CHAIN_ID: "many" }, "--chain-id (HYPERION_CHAIN_ID)"],
    [{ HYPERION_CHAIN_ID: "0" }, "--chain-id"],
    [{ HYPERION_RPC_OPEN: "perhaps" }, "--rpc-open"],
  ])("names the wrong value in %j", (env, where) => {
    expect(() => loadConfig(schema, { env, flags: {} })).toThrowError(ConfigError);
    expect(() => loadConfig(schema, { env, flags: {} })).toThrowError(where);
  });

  it.each(["[]", "{", '{"unknown": 1}'])("refuses the file %s", (content) => {
    expect(() => loadConfig(schema, { file: file(content), env: {}, flags: {} })).toThrowError(ConfigError);
  });

  it("describes every leaf with flag, environment name and default", () => {
    expect(describeOptions(schema).map((option) => [option.flag, option.env, option.type, option.default])).toEqual([
      ["--chain-id", "HYPERION_CHAIN_ID", "number", 7],
      ["--rpc-max-body", "HYPERION_RPC_MAX_BODY", "number", 100],
      ["--rpc-cors", "HYPERION_RPC_CORS", "list", []],
      ["--rpc-open", "HYPERION_RPC_OPEN", "boolean", false],
    ]);
  });
});
