/** JSON-RPC 2.0 envelopes as text: results are serialised once and concatenated. */
import { RPC_CODES, RpcError } from "./errors.ts";

/** A request id as it goes back: already JSON. */
export type IdText = string;

export const NULL_ID: IdText = "null";

const MAX_ID_LENGTH = 256;

/** The id as JSON text, or `undefined` when it is none JSON-RPC allows (or absurdly long). */
export const idText = (id: unknown): IdText | undefined => {
  if (id === null) return NULL_ID;
  if (typeof id === "number") return JSON.stringify(id);
  return typeof id === "string" && id.length <= MAX_ID_LENGTH ? JSON.stringify(id) : undefined;
};

export const resultText = (id: IdText, result: string): string => `{"jsonrpc":"2.0","id":${id},"result":${result}}`;

export const errorText = (id: IdText, error: RpcError): string => {
  const { code, message, data } = error;
  const body = data === undefined ? { code, message } : { code, message, data };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(body)}}`;
};

export const notificationText = (subscription: string, result: string): string =>
  `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${subscription}","result":${result}}}`;

export const parseError = (message: string): RpcError => new RpcError(RPC_CODES.parse, message);

export const invalidRequest = (message: string): RpcError => new RpcError(RPC_CODES.invalidRequest, message);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/** Whether brackets in the JSON text nest deeper than `limit`; looked at before parsing. */
export const isDeeperThan = (text: Uint8Array, limit: number): boolean => {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    if (byte === QUOTE) i = endOfString(text, i);
    else if (byte === OPENING_BRACKET || byte === OPENING_BRACE) {
      if (++depth > limit) return true;
    } else if (byte === CLOSING_BRACKET || byte === CLOSING_BRACE) depth--;
  }
  return false;
};

/** Index of the quote that closes the string opened at `start`; the text's length when none does. */
const endOfString = (text: Uint8Array, start: number): number => {
  for (let end = text.indexOf(QUOTE, start + 1); end !== -1; end = text.indexOf(QUOTE, end + 1)) {
    let first = end;
    while (text[first - 1] === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
};
