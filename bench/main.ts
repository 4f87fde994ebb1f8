import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Benchmark, BenchResult, BenchRow, BenchTable } from "./benchmark.ts";
import { runUnder } from "./other-node.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  evm: () => import("./evm.ts"),
  jit: () => import("./jit.ts"),
  gigagas: () => import("./gigagas.ts"),
  parallel: () => import("./parallel.ts"),
  trie: () => import("./trie.ts"),
  tps: () => import("./tps.ts"),
  latency: () => import("./latency.ts"),
  infer: () => import("./infer.ts"),
  "infer-peer": () => import("./infer-peer.ts"),
  "infer-gas": () => import("./infer-gas.ts"),
  "tensor-gas": () => import("./tensor-gas.ts"),
  "infer-accuracy": () => import("./infer-accuracy.ts"),
  "db-read": () => import("./db-read.ts"),
  "db-commit": () => import("./db-commit.ts"),
  "db-recover": () => import("./db-recover.ts"),
  "db-large": () => import("./db-large.ts"),
  "l1-cost": () => import("./l1-cost.ts"),
  derive: () => import("./derive.ts"),
  bridge: () => import("./bridge.ts"),
  rv64: () => import("./rv64.ts"),
};

const USAGE = `Usage: npm run bench -- <name> [--json] [--quick] [--node VERSION]

Names: ${Object.keys(BENCHMARKS).join(", ")}

  --json    print the figures as JSON
  --quick   fewer rounds: rough figures, for a smoke test
  --node    run under another Node.js, such as 26; npm fetches its binary once`;

const { values, positionals } = commandLine();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const name = positionals[0] ?? "";
const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
if (load === undefined || positionals.length > 1) refuse(`there is no bench "${positionals.join(" ")}"`);
if (values.node !== undefined) process.exit(runUnder(values.node, process.argv.slice(1)));
const benchmark = await load();
const log = (line: string): void => console.error(line);
const result = await benchmark.run({ quick: values.quick, log });
const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
};
if (values.json) console.log(JSON.stringify({ name: benchmark.name, machine, ...result }, undefined, 2));
else print(benchmark, result);
// A peer's client may keep sockets or workers alive; everything worth waiting for is done.
process.exit(0);

function commandLine() {
  const options = {
    help: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    node: { type: "string" },
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(problem: string): never {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(2);
}

function print({ name, description }: Benchmark, { method, rows, summary, tables }: BenchResult): void {
  console.log(`${name}: ${description}`);
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}`,
  );
  console.log(`${method}\n`);
  printTable({ title: "", columns: ["workload", "Hyperion", "peer", "", "unit", "ratio"], rows: rows.map(cells) });
  for (const table of tables ?? []) printTable(table);
  for (const { label, ratio, target } of summary) {
    const verdict = target === undefined ? "" : `  (target ${target}×: ${ratio >= target ? "reached" : "missed"})`;
    console.log(`${label}: ${figure(ratio)}×${verdict}`);
  }
}

function cells({ workload, ours, peer, peerName, unit, ratio }: BenchRow): (string | number)[] {
  return [workload, ours, peer ?? "", peerName ?? "", unit, ratio === undefined ? "" : `${figure(ratio)}×`];
}

function printTable({ title, columns, rows }: BenchTable): void {
  const lines = [columns, ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? figure(cell) : cell)))];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  if (title !== "") console.log(title);
  for (const line of lines) {
    const padded = line.map((cell, column) => {
      const numeric = column > 0 && /^[\d.]/.test(lines[1]?.[column] ?? "");
      return numeric ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
    });
    console.log(padded.join("  ").trimEnd());
  }
  console.log("");
}

/** Three significant digits. */
function figure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return `${value}`;
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
