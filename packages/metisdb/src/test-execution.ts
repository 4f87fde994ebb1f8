import { Execution, type Log, type Receipt } from "@hyperion/kernel";

/** An executed transaction as a test describes it. */
export interface Executed {
  readonly hash: Uint8Array;
  readonly from: Uint8Array;
  readonly receipt: Receipt;
}

/** Writes the format of docs/metisdb.md, as a kernel does. */
export function executionOf(executed: readonly Executed[]): Execution {
  return new Execution(new Uint8Array(Buffer.concat(executed.map(encodeRecord))));
}

function encodeRecord({ hash, from, receipt }: Executed): Buffer {
  const logs = Buffer.concat(receipt.logs.map(encodeLog));
  const bits = bloomBits(receipt.logsBloom);
  const whole = bits.length > 128;
  const flags = [
    receipt.status !== undefined,
    receipt.status === 1,
    receipt.stateRoot !== undefined,
    receipt.blobGasUsed !== undefined,
    receipt.blobGasPrice !== undefined,
    receipt.contractAddress !== undefined,
    receipt.depositNonce !== undefined,
    receipt.l1Fee !== undefined,
  ].reduce((sum, present, bit) => sum | (Number(present) << bit), 0);
  const rest = Buffer.concat([
    u64(receipt.cumulativeGasUsed),
    u64(receipt.gasUsed),
    hash,
    from,
    Uint8Array.of(receipt.type, flags),
    u16(whole ? 0xffff : bits.length),
    u32(logs.length),
    price(receipt.effectiveGasPrice),
    receipt.stateRoot ?? NOTHING,
    receipt.blobGasUsed === undefined ? NOTHING : u64(receipt.blobGasUsed),
    receipt.blobGasPrice === undefined ? NOTHING : price(receipt.blobGasPrice),
    receipt.contractAddress ?? NOTHING,
    receipt.depositNonce === undefined ? NOTHING : u64(receipt.depositNonce),
    receipt.l1Fee === undefined ? NOTHING : Buffer.concat([u64(receipt.l1GasUsed ?? 0n), price(receipt.l1Fee)]),
    ...(whole ? [receipt.logsBloom] : bits.map(u16)),
    logs,
  ]);
  return Buffer.concat([u32(rest.length + 8), u32(receipt.logs.length), rest]);
}

const NOTHING = new Uint8Array(0);

function encodeLog({ address, topics, data }: Log): Buffer {
  return Buffer.concat([address, u32(topics.length), u32(data.length), ...topics, data]);
}

function bloomBits(bloom: Uint8Array): number[] {
  return Array.from({ length: 2048 }, (_, bit) => bit).filter((bit) => bloom[255 - (bit >> 3)]! & (1 << (bit & 7)));
}

function little(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function u16(value: number): Uint8Array {
  return little(BigInt(value), 2);
}

function u32(value: number): Uint8Array {
  return little(BigInt(value), 4);
}

function u64(value: bigint): Uint8Array {
  return little(value, 8);
}

function price(value: bigint): Uint8Array {
  const length = value === 0n ? 0 : Math.ceil(value.toString(16).length / 2);
  return Uint8Array.of(length, ...little(value, length));
}
