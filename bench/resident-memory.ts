import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes of this process. */
export interface ResidentMemory {
  /** Resident and nobody's file. */
  readonly anonymous: number;
  /** Resident pages of mapped files, which the system takes back when it needs them. */
  readonly files: number;
  readonly heap: number;
  readonly buffers: number;
}

/** What is resident now; elsewhere than on Linux all kinds count as anonymous. */
export function residentMemory(): ResidentMemory {
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  if (process.platform !== "linux") return { anonymous: rss, files: 0, heap: heapUsed, buffers: arrayBuffers };
  const status = readFileSync("/proc/self/status", "utf8");
  const [anonymous, files] = ["RssAnon", "RssFile"].map(
    (kind) => Number(new RegExp(`${kind}:\\s+(\\d+) kB`).exec(status)![1]) * 1024,
  );
  return { anonymous: anonymous!, files: files!, heap: heapUsed, buffers: arrayBuffers };
}

/** As `residentMemory`, without what the collector had not got round to. */
export function residentWithoutGarbage(): ResidentMemory {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What the first leaves to finalisers goes with the second.
  collect();
  collect();
  return residentMemory();
}

export function difference(after: ResidentMemory, before: ResidentMemory): ResidentMemory {
  return {
    anonymous: after.anonymous - before.anonymous,
    files: after.files - before.files,
    heap: after.heap - before.heap,
    buffers: after.buffers - before.buffers,
  };
}
