import { readFileSync } from "node:fs";
import {
  type CallEvidence,
  createEngine,
  describeCall,
  differences,
  type Engine,
  examineCall,
  readDefaultModel,
} from "@hyperion/inference";
import { Command } from "commander";
import { bytesToHex, createPublicClient, type Hex, hexToBytes, http, keccak256, parseTransaction } from "viem";
import { z } from "zod";
import { dim } from "../terminal/style.ts";

const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x([0-9a-f]{2})*$/.test(value));
const quantity = z.string().regex(/^0x[0-9a-f]{1,16}$/);

/** The part of hyp_getInference's answer that is checked. */
const answerSchema = z.object({
  calls: z.array(
    z.object({
      model: hex,
      registered: z.boolean(),
      input: hex,
      gas: quantity,
      output: hex,
      status: z.int(),
      gasUsed: quantity,
      stateRoot: hex.nullable(),
      layers: z.array(hex),
    }),
  ),
});
type Claim = z.output<typeof answerSchema>["calls"][number];

interface Verdict {
  readonly form: string;
  readonly model: Hex;
  readonly equal: boolean;
  readonly differences: readonly string[];
}

interface Flags {
  readonly rpcUrl: string;
  readonly model: readonly string[];
  readonly build: "simd" | "scalar";
  readonly json: boolean;
}

/** `hyperion verify-inference`: computes what models said in a transaction again, and compares. */
export const verifyInferenceCommand = (): Command =>
  new Command("verify-inference")
    .description(
      "Compute every inference of a transaction again, on this machine, and compare with what a node claims.",
    )
    .argument("<transaction>", "hash of a sealed transaction")
    .option("--rpc-url <url>", "node that is asked what was computed", "http://127.0.0.1:8545")
    .option("--model <files...>", "model blobs besides the one that ships with Hyperion", [])
    .option("--build <build>", "engine to use: simd, or scalar as in fault proofs", "simd")
    .option("--json", "print one JSON object instead of text", false)
    .action(async (transaction: string, flags: Flags) => {
      const verdicts = await verify(transaction as Hex, flags);
      const equal = verdicts.every((verdict) => verdict.equal);
      process.stdout.write(flags.json ? `${JSON.stringify({ equal, calls: verdicts })}\n` : describe(verdicts));
      if (!equal) process.exitCode = 1;
    });

const verify = async (transaction: Hex, flags: Flags): Promise<Verdict[]> => {
  const client = createPublicClient({ transport: http(flags.rpcUrl) });
  const answer: unknown = await client.request({ method: "hyp_getInference" as never, params: [transaction] as never });
  const { calls } = answerSchema.parse(answer);
  const engines = loadEngines(flags);
  const verdicts = calls.map((call) => check(call, engines));
  return [...verdicts, ...(await checkTransaction(client, transaction, calls))];
};

const loadEngines = ({ model, build }: Flags): ReadonlyMap<string, Engine> => {
  const blobs = [readDefaultModel().bytes, ...model.map((file) => new Uint8Array(readFileSync(file)))];
  const engines = blobs.map((blob) => createEngine(blob, build));
  return new Map(engines.map((engine) => [bytesToHex(engine.id), engine]));
};

const check = (claim: Claim, engines: ReadonlyMap<string, Engine>): Verdict => {
  const input = hexToBytes(claim.input);
  const { form } = describeCall(input, hexToBytes(claim.output), claim.status !== 0);
  const engine = engines.get(claim.model);
  if (!engine) {
    const missing = ["the model is not here: name its file with --model"];
    return { form, model: claim.model, equal: false, differences: missing };
  }
  const claimed: CallEvidence = { ...claim, gasUsed: BigInt(claim.gasUsed).toString() };
  const found = differences(claimed, examineCall(engine, input, BigInt(claim.gas), claim.registered));
  return { form, model: claim.model, equal: found.length === 0, differences: found };
};

const PRECOMPILE = "0x0000000000000000000000000000000000000999";

/** A transaction to the precompile itself names the calldata: its hash binds it, whatever the node says. */
const checkTransaction = async (
  client: ReturnType<typeof createPublicClient>,
  hash: Hex,
  [call]: readonly Claim[],
): Promise<Verdict[]> => {
  const raw: Hex = await client.request({ method: "debug_getRawTransaction" as never, params: [hash] as never });
  if (keccak256(raw) !== hash) {
    return [{ form: "transaction", model: "0x", equal: false, differences: ["the node gave another transaction"] }];
  }
  const { to, data = "0x" } = parseTransaction(raw);
  if (to?.toLowerCase() !== PRECOMPILE || data === call?.input) return [];
  return [{ form: "transaction", model: "0x", equal: false, differences: ["the node left out or changed the call"] }];
};

const describe = (verdicts: readonly Verdict[]): string => {
  if (verdicts.length === 0) return "  The transaction called no model.\n";
  const lines = verdicts.map(({ form, model, equal, differences: found }, i) => {
    const head = `  ${i + 1}. ${form.padEnd(14)}${equal ? "equal" : "DIFFERENT"}  ${dim(model)}\n`;
    return head + found.map((difference) => `     ${difference}\n`).join("");
  });
  return lines.join("");
};
