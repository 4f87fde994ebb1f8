import { RequestError, type RequestErrorCode } from "@hyperion/inference";

/** An answer of the endpoints under /v1 that is an error, as OpenAI's API words it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly shortMessage: string;
  readonly param: string | null;

  constructor(status: number, code: string, shortMessage: string, param: string | null = null, options?: ErrorOptions) {
    super(shortMessage, options);
    this.status = status;
    this.code = code;
    this.shortMessage = shortMessage;
    this.param = param;
  }
}

export const invalid = (message: string, param: string | null = null): ApiError =>
  new ApiError(400, "invalid_value", message, param);

export const unsupported = (param: string): ApiError =>
  new ApiError(400, "unsupported_parameter", `${param} is not supported by this node`, param);

const ANSWERS: Readonly<Record<RequestErrorCode, readonly [status: number, code: string]>> = {
  PROMPT_LENGTH: [400, "context_length_exceeded"],
  TOO_LONG: [400, "context_length_exceeded"],
  INVALID_OPTIONS: [400, "invalid_value"],
  INVALID_SCHEMA: [400, "invalid_schema"],
  UNKNOWN_MODEL: [404, "model_not_found"],
  BUSY: [429, "rate_limit_exceeded"],
  CANCELLED: [504, "timeout"],
  FAILED: [500, "server_error"],
};

/** The error as the client sees it; `undefined` for anything unexpected. */
export const toApiError = (error: unknown): ApiError | undefined => {
  if (error instanceof ApiError) return error;
  if (!(error instanceof RequestError)) return undefined;
  const [status, code] = ANSWERS[error.code];
  return new ApiError(status, code, error.shortMessage, null, { cause: error });
};

const typeOf = (status: number): string => {
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
};

/** The body of an error. */
export const errorBody = ({ status, code, param, shortMessage }: ApiError): string =>
  JSON.stringify({ error: { message: shortMessage, type: typeOf(status), param, code } });
