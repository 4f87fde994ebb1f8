export type ModelErrorCode = "FORMAT" | "SHAPE" | "LENGTH" | "TOKENIZER" | "RANGE" | "TOO_LARGE";

/** A model blob that the engine refuses (docs/spec/model.md), or weights that cannot be written as one. */
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
