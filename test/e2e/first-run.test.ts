import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";

const MAIN = join(REPOSITORY, "apps", "cli", "dist", "main.js");
const ATTEMPT_TIMEOUT_MS = 120_000;

/** Runs the command to its end, without a terminal. */
const attempt = (...args: string[]): { status: number | null; errors: string; output: string } => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    timeout: ATTEMPT_TIMEOUT_MS,
  });
  return { status, errors: stderr, output: stdout };
};

const directory = mkdtempSync(join(tmpdir(), "hyperion-first-run-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a running development chain", () => {
  let node: ChildProcess;
  let banner = "";
  const data = join(directory, "data");

  beforeAll(async () => {
    node = spawn(process.execPath, [MAIN, "dev", "--rpc-port", "0", "--data-dir", data]);
    await new Promise<void>((resolve, reject) => {
      node.once("exit", (code) => reject(new Error(`exited with ${code}:\n${banner}`)));
      node.stdout!.on("data", (chunk: Buffer) => {
        banner += chunk.toString();
        if (banner.includes("npm run demo")) resolve();
      });
    });
  });

  afterAll(() => void node.kill("SIGKILL"));

  it("prints where it listens, ten accounts with keys, the warning, the model and what to try", () => {
    expect(banner).toMatch(/Chain id +133777/);
    expect(banner).toMatch(/RPC +http:\/\/127\.0\.0\.1:\d+/);
    expect(banner).toMatch(/L1 +http:\/\/127\.0\.0\.1:\d+/);
    expect(banner).toMatch(/Bridge +0x[0-9a-fA-F]{40}/);
    expect(banner).toMatch(/WebSocket +ws:\/\/127\.0\.0\.1:\d+/);
    expect(banner.match(/0x[0-9a-fA-F]{40} {2}0x[0-9a-f]{64}/g)).toHaveLength(10);
    expect(banner).toContain("These keys are public");
    expect(banner).toMatch(/Model +[\d,]+ parameters, root 0x[0-9a-f]{64}/);
  });

  const demo =
    "runs the demo: deposit, prompt, answer, tokens, gas, time, the loan, and the withdrawal through every stage";
  // Three processes and two chains with clocks of their own: one of some twenty runs stopped early on a busy machine.
  it(demo, { timeout: 240_000, retry: 1 }, () => {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(banner)![0];
    const text = attempt("demo", "--rpc-url", url);
    expect(text.status).toBe(0);
    const labels = ["Prompt", "Answer", "Tokens", "Gas", "Time", "Executed", "Deposited", "Withdrawn"];
    for (const label of labels) expect(text.output).toContain(label);
    const again = attempt("demo", "--rpc-url", url, "--json");
    expect(again.errors + again.output).toContain('"stages"');
    const json = JSON.parse(again.output);
    expect(json.intent).toEqual({ tool: "lend", asset: "ETH", amount: "5", to: "" });
    expect(json.lent).toBe("5");
    expect(JSON.parse(json.answer)).toEqual({ tool: "lend", asset: "ETH", amount: "5" });
    expect(json.bridge).toMatchObject({ deposited: "2", withdrawn: "1" });
    expect(json.bridge.stages.at(-1)).toBe("finalized");
  });

  it("refuses a second process on the same data", () => {
    const second = attempt("dev", "--rpc-port", "0", "--data-dir", data);
    expect(second.status).toBe(1);
    expect(second.errors).toMatch(/in use by process \d+/);
  });

  it("stops cleanly on Ctrl-C and refuses to continue as another chain", async () => {
    const exited = new Promise((resolve) => node.once("exit", resolve));
    node.kill("SIGINT");
    expect(await exited).toBe(0);
    const other = attempt("dev", "--rpc-port", "0", "--data-dir", data, "--chain-id", "5");
    expect(other.status).toBe(1);
    expect(other.errors).toContain("another chain id");
  });
});

describe("what goes wrong says why and what to do", () => {
  it("a port in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { status, errors } = attempt("dev", "--in-memory", "--rpc-port", String(port));
    server.close();
    expect(status).toBe(1);
    expect(errors).toMatch(new RegExp(`Port ${port} is already in use.*--rpc-port`, "s"));
  });

  it.each([
    ["a folder that cannot exist", ["dev", "--data-dir", "/proc/hyperion"], /cannot create .*choose another/],
    ["a value of the wrong type", ["dev", "--rpc-port", "many"], /--rpc-port \(HYPERION_RPC_PORT\)/],
    ["an unknown flag", ["dev", "--prot", "1"], /unknown option.*--rpc-port|unknown option/s],
    ["an unknown command", ["start"], /unknown command.*--help/s],
    ["a model that is not there", ["dev", "--in-memory", "--inference-model", "/none"], /model \/none cannot be read/],
    ["a configuration that is not there", ["dev", "--config", "/none"], /configuration file \/none cannot be read/],
    ["no chain for the demo", ["demo", "--rpc-url", "http://127.0.0.1:1"], /No chain answers.*npm start/s],
  ])("%s", (_, args, message) => {
    const { status, errors } = attempt(...args);
    expect(status).toBe(1);
    expect(errors).toMatch(message);
    expect(errors).not.toContain("    at ");
  });

  it("a foreign file where the database should be", () => {
    const foreign = mkdtempSync(join(directory, "foreign-"));
    writeFileSync(join(foreign, "data.mdb"), Buffer.alloc(9000, 0x5a));
    const { status, errors } = attempt("dev", "--no-l1", "--rpc-port", "0", "--data-dir", foreign);
    expect(status).toBe(1);
    expect(errors).toContain("not a database of this software");
  });
});
