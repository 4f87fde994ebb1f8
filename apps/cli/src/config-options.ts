import { type ConfigOption, describeOptions, loadConfig } from "@hyperion/node";
import { type Command, Option } from "commander";
import type { z } from "zod";

/** Adds `--config` and one flag per leaf of the schema, with environment name and default in `--help`. */
export const addConfigOptions = (command: Command, schema: z.ZodType): void => {
  command.option("--config <file>", "JSON configuration file");
  for (const option of describeOptions(schema)) command.addOption(toFlag(option));
};

const toFlag = (option: ConfigOption): Option => {
  const placeholder = option.type === "boolean" ? "[true|false]" : `<${option.type}>`;
  const flag = new Option(
    `${option.flag} ${placeholder}`,
    `${option.description} (${describeDefault(option)}${option.env})`,
  );
  flag.attributeName = () => option.path.join(".");
  if (option.choices) flag.choices([...option.choices]);
  return flag;
};

const describeDefault = ({ default: value }: ConfigOption): string => {
  if (value === undefined) return "";
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return `default: ${text === "" ? "none" : text}, `;
};

/** Reads defaults ← file ← environment ← flags. @throws ConfigError */
export const readConfig = <Schema extends z.ZodType>(command: Command, schema: Schema): z.output<Schema> => {
  const { config: file, ...flags } = command.opts<Record<string, unknown>>();
  return loadConfig(schema, { ...(typeof file === "string" ? { file } : {}), env: process.env, flags });
};
