import { bytesToHex, type Hex, hexToBytes, keccak256 } from "viem";
import { FormatError } from "../formats/errors.ts";

/** What stands on L1 in place of a payload: its hash, or bytes that only the server behind it can open. */
export type Commitment =
  | { readonly kind: "keccak"; readonly hash: Hex }
  | { readonly kind: "generic"; readonly bytes: Uint8Array };

export type CommitmentKind = Commitment["kind"];

/** First byte of a batcher transaction that holds a commitment. */
export const COMMITMENT_VERSION = 1;
const KECCAK = 0;
const GENERIC = 1;
const HASH_LENGTH = 32;

export const keccakCommitment = (payload: Uint8Array): Commitment => ({ kind: "keccak", hash: keccak256(payload) });

/** `00 ‖ hash`, or `01 ‖ bytes`. */
export const encodeCommitment = (commitment: Commitment): Uint8Array =>
  commitment.kind === "keccak"
    ? Uint8Array.from([KECCAK, ...hexToBytes(commitment.hash)])
    : Uint8Array.from([GENERIC, ...commitment.bytes]);

/** @throws FormatError */
export const decodeCommitment = (bytes: Uint8Array): Commitment => {
  const rest = bytes.slice(1);
  if (bytes[0] === KECCAK && rest.length === HASH_LENGTH) return { kind: "keccak", hash: bytesToHex(rest) };
  if (bytes[0] === GENERIC && rest.length > 0) return { kind: "generic", bytes: rest };
  throw new FormatError("not a commitment");
};

/** The payload of a batcher transaction: `01 ‖ commitment`. */
export const commitmentPayload = (commitment: Commitment): Uint8Array =>
  Uint8Array.from([COMMITMENT_VERSION, ...encodeCommitment(commitment)]);
