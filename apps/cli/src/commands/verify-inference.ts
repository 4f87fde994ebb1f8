import { readFileSync } from "node:fs";
import {
  type CallEvidence,
  createClassifier,
  createEngine,
  describeCall,
  differences,
  type Examiner,
  examineCall,
  isNetwork,
  readDefaultModel,
  readShapesModel,
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
    .option("--model <files...>", "model blobs besides those that ship with Hyperion", [])
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

interface Engines {
  /** Of both kinds, by root. */
  readonly byRoot: ReadonlyMap<string, Examiner>;
  readonly networks: ReadonlySet<string>;
  readonly defaultModel: Examiner;
}

const loadEngines = ({ model, build }: Flags): Engines => {
  const defaultModel = createEngine(readDefaultModel().bytes, build);
  const byRoot = new Map<string, Examiner>([[bytesToHex(defaultModel.id), defaultModel]]);
  const networks = new Set<string>();
  for (const blob of [readShapesModel().bytes, ...model.map((file) => new Uint8Array(readFileSync(file)))]) {
    const engine = isNetwork(blob) ? createClassifier(blob, build) : createEngine(blob, build);
    byRoot.set(bytesToHex(engine.id), engine);
    if (isNetwork(blob)) networks.add(bytesToHex(engine.id));
  }
  return { byRoot, networks, defaultModel };
};

const check = (claim: Claim, { byRoot, networks, defaultModel }: Engines): Verdict => {
  const input = hexToBytes(claim.input);
  const { form } = describeCall(input, hexToBytes(claim.output), claim.status !== 0);
  const verdictOf = (found: readonly string[]): Verdict => {
    return { form, model: claim.model, equal: found.length === 0, differences: found };
  };
  const engine = byRoot.get(claim.model);
  if (!engine) return verdictOf(["the model is not here: name its file with --model"]);
  const claimed: CallEvidence = { ...claim, gasUsed: BigInt(claim.gasUsed).toString() };
  const gas = BigInt(claim.gas);
  // A network asked for text is refused as a model that is not there, which any language model's engine does.
  const isMisused = networks.has(claim.model) && form !== "classifyImage";
  const computed = isMisused
    ? examineCall(defaultModel, input, gas)
    : examineCall(engine, input, gas, claim.registered);
  return verdictOf(differences(claimed, computed));
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
