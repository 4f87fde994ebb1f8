import {
  checkDatabase,
  describeDatabase,
  describeOptions,
  exportDatabase,
  importDatabase,
  nodeConfigSchema,
} from "@hyperion/node";
import { Command, InvalidArgumentError, Option } from "commander";
import { bytesToHex, type Hex, isHex } from "viem";
import { statusLine } from "../terminal/status-line.ts";
import { bold, green } from "../terminal/style.ts";

interface Flags {
  readonly dataDir: string;
  readonly json: boolean;
}

/** `hyperion db`: looks after a database that no node is using. */
export const dbCommand = (): Command =>
  new Command("db")
    .description("Look after the database of a stopped node.")
    .addCommand(verifyCommand())
    .addCommand(statCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand());

const verifyCommand = (): Command =>
  databaseCommand(
    "verify",
    "Rebuild every root from the state and compare; exit with 1 on the first difference.",
  ).action(async (flags: Flags) => {
    const report = await working("Checking the state", (onProgress) => checkDatabase(flags.dataDir, onProgress));
    const { difference } = report;
    if (difference) process.exitCode = 1;
    if (flags.json) return print(report);
    const counted = `${report.accounts} accounts, ${report.slots} slots, ${report.nodes} nodes`;
    const verdict = difference ? `${bold("Damaged:")} ${difference.description}` : green("The state is whole.");
    process.stdout.write(`${verdict}\n${rows({ Height: report.height, Root: report.root, Checked: counted })}`);
  });

const statCommand = (): Command =>
  databaseCommand("stat", "Print heights, sizes and counts.").action(async (flags: Flags) => {
    const report = await working("Reading", () => describeDatabase(flags.dataDir));
    if (flags.json) return print(report);
    const { stores, ...totals } = report;
    process.stdout.write(rows(totals));
    for (const [name, { entries, bytes }] of Object.entries(stores)) {
      process.stdout.write(rows({ [name]: `${entries} entries, ${bytes} bytes` }));
    }
  });

const exportCommand = (): Command =>
  databaseCommand("export", "Write a snapshot of a block's state, from which a new database can be made.")
    .argument("<file>", "file to write")
    .addOption(new Option("--height <number>", "block whose state is written (default: the newest)").argParser(height))
    .option("--deployment <file>", "take along the blocks from which a verifier of this rollup can derive on")
    .action(async (file: string, flags: Flags & { height?: bigint; deployment?: string }) => {
      const { height, deployment } = flags;
      const info = await working("Writing", (onProgress) =>
        exportDatabase(flags.dataDir, file, { height, deployment, onProgress }),
      );
      if (flags.json) return print({ file, ...info });
      process.stdout.write(rows({ File: file, ...info }));
    });

const importCommand = (): Command =>
  databaseCommand("import", "Make a database of a snapshot, in an empty folder; its root is computed anew.")
    .argument("<file>", "snapshot to read")
    .addOption(new Option("--root <hash>", "refuse a state with another root").argParser(root))
    .action(async (file: string, flags: Flags & { root?: Hex }) => {
      const info = await working("Importing", (onProgress) =>
        importDatabase(file, flags.dataDir, { root: flags.root, onProgress }),
      );
      if (flags.json) return print(info);
      process.stdout.write(rows({ Data: flags.dataDir, ...info }));
    });

const databaseCommand = (name: string, description: string): Command => {
  const dataDir = describeOptions(nodeConfigSchema).find(({ path }) => path.join(".") === "dataDir")!;
  return new Command(name)
    .description(description)
    .addOption(
      new Option("--data-dir <folder>", "folder of the database").env(dataDir.env).default(String(dataDir.default)),
    )
    .option("--json", "print one JSON object instead of text", false);
};

const height = (text: string): bigint => {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError("A block number is expected.");
  return BigInt(text);
};

const root = (text: string): Hex => {
  if (!isHex(text) || text.length !== 66) throw new InvalidArgumentError("A 32-byte hash in hex is expected.");
  return text;
};

/** Shows how much is done, where the work tells, and for how long it has been going on. */
const working = async <T>(step: string, work: (onProgress: (done: number) => void) => Promise<T>): Promise<T> => {
  const line = statusLine(process.stderr);
  const started = performance.now();
  let share = "";
  const show = (): void => line.update(`${step}… ${share}${((performance.now() - started) / 1000).toFixed(0)} s`);
  show();
  const timer = setInterval(show, 1000);
  try {
    return await work((done) => {
      share = `${Math.floor(done * 100)} % · `;
    });
  } finally {
    clearInterval(timer);
    line.clear();
  }
};

const plain = (_: string, value: unknown): unknown => {
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint8Array ? bytesToHex(value) : value;
};

const print = (report: object): void => void process.stdout.write(`${JSON.stringify(report, plain)}\n`);

const rows = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([label, value]) => `  ${label.padEnd(16)}${plain("", value)}\n`)
    .join("");
