import { z } from "zod";

/** The JSON-Schema view of one configuration leaf. */
interface LeafSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, LeafSchema>>;
}

/** One configuration value as a person meets it: key in the file, environment variable, command-line flag. */
export interface ConfigOption {
  readonly path: readonly string[];
  readonly flag: string;
  readonly env: string;
  readonly type: "string" | "number" | "boolean" | "list";
  readonly choices?: readonly string[];
  readonly default: unknown;
  readonly description: string;
}

const TYPES: Readonly<Record<string, ConfigOption["type"]>> = {
  integer: "number",
  number: "number",
  boolean: "boolean",
  array: "list",
};

const kebab = (word: string): string => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const toOption = (path: readonly string[], leaf: LeafSchema): ConfigOption => {
  const words = path.map(kebab).join("-");
  return {
    path,
    flag: `--${words}`,
    env: `HYPERION_${words.replaceAll("-", "_").toUpperCase()}`,
    type: TYPES[leaf.type ?? ""] ?? "string",
    ...(leaf.enum ? { choices: leaf.enum } : {}),
    default: leaf.default,
    description: leaf.description ?? "",
  };
};

const leaves = (schema: LeafSchema, path: readonly string[]): ConfigOption[] =>
  schema.properties
    ? Object.entries(schema.properties).flatMap(([key, child]) => leaves(child, [...path, key]))
    : [toOption(path, schema)];

/** Every option of a configuration schema, in declaration order: the one source of flags, environment names and docs. */
export const describeOptions = (schema: z.ZodType): ConfigOption[] =>
  leaves(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as LeafSchema, []);
