import type { WireReader, WireWriter } from "./codec.ts";
import { KernelError } from "./errors.ts";
import { Execution } from "./execution.ts";
import {
  type AccessListItem,
  type AccountOverride,
  type AccountProof,
  type AccountState,
  type Authorization,
  type BlockAttributes,
  type CallOptions,
  type CallRequest,
  type ChainConfig,
  FORKS,
  type Header,
  type SealedBlock,
  type SealedHead,
  type Transaction,
  type Withdrawal,
} from "./types.ts";

/** The messages of the kernel, one function per record, in the order of `assembly/entry/wire.ts`. */

const NO_BYTES = new Uint8Array(0);
const ZERO_HASH = new Uint8Array(32);
const ZERO_ADDRESS = new Uint8Array(20);
const NEVER = (1n << 64n) - 1n;

export function writeConfig(out: WireWriter, config: ChainConfig): void {
  out.u64(config.chainId);
  out.u8(config.depositContract !== undefined).fixed(config.depositContract ?? ZERO_ADDRESS, 20);
  out.u8(config.inference !== undefined).fixed(config.inference?.defaultModel ?? ZERO_HASH, 32);
  const { rollup } = config;
  out
    .u8(rollup !== undefined)
    .u32(rollup?.baseFeeDenominator ?? 0)
    .u32(rollup?.elasticity ?? 0);
  out.u64(rollup?.jovianTime ?? NEVER);
  if (rollup && !(rollup.baseFeeDenominator > 0 && rollup.elasticity > 0)) {
    throw new KernelError("INVALID_ARGUMENT", "rollup rules: base fee denominator and elasticity must be above zero");
  }
  out.list(config.forks, ({ fork, block, timestamp }) => {
    const never = block === undefined && timestamp === undefined;
    out.u32(FORKS.indexOf(fork));
    out.u64(never ? NEVER : (block ?? 0n)).u64(never ? NEVER : (timestamp ?? 0n));
  });
  const schedule = [...config.blobSchedule].sort((a, b) => Number(a.timestamp - b.timestamp));
  out.list(schedule, ({ timestamp, target, max, baseFeeUpdateFraction }) => {
    if (max <= 0 || max < target || baseFeeUpdateFraction <= 0n || baseFeeUpdateFraction >> 32n !== 0n) {
      throw new KernelError("INVALID_ARGUMENT", "blob schedule: maximum below target, or update fraction out of range");
    }
    out.u64(timestamp).u32(target).u32(max).u64(baseFeeUpdateFraction);
  });
}

type HeaderFields = Omit<Header, keyof DerivedRoots> & Partial<DerivedRoots>;
type DerivedRoots = Pick<Header, "stateRoot" | "transactionsRoot" | "receiptsRoot" | "logsBloom" | "ommersHash">;

/** Roots that are left out are written as zeros. */
export function writeHeader(out: WireWriter, header: HeaderFields): void {
  out
    .fixed(header.parentHash, 32)
    .fixed(header.ommersHash ?? ZERO_HASH, 32)
    .fixed(header.coinbase, 20);
  for (const root of [header.stateRoot, header.transactionsRoot, header.receiptsRoot]) out.fixed(root ?? ZERO_HASH, 32);
  out.fixed(header.logsBloom ?? new Uint8Array(256), 256);
  out.u256(header.difficulty).u64(header.number).u64(header.gasLimit).u64(header.gasUsed).u64(header.timestamp);
  out.bytes(header.extraData).fixed(header.mixHash, 32).fixed(header.nonce, 8);
  const { baseFeePerGas, withdrawalsRoot, blobGasUsed, excessBlobGas, parentBeaconBlockRoot, requestsHash } = header;
  out.u8(baseFeePerGas !== undefined).u256(baseFeePerGas ?? 0n);
  out.u8(withdrawalsRoot !== undefined).fixed(withdrawalsRoot ?? ZERO_HASH, 32);
  out.u8(blobGasUsed !== undefined).u64(blobGasUsed ?? 0n);
  out.u8(excessBlobGas !== undefined).u64(excessBlobGas ?? 0n);
  out.u8(parentBeaconBlockRoot !== undefined).fixed(parentBeaconBlockRoot ?? ZERO_HASH, 32);
  out.u8(requestsHash !== undefined).fixed(requestsHash ?? ZERO_HASH, 32);
}

