import { parentPort } from "node:worker_threads";
import { Kernel, presetConfig } from "@hyperion/kernel";

/** Transactions as `Kernel.identifySenders` takes them; the answer is what it returns. */
export type SenderTask = Uint8Array<ArrayBuffer>;

// Senders depend on no rule of a chain.
const config = presetConfig("Prague")!;
const kernel = await Kernel.create({ config, oracle: { preimage: () => undefined, blockHash: () => undefined } });

parentPort!.on("message", (task: SenderTask) => {
  const identities = kernel.identifySenders(task) as Uint8Array<ArrayBuffer>;
  parentPort!.postMessage(identities, [identities.buffer]);
});
