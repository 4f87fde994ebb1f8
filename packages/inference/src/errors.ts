export type ModelErrorCode =
  | "FORMAT"
  | "SHAPE"
  | "LENGTH"
  | "TOKENIZER"
  | "RANGE"
  | "TOO_LARGE"
  /** A file to be imported is damaged. */
  | "DAMAGED_FILE"
  /** A file to be imported is whole, but has something that a blob cannot express. */
  | "UNSUPPORTED";

/** A model blob that the engine refuses (docs/spec/model.md), or a file that cannot be made into one. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;
  readonly shortMessage: string;

  constructor(code: ModelErrorCode, shortMessage: string, options?: ErrorOptions) {
    super(`${shortMessage} (${code})`, options);
    this.name = "ModelError";
    this.code = code;
    this.shortMessage = shortMessage;
  }
}
