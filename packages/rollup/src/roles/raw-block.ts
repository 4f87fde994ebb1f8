import { orderedRoot, RlpError, rlpBytes, rlpItem, rlpList, rlpQuantity } from "@hyperion/chain";
import { hexToBytes, keccak256 } from "viem";
import type { RollupConfig } from "../config/rollup-config.ts";
import { describeL2Block, type L2Block } from "../derive/l2-block.ts";
import { DEPOSIT_TYPE } from "../formats/deposit.ts";
import { FormatError } from "../formats/errors.ts";

/** What is read of a header. */
export interface RawHeader {
  readonly parentHash: Uint8Array;
  readonly coinbase: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly transactionsRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  readonly mixHash: Uint8Array;
  readonly withdrawalsRoot: Uint8Array;
  readonly parentBeaconBlockRoot: Uint8Array;
}

/** A block as it came from outside: its transactions are those that its header names, nothing is executed. */
export interface RawBlock {
  readonly block: L2Block;
  readonly header: RawHeader;
  /** As they are hashed. */
  readonly transactions: readonly Uint8Array[];
}

/** Where in a header the fields stand. */
const FIELDS = {
  ...{ parentHash: 0, coinbase: 2, stateRoot: 3, transactionsRoot: 4, receiptsRoot: 5 },
  ...{ number: 8, gasLimit: 9, timestamp: 11, extraData: 12, mixHash: 13 },
  ...{ withdrawalsRoot: 16, parentBeaconBlockRoot: 19 },
} as const;
const FIELD_COUNT = 20;
const NO_OMMERS_NO_WITHDRAWALS = Uint8Array.of(0xc0, 0xc0);
/** Version ‖ denominator ‖ elasticity (Holocene), and the minimum base fee (Jovian). */
const EXTRA_DATA_BYTES = [9, 17];

/** @throws RlpError, FormatError when the bytes are no block of a rollup */
export const readRawBlock = (rlp: Uint8Array, config: RollupConfig): RawBlock => {
  const outer = rlpItem(rlp, 0);
  if (outer.end !== rlp.length) throw new RlpError("bytes follow the block");
  const headerItem = rlpItem(rlp, outer.payload, outer.end);
  const body = rlpItem(rlp, headerItem.end, outer.end);
  const header = readRawHeader(rlp.subarray(headerItem.start, headerItem.end));
  if (!EXTRA_DATA_BYTES.includes(header.extraData.length))
    throw new FormatError("extra data without EIP-1559 parameters");
  if (Buffer.compare(rlp.subarray(body.end), NO_OMMERS_NO_WITHDRAWALS) !== 0) {
    throw new FormatError("a block has ommers or withdrawals");
  }
  const transactions = rlpList(rlp, body.start, body.end).map((item) =>
    rlp.slice(item.list ? item.start : item.payload, item.end),
  );
  if (Buffer.compare(orderedRoot(transactions), header.transactionsRoot) !== 0) {
    throw new FormatError("a block has other transactions than its header says");
  }
  const block = describeL2Block(
    {
      hash: hexToBytes(keccak256(rlp.subarray(headerItem.start, headerItem.end))),
      header,
      transactions: transactions.slice(0, 1).map((raw) => ({ data: depositData(raw) })),
    },
    config,
  );
  return { block, header, transactions };
};

/** @throws RlpError */
export const readRawHeader = (rlp: Uint8Array): RawHeader => {
  const fields = rlpList(rlp);
  if (fields.length < FIELD_COUNT) throw new RlpError("a header lacks fields");
  const bytes = (field: keyof typeof FIELDS): Uint8Array => rlpBytes(rlp, fields[FIELDS[field]]!);
  const quantity = (field: keyof typeof FIELDS): bigint => rlpQuantity(rlp, fields[FIELDS[field]]!);
  return {
    ...{ parentHash: bytes("parentHash"), coinbase: bytes("coinbase"), extraData: bytes("extraData") },
    ...{ number: quantity("number"), gasLimit: quantity("gasLimit"), timestamp: quantity("timestamp") },
    ...{ stateRoot: bytes("stateRoot"), transactionsRoot: bytes("transactionsRoot") },
    ...{ receiptsRoot: bytes("receiptsRoot"), withdrawalsRoot: bytes("withdrawalsRoot") },
    ...{ mixHash: bytes("mixHash"), parentBeaconBlockRoot: bytes("parentBeaconBlockRoot") },
  };
};

/** The last field of a deposit; nothing for other types, which cannot begin a block. */
const depositData = (raw: Uint8Array): Uint8Array => {
  const data = raw[0] === DEPOSIT_TYPE ? rlpList(raw, 1).at(-1) : undefined;
  return data ? rlpBytes(raw, data) : new Uint8Array(0);
};
