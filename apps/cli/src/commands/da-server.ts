import { createDaServer, type DaServer } from "@hyperion/rollup";
import { Command, InvalidArgumentError, Option } from "commander";
import { bold, green } from "../terminal/style.ts";

interface Flags {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly commitment: "keccak" | "generic";
  readonly maxBytes: number;
  readonly json: boolean;
}

/** `hyperion da-server`: keeps the batcher's payloads in a folder and serves them, until Ctrl-C. */
export const daServerCommand = (): Command =>
  new Command("da-server")
    .description("Keep batches outside of L1, for development: the alt-DA protocol of the OP Stack over one folder.")
    .option("--data-dir <folder>", "folder of the payloads; created when missing", ".hyperion/da")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .addOption(new Option("--port <number>", "port; 0 picks a free one").argParser(whole).default(3100))
    .addOption(
      new Option("--commitment <kind>", "what a payload is found by").choices(["keccak", "generic"]).default("keccak"),
    )
    .addOption(new Option("--max-bytes <number>", "largest payload").argParser(whole).default(16 * 1024 * 1024))
    .option("--json", "print one JSON object per event instead of text", false)
    .action(async ({ dataDir: folder, commitment: kind, json, ...rest }: Flags) => {
      const server = await createDaServer({ folder, kind, ...rest });
      const { url } = server;
      process.stdout.write(
        json
          ? `${JSON.stringify({ event: "ready", url })}\n`
          : `${bold("Alt-DA")} ${url} · payloads in ${folder} · Ctrl-C stops\n`,
      );
      await untilStopped(server);
      process.stdout.write(json ? `${JSON.stringify({ event: "stopped" })}\n` : `${green("Stopped.")}\n`);
    });

const untilStopped = async (server: DaServer): Promise<void> => {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await server.close();
};

const whole = (text: string): number => {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("a whole number is expected");
  return Number(text);
};
