import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { ModelError, type ModelErrorCode } from "./errors.ts";
import { decodeHeader, type ModelHeader } from "./model-blob.ts";
import { isNetwork } from "./network-blob.ts";
import { type AnswerRequest, encodeRequest, type Finish, RequestError } from "./request.ts";

/** Result of a generation: text as bytes of UTF-8 pieces, and tokens generated with the end token. */
export interface Generation {
  readonly text: string;
  readonly tokens: number;
}

/** One more token of an answer. */
export interface AnswerStep {
  /** Bytes that it adds to the text; characters of UTF-8 may be divided. */
  readonly added: Uint8Array;
  /** Bytes of the text now: at a stop, what was added before may be cut off. */
  readonly length: number;
  /** Choices made so far, that of an end token included. */
  readonly tokens: number;
  /** Present with the last step. */
  readonly finish?: Finish;
}

/** An answer in the making. Nothing else may be asked of its engine until it has ended or is given up. */
export interface Answer {
  readonly promptTokens: number;
  next(): AnswerStep;
}

export interface PrecompileOutcome {
  /** 0 success, 1 revert, 2 out of gas. */
  readonly status: number;
  readonly output: Uint8Array;
  readonly gasLeft: bigint;
}

/** A call of the precompile with what every layer computed. */
export interface Evidence extends PrecompileOutcome {
  /** Per layer a hash of its results at all positions (docs/spec/inference.md, "Evidence"); none when no layer ran. */
  readonly layers: readonly Uint8Array[];
}

/** Runs calls of the precompile anew. */
export interface Examiner {
  /** As the precompile 0x…0999, computed anew and recorded. */
  examine(calldata: Uint8Array, gas: bigint): Evidence;
}

/** The kernel's inference engine over one model, outside a chain. Not re-entrant. */
export interface Engine extends Examiner {
  /** 32-byte root of the blob. */
  readonly id: Uint8Array;
  readonly header: ModelHeader;
  /** Whether the model is small enough to be called from transactions (docs/spec/inference.md, "Precompile"). */
  readonly callable: boolean;
  /** Greedy continuation; `undefined` when the prompt leaves no room in the context. */
  generate(prompt: string, maxTokens?: number): Generation | undefined;
  /**
   * Begins an answer without the limits of transactions; token by token it is what `complete` of IInference.sol gives.
   * Throws `RequestError`.
   */
  answer(request: AnswerRequest): Answer;
  /** The direction of a text, as `embed` of IInference.sol, and its tokens. Throws `RequestError`. */
  embed(text: string): { readonly vector: Int16Array; readonly tokens: number };
  /** Token ids of the prompt inside the model's template; `undefined` when too long. */
  tokenize(prompt: string): number[] | undefined;
  /** One position, from 0 upwards; returns the next token. `logits` then holds [vocab] in Q16. */
  forward(token: number, position: number): number;
  logits(): Int32Array;
  /** Runs `tokens` from position 0, many at a time; as `forward` of one after the other. */
  read(tokens: readonly number[]): number;
  /** Gas due for reading a prompt of `bytes` bytes, and for `positions` passes with `steps` choices of a token. */
  readingGas(bytes: number): bigint;
  decodingGas(positions: number, steps: number): bigint;
  /** The precompile 0x…0999 on raw calldata. */
  precompile(calldata: Uint8Array, gas: bigint): PrecompileOutcome;
  /**
   * Shares the matrices out among this thread and `threads` − 1 others, until `close`. Changes no bit. Build `simd` only;
   * worth it from some ten million parameters on.
   */
  useThreads(threads: number): Promise<void>;
  /** Lets other threads end. */
  close(): void;
}

/** What running the precompile takes, over models of any architecture. */
export interface PrecompileExports {
  inferenceInput(length: number): number;
  inferencePrecompile(length: number, gas: bigint): number;
  inferenceGasLeft(): bigint;
  inferenceOutput(): number;
  inferenceOutputLength(): number;
  beginEvidence(): void;
  endEvidence(): void;
  evidencePasses(): number;
  evidenceChains(): number;
}

interface EngineExports extends PrecompileExports {
  allocateModel(length: number): number;
  loadModel(blob: number, length: number): number;
  modelId(): number;
  modelIsCallable(): number;
  inferenceGenerate(length: number, limit: number): number;
  inferenceText(): number;
  inferenceTextLength(): number;
  inferenceBegin(length: number, plain: number): number;
  inferenceSchemaPosition(): number;
  inferenceContinue(): number;
  inferenceAnswerTokens(): number;
  inferenceFinish(): number;
  inferenceEmbed(length: number): number;
  inferenceVector(): number;
  inferenceForward(token: number, position: number): number;
  inferenceRead(count: number): number;
  inferenceLogits(): number;
  formTeam(helpers: number): number;
  dismissTeam(): void;
  inferenceTokenize(length: number): number;
  inferenceTokens(): number;
  inferenceReadingGas(length: number): bigint;
  inferenceDecodingGas(positions: number, steps: number): bigint;
}

