/**
 * Batches, channels and frames written from the specification alone, with nothing of this package: what tests decode. Works
 * on hex strings and viem's RLP, so that a mistake in the package's byte code cannot be repeated here.
 */
import { brotliCompressSync, deflateSync } from "node:zlib";
import { concatHex, type Hex, hexToBytes, numberToHex, parseTransaction, size, sliceHex, toRlp } from "viem";

export interface TestBlock {
  readonly timestamp: bigint;
  readonly epochNumber: bigint;
  readonly epochHash: Hex;
  readonly transactions: readonly Hex[];
}

const quantity = (value: bigint): Hex => (value === 0n ? "0x" : numberToHex(value));

const uvarint = (value: bigint): Hex => {
  let hex = "";
  let rest = value;
  do {
    const group = Number(rest % 128n);
    rest /= 128n;
    hex += (rest > 0n ? group + 128 : group).toString(16).padStart(2, "0");
  } while (rest > 0n);
  return `0x${hex}`;
};

/** A big-endian integer, padded to whole bytes. */
const bitlist = (bits: readonly boolean[]): Hex => {
  if (bits.length === 0) return "0x";
  const value = bits.reduce((sum, bit, index) => (bit ? sum + 2n ** BigInt(index) : sum), 0n);
  return numberToHex(value, { size: Math.ceil(bits.length / 8) });
};

export const singularBatch = (parentHash: Hex, block: TestBlock): Hex =>
  concatHex([
    "0x00",
    toRlp([
      parentHash,
      quantity(block.epochNumber),
      block.epochHash,
      quantity(block.timestamp),
      [...block.transactions],
    ]),
  ]);

export const spanBatch = (
  parentHash: Hex,
  parentEpoch: bigint,
  blocks: readonly TestBlock[],
  genesisTime: bigint,
): Hex => {
  const [first, last] = [blocks[0]!, blocks.at(-1)!];
  const changes = blocks.map(({ epochNumber }, i) => epochNumber !== (blocks[i - 1]?.epochNumber ?? parentEpoch));
  return concatHex([
    "0x01",
    uvarint(first.timestamp - genesisTime),
    uvarint(last.epochNumber),
    sliceHex(parentHash, 0, 20),
    sliceHex(last.epochHash, 0, 20),
    uvarint(BigInt(blocks.length)),
    bitlist(changes),
    ...blocks.map(({ transactions }) => uvarint(BigInt(transactions.length))),
    spanTransactions(blocks.flatMap(({ transactions }) => transactions)),
  ]);
};

const spanTransactions = (raws: readonly Hex[]): Hex => {
  const all = raws.map((raw) => parseTransaction(raw as `0x02${string}`));
  const parity = ({ yParity, v }: { yParity?: number; v?: bigint }): boolean =>
    yParity !== undefined ? yParity === 1 : v === 28n || (v! >= 35n && v! % 2n === 0n);
  return concatHex([
    bitlist(all.map(({ to }) => !to)),
    bitlist(all.map(parity)),
    ...all.flatMap(({ r, s }) => [numberToHex(BigInt(r!), { size: 32 }), numberToHex(BigInt(s!), { size: 32 })]),
    ...all.flatMap(({ to }) => (to ? [to] : [])),
    ...all.map((tx) => dataOf(tx as Parsed)),
    ...all.map(({ nonce }) => uvarint(BigInt(nonce ?? 0))),
    ...all.map(({ gas }) => uvarint(gas ?? 0n)),
    bitlist(all.filter(({ type }) => (type as string) === "legacy").map(({ v }) => v! >= 35n)),
  ]);
};

interface Parsed {
  readonly type: string;
  readonly value?: bigint;
  readonly gasPrice?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly data?: Hex;
  readonly accessList?: readonly { address: Hex; storageKeys: readonly Hex[] }[];
  readonly authorizationList?: readonly {
    address: Hex;
    chainId: number;
    nonce: number;
    r: Hex;
    s: Hex;
    yParity: number;
  }[];
}

const dataOf = (tx: Parsed): Hex => {
  const value = quantity(tx.value ?? 0n);
  const data = tx.data ?? "0x";
  const access = (tx.accessList ?? []).map(({ address, storageKeys }) => [address, [...storageKeys]]);
  const fees = [quantity(tx.maxPriorityFeePerGas ?? 0n), quantity(tx.maxFeePerGas ?? 0n)];
  if (tx.type === "legacy") return toRlp([value, quantity(tx.gasPrice ?? 0n), data]);
  if (tx.type === "eip2930") {
    return concatHex(["0x01", toRlp([value, quantity(tx.gasPrice ?? 0n), data, access as never])]);
  }
  if (tx.type === "eip1559") return concatHex(["0x02", toRlp([value, ...fees, data, access as never])]);
  const tuples = (tx.authorizationList ?? []).map(({ chainId, address, nonce, yParity, r, s }) => [
    quantity(BigInt(chainId)),
    address,
    quantity(BigInt(nonce)),
    quantity(BigInt(yParity)),
    quantity(BigInt(r)),
    quantity(BigInt(s)),
  ]);
  return concatHex(["0x04", toRlp([value, ...fees, data, access as never, tuples as never])]);
};

export const channel = (batches: readonly Hex[], compression: "zlib" | "brotli"): Uint8Array => {
  const rlp = hexToBytes(concatHex(batches.map((batch) => toRlp(batch))));
  return compression === "zlib" ? deflateSync(rlp) : Buffer.concat([Uint8Array.of(1), brotliCompressSync(rlp)]);
};

/** Batcher transactions with one frame each. */
export const batcherTransactions = (id: Hex, data: Uint8Array, frameSize: number): readonly Uint8Array[] => {
  const count = Math.max(1, Math.ceil(data.length / frameSize));
  return Array.from({ length: count }, (_, number) => {
    const piece =
      `0x${Buffer.from(data.subarray(number * frameSize, (number + 1) * frameSize)).toString("hex")}` as Hex;
    const last: Hex = number === count - 1 ? "0x01" : "0x00";
    const header = [numberToHex(number, { size: 2 }), numberToHex(size(piece), { size: 4 })];
    return hexToBytes(concatHex(["0x00", id, ...header, piece, last]));
  });
};
