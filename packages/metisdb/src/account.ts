import { decodeRlp, encodeRlp, keccak256 } from "@hyperion/kernel";
import { DatabaseError } from "./errors.ts";

export const EMPTY_ROOT: Uint8Array = keccak256(encodeRlp(new Uint8Array(0)));
export const EMPTY_CODE_HASH: Uint8Array = keccak256(new Uint8Array(0));

const FIELDS = 4;

/** The fields of an account as its leaf has them. */
export interface AccountFields {
  /** Big-endian without leading zeros, as in RLP. */
  readonly nonce: Uint8Array;
  readonly balance: Uint8Array;
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
}

/** @throws DatabaseError RECORD_DAMAGED */
export function decodeAccount(slim: Uint8Array): AccountFields {
  const [nonce, balance, root, code] = fields(slim);
  return {
    nonce: nonce!,
    balance: balance!,
    storageRoot: root!.length === 0 ? EMPTY_ROOT : root!,
    codeHash: code!.length === 0 ? EMPTY_CODE_HASH : code!,
  };
}

/** The slim form of the same account. */
export function encodeAccount({ nonce, balance, storageRoot, codeHash }: AccountFields): Uint8Array {
  const slim = (hash: Uint8Array, empty: Uint8Array): Uint8Array =>
    Buffer.compare(hash, empty) === 0 ? new Uint8Array(0) : hash;
  return encodeRlp([nonce, balance, slim(storageRoot, EMPTY_ROOT), slim(codeHash, EMPTY_CODE_HASH)]);
}

/** What an account's leaf holds. */
export function accountLeafValue(slim: Uint8Array): Uint8Array {
  const { nonce, balance, storageRoot, codeHash } = decodeAccount(slim);
  return encodeRlp([nonce, balance, storageRoot, codeHash]);
}

function fields(slim: Uint8Array): Uint8Array[] {
  try {
    const item = decodeRlp(slim);
    if (Array.isArray(item) && item.length === FIELDS && item.every((field) => field instanceof Uint8Array)) {
      return item as Uint8Array[];
    }
  } catch (cause) {
    throw new DatabaseError("RECORD_DAMAGED", "an account is not RLP", { cause });
  }
  throw new DatabaseError("RECORD_DAMAGED", "an account does not have four fields");
}
