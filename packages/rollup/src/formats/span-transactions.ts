import { type RlpItem, rlpBytes, rlpList, rlpListOf, rlpQuantity } from "@hyperion/chain";
import type { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";

/**
 * Transactions in columns: creation bits, parities, signatures, recipients, data, nonces, gas limits, and for legacy
 * transactions whether EIP-155 protects them. The data column keeps, as RLP, the fields that no other column has.
 */
interface Row {
  readonly type: number;
  readonly parity: boolean;
  readonly r: bigint;
  readonly s: bigint;
  /** Absent: a creation. */
  readonly to?: Uint8Array;
  /** Fields of the data column, as encoded. */
  readonly fields: readonly Uint8Array[];
  readonly nonce: bigint;
  readonly gas: bigint;
  readonly isProtected: boolean;
}

type Place = "chainId" | "nonce" | "gas" | "to" | "v" | "r" | "s" | number;

/** Per type: what stands at each position of the transaction; numbers are positions in the data column. */
const LAYOUTS: Readonly<Record<number, readonly Place[]>> = {
  0: ["nonce", 1, "gas", "to", 0, 2, "v", "r", "s"],
  1: ["chainId", "nonce", 1, "gas", "to", 0, 2, 3, "v", "r", "s"],
  2: ["chainId", "nonce", 1, 2, "gas", "to", 0, 3, 4, "v", "r", "s"],
  4: ["chainId", "nonce", 1, 2, "gas", "to", 0, 3, 4, 5, "v", "r", "s"],
};
const LEGACY = 0;
const FIRST_LIST = 0xc0;

const layoutOf = (type: number): readonly Place[] => {
  const layout = LAYOUTS[type];
  if (!layout) throw new FormatError(`span batch: transaction of type ${type}`);
  return layout;
};

/** @throws FormatError for what a span batch cannot hold: blob transactions, deposits, numbers above 64 bits */
export const writeSpanTransactions = (writer: ByteWriter, transactions: readonly Uint8Array[]): void => {
  const rows = transactions.map(decodeRow);
  writer.bits(rows.map(({ to }) => to === undefined)).bits(rows.map(({ parity }) => parity));
  for (const { r, s } of rows) writer.u256(r).u256(s);
  for (const { to } of rows) if (to) writer.bytes(to);
  for (const { type, fields } of rows) {
    if (type !== LEGACY) writer.u8(type);
    writer.bytes(rlpListOf(fields));
  }
  for (const { nonce } of rows) writer.uvarint(nonce);
  for (const { gas } of rows) writer.uvarint(gas);
  writer.bits(rows.filter(({ type }) => type === LEGACY).map(({ isProtected }) => isProtected));
};

const decodeRow = (raw: Uint8Array): Row => {
  const type = raw[0]! >= FIRST_LIST ? LEGACY : raw[0]!;
  const layout = layoutOf(type);
  const items = rlpList(raw, type === LEGACY ? 0 : 1);
  if (items.length !== layout.length) throw new FormatError(`transaction of type ${type} with ${items.length} fields`);
  const item = (place: Place): RlpItem => items[layout.indexOf(place)]!;
  const quantity = (place: Place): bigint => rlpQuantity(raw, item(place));
  const width = layout.filter((place) => typeof place === "number").length;
  const v = quantity("v");
  const to = rlpBytes(raw, item("to"));
  return {
    type,
    parity: type === LEGACY ? (v < 35n ? v === 28n : (v - 35n) % 2n === 1n) : v === 1n,
    r: quantity("r"),
    s: quantity("s"),
    ...(to.length > 0 && { to }),
    fields: Array.from({ length: width }, (_, place) => raw.slice(item(place).start, item(place).end)),
    nonce: quantity("nonce"),
    gas: quantity("gas"),
    isProtected: type === LEGACY && v >= 35n,
  };
};