/** Builds of the engine: `simd` is what nodes run, `scalar` what the fault-proof program runs. Same bits. */
export type EngineBuild = "simd" | "scalar";

/** As in build.mjs. */
const MAXIMUM_PAGES = 49152;
const FILES: Record<EngineBuild, string> = { simd: "../dist/engine.wasm", scalar: "../dist/engine-scalar.wasm" };
const HELPER = new URL("../dist/engine-helper.js", import.meta.url);
const modules = new Map<EngineBuild, WebAssembly.Module>();

/** The engine's STATUS codes after 0 (infer/model.ts). */
const STATUS: readonly (readonly [ModelErrorCode, string])[] = [
  ["FORMAT", "not a model blob of a known version, architecture and tokenizer"],
  ["SHAPE", "a dimension is out of its limits"],
  ["LENGTH", "the length is not the one that the header implies"],
  ["TOKENIZER", "the pieces or token ids are not valid"],
  ["RANGE", "a number is out of its range"],
];

const FINISH: readonly Finish[] = ["end", "length", "stop", "no token"];

/** Loads a model blob. Throws `ModelError` when the engine refuses it. */
export function createEngine(blob: Uint8Array, build: EngineBuild = "simd"): Engine {
  const { core, memory } = instantiateEngine<EngineExports>(build);
  if (isNetwork(blob)) throw new ModelError("FORMAT", "the blob is a network over images, not a language model");
  loadInto(core, memory, blob);
  const encoder = new TextEncoder();
  const copy = (at: number, length: number): Uint8Array => new Uint8Array(memory.buffer, at, length).slice();
  const write = (input: Uint8Array): boolean => {
    const at = core.inferenceInput(input.length);
    if (at !== 0) new Uint8Array(memory.buffer).set(input, at);
    return at !== 0;
  };
  const header = decodeHeader(blob);
  const helpers: Worker[] = [];

  return {
    id: copy(core.modelId(), 32),
    header,
    callable: core.modelIsCallable() !== 0,
    generate(prompt, maxTokens = 64) {
      const bytes = encoder.encode(prompt);
      const tokens = write(bytes) ? core.inferenceGenerate(bytes.length, maxTokens) : 0;
      if (tokens === 0) return undefined;
      return { text: Buffer.from(copy(core.inferenceText(), core.inferenceTextLength())).toString("utf8"), tokens };
    },
    answer(request) {
      const encoded = encodeRequest(request);
      if (!write(encoded)) throw tooLong(encoded.length);
      const promptTokens = core.inferenceBegin(encoded.length, request.plain ? 1 : 0);
      if (promptTokens < 0) throw refusal(core, promptTokens, header);
      let before = 0;
      return {
        promptTokens,
        next() {
          const goesOn = core.inferenceContinue() !== 0;
          const length = core.inferenceTextLength();
          const added = copy(core.inferenceText() + Math.min(before, length), Math.max(0, length - before));
          before = length;
          const step = { added, length, tokens: core.inferenceAnswerTokens() };
          return goesOn ? step : { ...step, finish: FINISH[core.inferenceFinish()]! };
        },
      };
    },
    embed(text) {
      const bytes = encoder.encode(text);
      if (!write(bytes)) throw tooLong(bytes.length);
      const tokens = core.inferenceEmbed(bytes.length);
      if (tokens < 0) throw refusal(core, tokens, header);
      return { vector: new Int16Array(memory.buffer, core.inferenceVector(), header.dim).slice(), tokens };
    },
    tokenize(prompt) {
      const bytes = encoder.encode(prompt);
      const count = write(bytes) ? core.inferenceTokenize(bytes.length) : header.context;
      return count < header.context ? [...new Uint32Array(memory.buffer, core.inferenceTokens(), count)] : undefined;
    },
    forward: core.inferenceForward,
    read(tokens) {
      if (tokens.length > header.context) return -1;
      new Uint32Array(memory.buffer, core.inferenceTokens(), tokens.length).set(tokens);
      return core.inferenceRead(tokens.length);
    },
    logits: () => new Int32Array(memory.buffer, core.inferenceLogits(), header.vocab).slice(),
    readingGas: (bytes) => BigInt.asUintN(64, core.inferenceReadingGas(bytes)),
    decodingGas: (positions, steps) => BigInt.asUintN(64, core.inferenceDecodingGas(positions, steps)),
    precompile: (calldata, gas) => runPrecompile(core, memory, calldata, gas),
    examine: (calldata, gas) => examinePrecompile(core, memory, header.layers, calldata, gas),
    async useThreads(threads) {
      if (build === "scalar" || helpers.length > 0) throw new RangeError("threads are set once, for the SIMD build");
      const workerData = { module: compiled(build), memory, team: core.formTeam(0) };
      for (let i = 1; i < threads; i++) helpers.push(new Worker(HELPER, { workerData }));
      await Promise.all(helpers.map((helper) => new Promise((resolve) => helper.once("message", resolve))));
      for (const helper of helpers) helper.unref();
      core.formTeam(helpers.length);
    },
    close() {
      if (helpers.length > 0) core.dismissTeam();
      helpers.length = 0;
    },
  };
}

