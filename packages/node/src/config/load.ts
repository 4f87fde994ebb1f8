import { readFileSync } from "node:fs";
import type { z } from "zod";
import { type ConfigOption, describeOptions } from "./options.ts";

/** A configuration value that cannot be used: names where it came from and what would be right. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
  readonly shortMessage: string;

  constructor(shortMessage: string, options?: ErrorOptions) {
    super(shortMessage, options);
    this.shortMessage = shortMessage;
  }
}

export interface ConfigSources {
  /** Path of a JSON file; its absence is an error when given. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values of flags by option path joined with dots, as typed. */
  readonly flags: Readonly<Record<string, unknown>>;
}

type Tree = { [key: string]: unknown };

const setPath = (tree: Tree, path: readonly string[], value: unknown): void => {
  const [key, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key];
  const next: Tree = typeof child === "object" && child !== null ? (child as Tree) : {};
  tree[key] = next;
  setPath(next, rest, value);
};

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

const parsers: Readonly<Record<ConfigOption["type"], (text: string) => unknown>> = {
  string: (text) => text,
  number: (text) => (text.trim() === "" ? text : Number(text)),
  boolean: (text) => BOOLEANS[text] ?? text,
  list: (text) => text.split(",").filter((item) => item !== ""),
};

/** Turns text into the option's type; what does not fit stays text, so that the schema reports it. */
const parse = (option: ConfigOption, value: unknown): unknown =>
  typeof value === "string" ? parsers[option.type](value) : value;

const readFile = (path: string): Tree => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Tree;
    throw new SyntaxError("the top level is not an object");
  } catch (cause) {
    throw new ConfigError(`The configuration file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
};

/**
 * Merges defaults ← file ← environment (`HYPERION_*`) ← flags and validates the result.
 * @throws ConfigError naming every wrong value.
 */
export const loadConfig = <Schema extends z.ZodType>(schema: Schema, sources: ConfigSources): z.output<Schema> => {
  const options = describeOptions(schema);
  const tree = sources.file === undefined ? {} : readFile(sources.file);
  for (const option of options) {
    const fromEnv = sources.env[option.env];
    if (fromEnv !== undefined) setPath(tree, option.path, parse(option, fromEnv));
    const fromFlag = sources.flags[option.path.join(".")];
    if (fromFlag !== undefined) setPath(tree, option.path, parse(option, fromFlag));
  }
  const result = schema.safeParse(tree);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const option = options.find((candidate) => candidate.path.join(".") === issue.path.join("."));
    const where = option ? `${option.flag} (${option.env})` : issue.path.join(".") || "configuration";
    return `  ${where}: ${issue.message}`;
  });
  throw new ConfigError(
    `The configuration is not valid:\n${problems.join("\n")}\nRun with --help to see every option.`,
  );
};
