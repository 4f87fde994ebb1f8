import { spawn } from "node:child_process";
import { join } from "node:path";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { NAMESPACE } from "./small-disk.ts";

/** Runs `diskFullRun` in a namespace of its own. Resolves to what it printed. @throws Error when it failed */
export function diskFull(times: number, seed: number, onOutput: (text: string) => void = () => {}): Promise<string> {
  const [command, ...flags] = NAMESPACE;
  const main = join(REPOSITORY, "test", "dist", "crash", "disk-full-main.js");
  const child = spawn(command!, [...flags, process.execPath, main, `${times}`, `${seed}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
    onOutput(chunk.toString());
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`the run on full disks ended with ${status}:\n${output}${errors}`));
    });
  });
}
