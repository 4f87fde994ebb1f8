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

/** docs/configuration.md, from the schema. */
export const renderConfiguration = (schema: z.ZodType): string =>
  `${INTRODUCTION}${describeOptions(schema).map(row).join("\n")}\n`;
