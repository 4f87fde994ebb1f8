import { type Logger, pino } from "pino";
import type { NodeConfig } from "./config/schema.ts";

/** Writes lines of JSON to standard error. */
export const createLogger = ({ level }: NodeConfig["log"]): Logger =>
  pino({ name: "hyperion", level }, pino.destination({ dest: 2, sync: true }));
