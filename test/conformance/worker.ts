import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { WorkerContext } from "./context.ts";
import { matches } from "./filter.ts";
import type { CaseReport, FromWorker, Job, ToWorker, WorkerData } from "./messages.ts";
import type { Case, Verdict } from "./suite.ts";
import { SUITES } from "./suites/suites.ts";

const port = parentPort!;
const { suite: suiteName, filter, options } = workerData as WorkerData;
const suite = await SUITES[suiteName]!();
const context = new WorkerContext(options);
const send = (message: FromWorker): void => port.postMessage(message);

port.on("message", async (message: ToWorker) => {
  if (message.kind === "stop") {
    await context.close();
    process.exit(0);
  }
  await runFile(message.job);
  send({ kind: "ready" });
});
send({ kind: "ready" });

async function runFile(job: Job): Promise<void> {
  const cases = open(job);
  if (cases === undefined) return;
  for (const [index, test] of [...cases].entries()) {
    if (index < job.from || !matches(filter, job.label, test.name)) continue;
    send({ kind: "start", name: test.name, index });
    send({ kind: "done", report: report(test.name, await run(test)) });
  }
}

function open(job: Job): Iterable<Case> | undefined {
  const unreadable = (reason: string): undefined => {
    if (matches(filter, job.label, "")) send({ kind: "done", report: { name: "(file)", status: "skipped", reason } });
  };
  const text = readFileSync(job.path, "utf8");
  if (text.trim() === "") return unreadable("empty file");
  try {
    return suite.cases({ path: job.path, text }) ?? unreadable(`no ${suiteName} case in it`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return unreadable(
      text.startsWith("version https://git-lfs") ? "a Git LFS pointer, not its content" : "not valid JSON",
    );
  }
}

async function run(test: Case): Promise<Verdict> {
  try {
    return await test.run(context);
  } catch (error) {
    await context.dropKernels();
    const { name, message, stack } = error as Error;
    const details = (stack ?? "")
      .split("\n")
      .slice(1, 5)
      .map((line) => line.trim());
    return {
      reason: `threw ${name}: ${message.split("\n")[0]!.slice(0, 80)}`,
      expected: "an outcome",
      actual: message,
      details,
    };
  }
}

function report(name: string, verdict: Verdict): CaseReport {
  if (verdict === undefined) return { name, status: "passed" };
  if ("skip" in verdict) return { name, status: "skipped", reason: verdict.skip };
  if ("note" in verdict) return { name, status: "passed", reason: verdict.note };
  return { name, status: "failed", ...verdict };
}
