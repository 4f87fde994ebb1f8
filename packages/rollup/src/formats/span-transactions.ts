import { encodeRlp, RlpError, type RlpItem, rlpBytes, rlpItem, rlpList, rlpListOf, rlpQuantity } from "@hyperion/chain";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";
import { listShape, quantityShape, type RlpShape, stringShape, tupleShape } from "./rlp-shape.ts";

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
const [quantity, text, address] = [quantityShape(), stringShape(), stringShape(20)];
const [uint256, uint64, uint8] = [quantityShape(32), quantityShape(8), quantityShape(1)];
const accessList = listShape(tupleShape(address, listShape(stringShape(32))));
const authorizations = listShape(tupleShape(uint256, address, uint64, uint8, uint256, uint256));
/** Per type: the data column. Numbers of the oldest types have no limit here; the block's rules have one. */
const DATA_SHAPES: Readonly<Record<number, RlpShape>> = {
  0: tupleShape(quantity, quantity, text),
  1: tupleShape(quantity, quantity, text, accessList),
  2: tupleShape(quantity, quantity, quantity, text, accessList),
  4: tupleShape(uint256, uint256, uint256, text, accessList, authorizations),
};
const LEGACY = 0;
const SET_CODE = 4;
const FIRST_LIST = 0xc0;

const layoutOf = (type: number): readonly Place[] => {
  const layout = LAYOUTS[type];
  if (!layout) throw new FormatError(`span batch: transaction of type ${type}`);
  return layout;
};

/** @throws FormatError */
export const readSpanTransactions = (reader: ByteReader, count: number, chainId: bigint): readonly Uint8Array[] => {
  const times = <T>(read: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => read(index));
  const creations = reader.bits(count);
  const parities = reader.bits(count);
  const signatures = times(() => ({ r: reader.u256(), s: reader.u256() }));
  const recipients = creations.map((creation) => (creation ? undefined : reader.fixed(20)));
  const data = times(() => readData(reader));
  const nonces = times(() => reader.uvarint());
  const gases = times(() => reader.uvarint());
  const protections = reader.bits(data.filter(({ type }) => type === LEGACY).length);
  let legacy = 0;
  return times((index) => {
    const to = recipients[index];
    const { type, fields } = data[index]!;
    const isProtected = type === LEGACY && protections[legacy++]!;
    if (type === SET_CODE && !to) throw new FormatError("span batch: delegation without a recipient");
    const row = { type, fields, parity: parities[index]!, nonce: nonces[index]!, gas: gases[index]!, isProtected };
    return encodeRow({ ...row, ...signatures[index]!, ...(to && { to }) }, chainId);
  });
};

const readData = (reader: ByteReader): Pick<Row, "type" | "fields"> => {
  const first = reader.left > 0 ? reader.bytes[reader.at]! : reader.u8();
  const type = first >= FIRST_LIST ? LEGACY : reader.u8();
  const shape = DATA_SHAPES[type];
  if (!shape || (type === LEGACY && first < FIRST_LIST)) {
    throw new FormatError(`span batch: transaction of type ${type}`);
  }
  try {
    const { bytes } = reader;
    const item = rlpItem(bytes, reader.at);
    shape(bytes, item);
    reader.skipTo(item.end);
    return { type, fields: rlpList(bytes, item.start).map(({ start, end }) => bytes.slice(start, end)) };
  } catch (error) {
    if (error instanceof RlpError) throw new FormatError(`span batch: ${error.shortMessage}`, { cause: error });
    throw error;
  }
};

const encodeRow = (row: Row, chainId: bigint): Uint8Array => {
  const places: Readonly<Record<string, () => Uint8Array>> = {
    chainId: () => encodeRlp(chainId),
    nonce: () => encodeRlp(row.nonce),
    gas: () => encodeRlp(row.gas),
    to: () => encodeRlp(row.to ?? new Uint8Array(0)),
    v: () => encodeRlp(signatureV(row, chainId)),
    r: () => encodeRlp(row.r),
    s: () => encodeRlp(row.s),
  };
  const items = layoutOf(row.type).map((place) => (typeof place === "number" ? row.fields[place]! : places[place]!()));
  const list = rlpListOf(items);
  return row.type === LEGACY ? list : Uint8Array.from([row.type, ...list]);
};

/** 27 or 28, or with EIP-155 35 and above; the parity itself in typed transactions. */
const signatureV = ({ type, isProtected, parity }: Row, chainId: bigint): bigint => {
  if (type !== LEGACY) return BigInt(parity);
  return BigInt(parity) + (isProtected ? 2n * chainId + 35n : 27n);
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