export function readHeader(from: WireReader): Header {
  const header = {
    parentHash: from.fixed(32),
    ommersHash: from.fixed(32),
    coinbase: from.fixed(20),
    stateRoot: from.fixed(32),
    transactionsRoot: from.fixed(32),
    receiptsRoot: from.fixed(32),
    logsBloom: from.fixed(256),
    difficulty: from.u256(),
    number: from.u64(),
    gasLimit: from.u64(),
    gasUsed: from.u64(),
    timestamp: from.u64(),
    extraData: from.bytes(),
    mixHash: from.fixed(32),
    nonce: from.fixed(8),
  };
  const later = {
    baseFeePerGas: field(from, () => from.u256()),
    withdrawalsRoot: field(from, () => from.fixed(32)),
    blobGasUsed: field(from, () => from.u64()),
    excessBlobGas: field(from, () => from.u64()),
    parentBeaconBlockRoot: field(from, () => from.fixed(32)),
    requestsHash: field(from, () => from.fixed(32)),
  };
  return { ...header, ...withoutAbsent(later) };
}

/** A flag and a field whose bytes are there in either case. */
function field<T>(from: WireReader, read: () => T): T | undefined {
  const present = from.bool();
  const value = read();
  return present ? value : undefined;
}

function withoutAbsent<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function writeAttributes(out: WireWriter, attributes: BlockAttributes, systemCalls: boolean): void {
  const { overrides = {} } = attributes;
  out.u64(attributes.timestamp).fixed(attributes.coinbase, 20).u64(attributes.gasLimit);
  out.fixed(attributes.prevRandao, 32).bytes(attributes.extraData ?? NO_BYTES);
  out.fixed(attributes.parentBeaconBlockRoot ?? ZERO_HASH, 32);
  out.u8(overrides.number !== undefined).u64(overrides.number ?? 0n);
  out.u8(overrides.baseFeePerGas !== undefined).u256(overrides.baseFeePerGas ?? 0n);
  out.u8(overrides.excessBlobGas !== undefined).u64(overrides.excessBlobGas ?? 0n);
  out.u8(overrides.difficulty !== undefined).u256(overrides.difficulty ?? 0n);
  out.u8(overrides.blobBaseFee !== undefined).u256(overrides.blobBaseFee ?? 0n);
  out.u8(systemCalls);
  out.list(attributes.withdrawals ?? [], (withdrawal: Withdrawal) => {
    out.u64(withdrawal.index).u64(withdrawal.validatorIndex).fixed(withdrawal.address, 20).u64(withdrawal.amount);
  });
}

const CALL_VALIDATE = 1;
const CALL_KEEP = 2;

export function writeCall(out: WireWriter, request: CallRequest, options: CallOptions): void {
  out.u8((options.validate ? CALL_VALIDATE : 0) | (options.keep ? CALL_KEEP : 0));
  out.list(options.movedPrecompiles ?? [], ([from, to]) => out.fixed(from, 20).fixed(to, 20));
  out.fixed(request.from ?? ZERO_ADDRESS, 20);
  out.u8(request.to !== undefined).fixed(request.to ?? ZERO_ADDRESS, 20);
  out.u8(request.gas !== undefined).u64(request.gas ?? 0n);
  out.u8(request.gasPrice !== undefined).u256(request.gasPrice ?? 0n);
  out.u8(request.maxFeePerGas !== undefined).u256(request.maxFeePerGas ?? 0n);
  out.u8(request.maxPriorityFeePerGas !== undefined).u256(request.maxPriorityFeePerGas ?? 0n);
  out.u8(request.maxFeePerBlobGas !== undefined).u256(request.maxFeePerBlobGas ?? 0n);
  out.u8(request.nonce !== undefined).u64(request.nonce ?? 0n);
  out.u256(request.value ?? 0n).bytes(request.data ?? NO_BYTES);
  out.u8(request.accessList !== undefined);
  out.list(request.accessList ?? [], (item) => writeAccessListItem(out, item));
  out.u8(request.blobVersionedHashes !== undefined);
  out.list(request.blobVersionedHashes ?? [], (hash) => out.fixed(hash, 32));
  out.u8(request.authorizationList !== undefined);
  out.list(request.authorizationList ?? [], (authorization) => writeAuthorization(out, authorization));
}

function writeAccessListItem(out: WireWriter, item: AccessListItem): void {
  out.fixed(item.address, 20).list(item.storageKeys, (key) => out.fixed(key, 32));
}

