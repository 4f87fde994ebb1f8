import type { z } from "zod";
import { type ConfigOption, describeOptions } from "./options.ts";

const INTRODUCTION = `# Configuration

Every setting has a default. A JSON file (\`--config FILE\`, nested keys as in the first column) overrides defaults, environment variables
override the file, flags override both. \`hyperion dev --help\` prints the same list.

| key | flag | environment | default | meaning |
|---|---|---|---|---|
`;

const code = (text: string): string => `\`${text}\``;

const row = (option: ConfigOption): string => {
  const choices = option.choices ? ` (${option.choices.join(", ")})` : "";
  const cells = [
    code(option.path.join(".")),
    code(option.flag),
    code(option.env),
    code(JSON.stringify(option.default)),
    `${option.description}${choices}`,
  ];
  return `| ${cells.join(" | ")} |`;
};

const ROLES_INTRODUCTION = `
## Verifier and sequencer

Besides those above that they share (\`jit\`, \`execution\`, \`database\`, \`inference\`, \`rpc\`, \`log\`; a sequencer also \`pool\`), with other defaults for
\`dataDir\` and \`inMemory\`:

| key | flag | environment | default | meaning | of |
|---|---|---|---|---|---|
`;

/** Settings that only roles have, once each, with the roles that have them. */
const roleRows = (base: readonly ConfigOption[], roles: Readonly<Record<string, z.ZodType>>): string[] => {
  const rows = new Map<string, string[]>();
  const known = new Set(base.map(({ path }) => path.join(".")));
  for (const [role, schema] of Object.entries(roles)) {
    for (const option of describeOptions(schema)) {
      if (known.has(option.path.join("."))) continue;
      const text = row(option);
      rows.set(text, [...(rows.get(text) ?? []), role]);
    }
  }
  return [...rows].map(([text, names]) => `${text} ${names.join(", ")} |`);
};

/** docs/configuration.md, from the schemas of the node and of a rollup's roles. */
export const renderConfiguration = (schema: z.ZodType, roles: Readonly<Record<string, z.ZodType>>): string => {
  const options = describeOptions(schema);
  return `${INTRODUCTION}${options.map(row).join("\n")}\n${ROLES_INTRODUCTION}${roleRows(options, roles).join("\n")}\n`;
};