function runPrecompile(
  core: PrecompileExports,
  memory: WebAssembly.Memory,
  calldata: Uint8Array,
  gas: bigint,
): PrecompileOutcome {
  const at = core.inferenceInput(calldata.length);
  if (at === 0) throw new RangeError(`calldata of ${calldata.length} bytes is over the engine's 128 KiB`);
  new Uint8Array(memory.buffer).set(calldata, at);
  const status = core.inferencePrecompile(calldata.length, gas);
  const output = new Uint8Array(memory.buffer, core.inferenceOutput(), core.inferenceOutputLength()).slice();
  return { status, output, gasLeft: core.inferenceGasLeft() };
}

/** A call of the precompile with the hashes of its `layers` layers, if any ran. */
export function examinePrecompile(
  core: PrecompileExports,
  memory: WebAssembly.Memory,
  layers: number,
  calldata: Uint8Array,
  gas: bigint,
): Evidence {
  core.beginEvidence();
  const outcome = runPrecompile(core, memory, calldata, gas);
  core.endEvidence();
  const chains = new Uint8Array(memory.buffer, core.evidenceChains(), 32 * (core.evidencePasses() === 0 ? 0 : layers));
  return {
    ...outcome,
    layers: Array.from({ length: chains.length / 32 }, (_, i) => chains.slice(32 * i, 32 * i + 32)),
  };
}

function tooLong(bytes: number): RequestError {
  return new RequestError("TOO_LONG", `a request of ${bytes} bytes is over the engine's 128 KiB`);
}

/** The error for a negative answer of `inferenceBegin` or `inferenceEmbed` (entry/infer.ts). */
function refusal(core: EngineExports, code: number, { context }: ModelHeader): RequestError {
  if (code === -1) {
    return new RequestError("PROMPT_LENGTH", `the prompt is empty or longer than the context of ${context} tokens`);
  }
  if (code === -4) {
    return new RequestError(
      "INVALID_SCHEMA",
      `the schema cannot be used from byte ${core.inferenceSchemaPosition()} on`,
    );
  }
  return new RequestError(
    "INVALID_OPTIONS",
    "temperature up to 100, topK up to 64, up to 4 stops of 1 to 32 bytes, and at least one turn",
  );
}

function compiled(build: EngineBuild): WebAssembly.Module {
  const known = modules.get(build);
  if (known) return known;
  const module = new WebAssembly.Module(readFileSync(new URL(FILES[build], import.meta.url)));
  modules.set(build, module);
  return module;
}

/** A fresh instance of the engine without a model. */
export function instantiateEngine<T>(build: EngineBuild): { readonly core: T; readonly memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory(
    build === "simd" ? { initial: 1, maximum: MAXIMUM_PAGES, shared: true } : { initial: 1 },
  );
  return { core: new WebAssembly.Instance(compiled(build), { env: { memory } }).exports as unknown as T, memory };
}

/** Loads a blob of any architecture. Throws `ModelError` when it is refused. */
export function loadInto(instance: unknown, memory: WebAssembly.Memory, blob: Uint8Array): void {
  const core = instance as Pick<EngineExports, "allocateModel" | "loadModel">;
  const at = core.allocateModel(blob.length);
  if (at === 0 && blob.length > 0)
    throw new ModelError("TOO_LARGE", `a model blob of ${blob.length} bytes is over the limit of 2 GiB`);
  new Uint8Array(memory.buffer).set(blob, at);
  const status = core.loadModel(at, blob.length);
  const refusal = STATUS[status - 1];
  if (refusal) throw new ModelError(...refusal);
}
