import { encodeRlp } from "@hyperion/chain";
import {
  type Address,
  bytesToHex,
  concat,
  decodeAbiParameters,
  type Hex,
  hexToBytes,
  keccak256,
  numberToHex,
} from "viem";
import { FormatError } from "./errors.ts";
import type { L1Log } from "./l1-block.ts";

/** A transaction that L1 orders (type 0x7E). */
export interface DepositTransaction {
  readonly sourceHash: Hex;
  readonly from: Address;
  /** Absent: a creation. */
  readonly to?: Address;
  readonly mint: bigint;
  readonly value: bigint;
  readonly gas: bigint;
  readonly data: Uint8Array;
}

/** First byte of a deposit. */
export const DEPOSIT_TYPE = 0x7e;
/** What the source hash is of: user deposits and L1 attributes have domains of their own. */
const USER_DOMAIN = 0n;
const L1_ATTRIBUTES_DOMAIN = 1n;

/** keccak of TransactionDeposited(address,address,uint256,bytes). */
export const TRANSACTION_DEPOSITED: Hex = "0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32";
/** mint, value (32 each), gas limit (8) and the creation flag (1) before the data. */
const OPAQUE_HEADER = 73;

const word = (value: bigint): Hex => numberToHex(value, { size: 32 });

const sourceHash = (domain: bigint, l1BlockHash: Hex, index: bigint): Hex =>
  keccak256(concat([word(domain), keccak256(concat([l1BlockHash, word(index)]))]));

/** @param logIndex of the event in its L1 block */
export const userDepositSource = (l1BlockHash: Hex, logIndex: number): Hex =>
  sourceHash(USER_DOMAIN, l1BlockHash, BigInt(logIndex));

export const l1AttributesSource = (l1BlockHash: Hex, sequenceNumber: bigint): Hex =>
  sourceHash(L1_ATTRIBUTES_DOMAIN, l1BlockHash, sequenceNumber);

/** 0x7E ‖ rlp([sourceHash, from, to, mint, value, gas, isSystemTx, data]). */
export const encodeDeposit = (deposit: DepositTransaction): Uint8Array => {
  const { mint, value, gas, data } = deposit;
  const parties = [deposit.sourceHash, deposit.from, deposit.to ?? "0x"].map((hex) => hexToBytes(hex as Hex));
  return Uint8Array.from([DEPOSIT_TYPE, ...encodeRlp([...parties, mint, value, gas, 0n, data])]);
};

/**
 * The deposit that an event of the portal asks for.
 *
 * @throws FormatError when the event is none the portal can have emitted
 */
export const depositFromLog = (log: L1Log, l1BlockHash: Hex): DepositTransaction => {
  const [signature, from, to, version] = log.topics;
  if (signature !== TRANSACTION_DEPOSITED || !from || !to || version === undefined) {
    throw new FormatError("not a TransactionDeposited event");
  }
  if (BigInt(version) !== 0n) throw new FormatError(`deposit of unknown version ${version}`);
  const opaque = opaqueData(log.data);
  if (opaque.length < OPAQUE_HEADER) throw new FormatError(`deposit of ${opaque.length} bytes`);
  const number = (at: number, end: number): bigint => BigInt(bytesToHex(opaque.subarray(at, end)));
  const isCreation = opaque[72] !== 0;
  return {
    sourceHash: userDepositSource(l1BlockHash, log.index),
    from: addressOf(from),
    ...(isCreation ? {} : { to: addressOf(to) }),
    mint: number(0, 32),
    value: number(32, 64),
    gas: number(64, 72),
    data: opaque.slice(OPAQUE_HEADER),
  };
};

const opaqueData = (data: Uint8Array): Uint8Array => {
  try {
    const [bytes] = decodeAbiParameters([{ type: "bytes" }], data);
    return hexToBytes(bytes);
  } catch (cause) {
    throw new FormatError("deposit event without its bytes", { cause });
  }
};

const addressOf = (topic: Hex): Address => `0x${topic.slice(-40)}`;
