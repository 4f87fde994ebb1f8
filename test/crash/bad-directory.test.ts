import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { type CrashedNode, startNode } from "./crashed-node.ts";
import { hasNamespaces, NAMESPACE } from "./small-disk.ts";

const MAIN = join(REPOSITORY, "apps", "cli", "dist", "main.js");
const FLAGS = ["--no-l1", "--rpc-port", "0", "--inference-enabled", "false", "--sequencer-block-time-ms", "20"];
const STARTED_WITHIN_MS = 40_000;
/** So many that some have gone to the tables, for which they wait a second. */
const BLOCKS = 100;

interface Outcome {
  readonly status: number | null;
  /** What a person reads. */
  readonly text: string;
}

const directory = mkdtempSync(join(tmpdir(), "hyperion-bad-"));
/** As a killed node left it: everything durable is in the log or in the tables. */
const killed = join(directory, "killed");
let durable = 0;

beforeAll(async () => {
  // A clean end puts everything into the tables; what comes after it is in the log.
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    const wanted = durable + BLOCKS;
    const node = await startNode(killed, { onPersisted: (number) => (durable = number) });
    await until(() => durable >= wanted);
    await node.end(signal);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let copies = 0;
function copyOfKilled(): string {
  const copy = join(directory, `copy-${++copies}`);
  cpSync(killed, copy, { recursive: true });
  return copy;
}

/** `hyperion dev` as a person starts it, until it serves or ends. */
function dev(data: string): Promise<Outcome> {
  return untilSaid(spawn(process.execPath, [MAIN, "dev", "--data-dir", data, ...FLAGS]));
}

/** The same on a file system of its own, mounted at /mnt by a shell command. */
function devMounted(mount: string): Promise<Outcome> {
  const command = [process.execPath, MAIN, "dev", "--data-dir", "/mnt/data", ...FLAGS].join(" ");
  const [unshare, ...flags] = NAMESPACE;
  return untilSaid(spawn(unshare!, [...flags, "sh", "-c", `${mount} && exec ${command}`]));
}

function untilSaid(child: ChildProcess): Promise<Outcome> {
  let text = "";
  let stopped = false;
  return new Promise((resolve) => {
    const onText = (chunk: Buffer): void => {
      text += chunk;
      if (stopped || !text.includes("npm run demo")) return;
      stopped = true;
      child.kill("SIGINT");
    };
    child.stdout!.on("data", onText);
    child.stderr!.on("data", onText);
    const timer = setTimeout(() => child.kill("SIGKILL"), STARTED_WITHIN_MS);
    child.once("close", (status) => {
      clearTimeout(timer);
      resolve({ status, text });
    });
  });
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("hyperion dev says what is wrong with its folder, touches nothing, and ends with 1", () => {
  it("a second process", async () => {
    const data = copyOfKilled();
    const first = await startNode(data, { onPersisted: () => {} });
    const second = await dev(data);
    expect(second.status).toBe(1);
    expect(second.text).toMatch(/copy-\d+ is in use by process \d+: stop it or choose another data directory/);
    await first.ask([["eth_blockNumber", []]]);
    await first.end("SIGKILL");
  });

  it("a data file that lost its end", async () => {
    const data = copyOfKilled();
    truncateSync(join(data, "data.mdb"), 20_000);
    const { status, text } = await dev(data);
    expect(status).toBe(1);
    expect(text).toMatch(/data\.mdb is truncated: 20000 bytes of \d+; restore it or start with an empty directory/);
  });

  it("a data file that is gone", async () => {
    const data = copyOfKilled();
    rmSync(join(data, "data.mdb"));
    const { status, text } = await dev(data);
    expect(status).toBe(1);
    expect(text).toContain("data.mdb is missing or empty, but there is a log");
  });

  it("a file of another program", async () => {
    const data = copyOfKilled();
    writeFileSync(join(data, "data.mdb"), "SQLite format 3\0".repeat(1000));
    const { status, text } = await dev(data);
    expect(status).toBe(1);
    expect(text).toContain("data.mdb is not a database of this software");
  });

  it("a path that is a file", async () => {
    const data = join(directory, "file");
    writeFileSync(data, "");
    const { status, text } = await dev(data);
    expect(status).toBe(1);
    expect(text).toMatch(/cannot (create|write to) .*file.*: choose another data directory/);
  });

  it.skipIf(!hasNamespaces())("a read-only file system", async () => {
    const { status, text } = await devMounted("mount -t tmpfs -o ro tmpfs /mnt");
    expect(status).toBe(1);
    expect(text).toMatch(/read-only.*\n?.*--data-dir/i);
  });

  it.skipIf(!hasNamespaces())("a disk without room", async () => {
    for (const size of ["4k", "80k", "92k"]) {
      const { status, text } = await devMounted(`mount -t tmpfs -o size=${size} tmpfs /mnt`);
      expect(status).toBe(1);
      expect(text).toMatch(/no space left for .*make room|disk is full/);
    }
  });
});

describe("a node goes on from what is whole", () => {
  it("when the log lost its end, and says what it dropped", async () => {
    const data = copyOfKilled();
    const [segment] = readdirSync(join(data, "log")).sort().slice(-1);
    writeFileSync(join(data, "log", segment!), "torn", { flag: "a" });
    const { status, text } = await dev(data);
    expect(status).toBe(0);
    expect(text).toMatch(/Recovered +block \d+, \d+ records from the log, 4 torn bytes dropped/);
  });

  it("when the log has no first bytes, from the blocks in the tables", async () => {
    const data = copyOfKilled();
    for (const segment of readdirSync(join(data, "log"))) truncateSync(join(data, "log", segment), 3);
    const { status, text } = await dev(data);
    expect(status).toBe(0);
    expect(text).toMatch(/Recovered +block \d+, 0 records from the log, \d+ torn bytes dropped/);
    const verified = spawnSync(process.execPath, [MAIN, "db", "verify", "--data-dir", data], { encoding: "utf8" });
    expect(verified.stdout).toContain("whole");
  });
});

/** Moves the process's wall clock: SIGHUP a day ahead, SIGUSR2 a day back. */
const MOVABLE_CLOCK = `
  const now = Date.now;
  let days = 0;
  Date.now = () => now() + days * 86400000;
  process.on("SIGHUP", () => days++);
  process.on("SIGUSR2", () => days--);
`;

describe("a clock that jumps", () => {
  it("stops nothing and loses nothing, and timestamps never go back", async () => {
    const data = copyOfKilled();
    let last = 0;
    const preload = `--import=data:text/javascript,${encodeURIComponent(MOVABLE_CLOCK)}`;
    const node = await startNode(data, { onPersisted: (number) => (last = number) }, [preload]);
    const [from, to] = node.accounts;
    const send = (nonce: number): Promise<unknown[]> =>
      node.ask([
        ["eth_sendTransaction", [{ from, to, nonce: `0x${nonce.toString(16)}`, value: "0x1", gas: "0x5208" }]],
      ]);
    // Waits in the pool for the transaction before it.
    const [waiting] = await send(1);
    for (const signal of ["SIGHUP", "SIGUSR2", "SIGUSR2", "SIGHUP"] as const) {
      node.signal(signal);
      const reached = last + 5;
      await until(() => last >= reached);
    }
    await send(0);
    await until(() => last >= durable + 5);
    await receipt(node, waiting);
    await node.end("SIGKILL");
    const again = await startNode(data, { onPersisted: (number) => (last = number) });
    const stamps = await again.ask(
      Array.from(
        { length: last },
        (_, number) => ["eth_getBlockByNumber", [`0x${number.toString(16)}`, false]] as const,
      ),
    );
    const times = stamps.map((block) => Number((block as { timestamp: string }).timestamp));
    expect(times.slice(1).every((time, index) => time > times[index]!)).toBe(true);
    const reached = last + 5;
    await until(() => last >= reached);
    await receipt(again, waiting);
    await again.end("SIGKILL");
  }, 120_000);
});

async function receipt(node: CrashedNode, hash: unknown): Promise<void> {
  for (;;) {
    const [found] = await node.ask([["eth_getTransactionReceipt", [hash]]]);
    if (found) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