function writeAuthorization(out: WireWriter, item: Authorization): void {
  out.u256(item.chainId).fixed(item.address, 20).u64(item.nonce).u8(item.yParity).u256(item.r).u256(item.s);
  out.u8(item.authority !== undefined).fixed(item.authority ?? ZERO_ADDRESS, 20);
}

export function readAccessList(from: WireReader): AccessListItem[] {
  return from.list(() => ({ address: from.fixed(20), storageKeys: from.list(() => from.fixed(32)) }));
}

function readAuthorization(from: WireReader): Authorization {
  const authorization = {
    chainId: from.u256(),
    address: from.fixed(20),
    nonce: from.u64(),
    yParity: from.u8(),
    r: from.u256(),
    s: from.u256(),
  };
  const authority = field(from, () => from.fixed(20));
  return authority ? { ...authorization, authority } : authorization;
}

/** Transaction type of deposits. */
const DEPOSIT = 126;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The body of a decoded transaction; `raw` is what it was decoded from. */
export function readTransaction(from: WireReader, raw: Uint8Array): Transaction {
  const type = from.u8() as Transaction["type"];
  const hash = from.fixed(32);
  const sender = from.fixed(20);
  const chainId = field(from, () => from.u64());
  const nonce = from.u64();
  const gasLimit = from.u64();
  const maxFee = from.u256();
  const maxPriorityFee = from.u256();
  const maxBlobFee = from.u256();
  const to = field(from, () => from.fixed(20));
  const value = from.u256();
  const data = from.bytes();
  const accessList = readAccessList(from);
  const blobVersionedHashes = from.list(() => from.fixed(32));
  const authorizationList = from.list(() => readAuthorization(from));
  const [v, r, s] = [from.u256(), from.u256(), from.u256()];
  const deposit = { sourceHash: from.fixed(32), mint: from.u256(), isSystemTransaction: from.bool() };
  const transaction: Mutable<Transaction> = {
    type,
    hash,
    raw: raw.slice(),
    from: sender,
    nonce,
    gasLimit,
    value,
    data,
    v,
    r,
    s,
  };
  if (chainId !== undefined) transaction.chainId = chainId;
  if (to) transaction.to = to;
  if (type === DEPOSIT) return { ...transaction, deposit };
  if (type < 2) {
    transaction.gasPrice = maxFee;
  } else {
    transaction.maxFeePerGas = maxFee;
    transaction.maxPriorityFeePerGas = maxPriorityFee;
  }
  if (type > 0) transaction.accessList = accessList;
  if (type === 3) Object.assign(transaction, { maxFeePerBlobGas: maxBlobFee, blobVersionedHashes });
  if (type === 4) transaction.authorizationList = authorizationList;
  return transaction;
}

export function readSealedHead(from: WireReader): SealedHead {
  return {
    header: readHeader(from),
    hash: from.fixed(32),
    rlp: from.bytes(),
    requests: from.list(() => from.bytes()),
  };
}

export function readSealedBlock(from: WireReader): SealedBlock {
  return {
    ...readSealedHead(from),
    transactions: from.list(() => from.bytes()),
    execution: new Execution(from.bytes()),
  };
}

/** Addresses, then slots with the place of their address. */
export function writeHints(out: WireWriter, items: readonly AccessListItem[]): void {
  out.list(items, ({ address }) => out.fixed(address, 20));
  const slots = items.flatMap(({ storageKeys }, place) => storageKeys.map((key) => ({ place, key })));
  out.list(slots, ({ place, key }) => out.u32(place).fixed(key, 32));
}

export function writeOverride(out: WireWriter, address: Uint8Array, override: AccountOverride): void {
  out.fixed(address, 20);
  out.u8(override.balance !== undefined).u256(override.balance ?? 0n);
  out.u8(override.nonce !== undefined).u64(override.nonce ?? 0n);
  out.u8(override.code !== undefined).bytes(override.code ?? NO_BYTES);
  out.u8(override.state !== undefined);
  out.list([...(override.state ?? []), ...(override.stateDiff ?? [])], ([key, value]) => {
    out.fixed(key, 32).fixed(value, 32);
  });
}

export function readAccount(from: WireReader): AccountState {
  return { nonce: from.u64(), balance: from.u256(), codeHash: from.fixed(32), storageRoot: from.fixed(32) };
}

export function readProof(from: WireReader): AccountProof {
  return {
    ...readAccount(from),
    accountProof: from.list(() => from.bytes()),
    storageProof: from.list(() => ({ key: from.fixed(32), value: from.u256(), proof: from.list(() => from.bytes()) })),
  };
}
