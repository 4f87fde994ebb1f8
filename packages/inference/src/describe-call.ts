import { bytesToHex, decodeErrorResult, decodeFunctionData, decodeFunctionResult, getAbiItem, type Hex } from "viem";
import { PRECOMPILE_ABI } from "./precompile-abi.ts";

/** JSON: integers are decimal numbers when they fit, else strings. */
export type Described = Readonly<Record<string, unknown>>;

/** A call of the precompile in words. */
export interface DescribedCall {
  /** Name of the function; "prompt" for calldata that is one. */
  readonly form: string;
  /** Root of the model that was asked for; zero: the default model. */
  readonly model: Hex;
  readonly arguments: Described;
  readonly result?: Described;
  readonly error?: { readonly name: string; readonly arguments: Described };
}

const DEFAULT_MODEL: Hex = `0x${"00".repeat(32)}`;

/** Reads calldata and output of a call of the precompile; `reverted`: the output is an error. */
export function describeCall(calldata: Uint8Array, output: Uint8Array, reverted: boolean): DescribedCall {
  const asked = readQuestion(calldata);
  if (reverted) return { ...asked, ...readError(output) };
  return { ...asked, result: asked.form === "prompt" ? { text: text(output) } : readResult(asked.form, output) };
}

function readQuestion(calldata: Uint8Array): Pick<DescribedCall, "form" | "model" | "arguments"> {
  try {
    const { functionName, args = [] } = decodeFunctionData({ abi: PRECOMPILE_ABI, data: bytesToHex(calldata) });
    const { inputs } = getAbiItem({ abi: PRECOMPILE_ABI, name: functionName });
    const { model = DEFAULT_MODEL, ...rest } = named(inputs, args) as { model?: Hex };
    return { form: functionName, model, arguments: rest };
  } catch {
    return { form: "prompt", model: DEFAULT_MODEL, arguments: { prompt: text(calldata) } };
  }
}

function readResult(functionName: string, output: Uint8Array): Described {
  const name = functionName as "generate";
  const value: unknown = decodeFunctionResult({ abi: PRECOMPILE_ABI, functionName: name, data: bytesToHex(output) });
  const { outputs } = getAbiItem({ abi: PRECOMPILE_ABI, name });
  return named(outputs, (outputs as readonly unknown[]).length === 1 ? [value] : (value as readonly unknown[]));
}

function readError(output: Uint8Array): Pick<DescribedCall, "error"> {
  // Without data the call ran out of gas before the prompt was read.
  if (output.length === 0) return { error: { name: "OutOfGas", arguments: {} } };
  const { errorName, args = [], abiItem } = decodeErrorResult({ abi: PRECOMPILE_ABI, data: bytesToHex(output) });
  return { error: { name: errorName, arguments: named("inputs" in abiItem ? (abiItem.inputs ?? []) : [], args) } };
}

function named(parameters: readonly { readonly name?: string }[], values: readonly unknown[]): Described {
  return Object.fromEntries(parameters.map(({ name }, i) => [name ?? String(i), plain(values[i])]));
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
