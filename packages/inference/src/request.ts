import { bytesToHex, encodeAbiParameters, hexToBytes, parseAbiParameters } from "viem";

/** What is asked of a model outside transactions; the options mean what they mean in IInference.sol. */
export interface AnswerRequest {
  /** Turns by user and model, the last by the user; not empty. */
  readonly turns: readonly string[];
  /** The first turn as it is, without the model's template. */
  readonly plain?: boolean;
  /** Most tokens of the answer; 0: as many as the context has room for. */
  readonly maxTokens?: number;
  /** Thousandths; 0: the most likely token. */
  readonly temperature?: number;
  /** Only the most likely tokens are drawn from; 0: all. */
  readonly topK?: number;
  /** 32 bytes. */
  readonly seed?: Uint8Array;
  readonly stops?: readonly string[];
  /** JSON schema that the answer follows, without white space; "": none. */
  readonly schema?: string;
}

/** Why an answer ended: of itself, by its limit, at a stop, or because the schema left no token. */
export type Finish = "end" | "length" | "stop" | "no token";

export type RequestErrorCode =
  | "PROMPT_LENGTH"
  | "TOO_LONG"
  | "INVALID_OPTIONS"
  | "INVALID_SCHEMA"
  | "UNKNOWN_MODEL"
  | "BUSY"
  | "CANCELLED"
  | "FAILED";

/** A request that a model does not answer. */
export class RequestError extends Error {
  readonly code: RequestErrorCode;
  readonly shortMessage: string;

  constructor(code: RequestErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(`${shortMessage} (${code})`, options);
    this.name = "RequestError";
    this.code = code;
    this.shortMessage = shortMessage;
  }
}

const PARAMETERS = parseAbiParameters([
  "string[] turns, Options options",
  "struct Options { uint256 maxTokens; uint256 temperature; uint256 topK; bytes32 seed; string[] stops; string schema; }",
]);

/** abi.encode(string[] turns, Options options). */
export function encodeRequest(request: AnswerRequest): Uint8Array {
  const {
    turns,
    maxTokens = 0,
    temperature = 0,
    topK = 0,
    seed = new Uint8Array(32),
    stops = [],
    schema = "",
  } = request;
  const options = {
    maxTokens: BigInt(maxTokens),
    temperature: BigInt(temperature),
    topK: BigInt(topK),
    seed: bytesToHex(seed),
    stops,
    schema,
  };
  return hexToBytes(encodeAbiParameters(PARAMETERS, [turns, options]));
}
