import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type BlockAttributes,
  type ExecutedTransaction,
  executeStateless,
  type InvalidBlock,
  type InvalidTransaction,
  Kernel,
  KernelError,
  type PreimageOracle,
  presetConfig,
  recordWitness,
  type SealedBlock,
  type StateCommit,
} from "./index.ts";
import { encodeRlp, type RlpItem } from "./rlp.ts";

const CHAIN_ID = 1337n;
const ETHER = 10n ** 18n;
const GWEI = 10n ** 9n;
const GAS_LIMIT = 30_000_000n;
const SECRET = new Uint8Array(32).fill(7);
const SENDER = addressOf(SECRET);
const POOR_SECRET = new Uint8Array(32).fill(8);
const COINBASE = new Uint8Array(20).fill(0xcc);
const RECIPIENT = new Uint8Array(20).fill(0x11);
const CONTRACT = new Uint8Array(20).fill(0x22);
const EMPTY_ROOT = hex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/** Stores the first word of its input in slot 0. */
const STORE = hex("60003560005500");
/** Deploys STORE. */
const DEPLOY_STORE = hex("666000356000550060005260076019f3");
/** Reverts with the word 1. */
const REVERT = hex("600160005260206000fd");

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function integer(value: bigint): Uint8Array {
  const digits = value === 0n ? "" : value.toString(16);
  return hex(digits.length % 2 ? `0${digits}` : digits);
}

function addressOf(secret: Uint8Array): Uint8Array {
  return keccak_256(secp256k1.getPublicKey(secret, false).slice(1)).slice(12);
}

interface Fields {
  readonly chainId?: bigint;
  readonly nonce?: bigint;
  readonly priority?: bigint;
  readonly fee?: bigint;
  readonly gas?: bigint;
  readonly to?: Uint8Array;
  readonly value?: bigint;
  readonly data?: Uint8Array;
  readonly secret?: Uint8Array;
  readonly highS?: boolean;
}

/** A signed transaction of type 2, or of another type with `extra` fields after the access list. */
function transaction(fields: Fields = {}, type = 2, extra: readonly RlpItem[] = []): Uint8Array {
  const body: RlpItem[] = [
    integer(fields.chainId ?? CHAIN_ID),
    integer(fields.nonce ?? 0n),
    integer(fields.priority ?? GWEI),
    integer(fields.fee ?? 10n * GWEI),
    integer(fields.gas ?? 100_000n),
    fields.to ?? new Uint8Array(0),
    integer(fields.value ?? 0n),
    fields.data ?? new Uint8Array(0),
    [],
    ...extra,
  ];
  const typed = (items: readonly RlpItem[]): Uint8Array => Uint8Array.from([type, ...encodeRlp(items)]);
  return typed([...body, ...signature(keccak_256(typed(body)), fields.secret ?? SECRET, fields.highS)]);
}

function signature(hash: Uint8Array, secret: Uint8Array, highS = false): Uint8Array[] {
  const bytes = secp256k1.sign(hash, secret, { prehash: false, format: "recovered" });
  const s = BigInt(`0x${text(bytes.slice(33))}`);
  const parity = BigInt(bytes[0]!);
  const r = integer(BigInt(`0x${text(bytes.slice(1, 33))}`));
  return highS ? [integer(1n - parity), r, integer(secp256k1.Point.Fn.ORDER - s)] : [integer(parity), r, integer(s)];
}

function authorization(target: Uint8Array, nonce: bigint, secret: Uint8Array): RlpItem {
  const fields = [integer(CHAIN_ID), target, integer(nonce)];
  return [...fields, ...signature(keccak_256(Uint8Array.from([5, ...encodeRlp(fields)])), secret)];
}

/** What a node's database would be. */
class Store implements PreimageOracle {
  readonly #byHash = new Map<string, Uint8Array>();

  add(commit: StateCommit): void {
    for (const [hash, bytes] of commit.preimages) this.#byHash.set(text(hash), bytes);
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#byHash.get(text(hash));
  }

  blockHash(): undefined {
    return undefined;
  }

  clear(): void {
    this.#byHash.clear();
  }
}

const config = presetConfig("Cancun", CHAIN_ID)!;
const attributes: BlockAttributes = {
  timestamp: 12n,
  coinbase: COINBASE,
  gasLimit: GAS_LIMIT,
  prevRandao: new Uint8Array(32).fill(9),
};

let store: Store;
let kernel: Kernel;
let genesis: SealedBlock;

async function newKernel(oracle: PreimageOracle, network = config): Promise<Kernel> {
  const created = await Kernel.create({ config: network, oracle });
  genesis = created.genesis({
    header: {
      parentHash: new Uint8Array(32),
      coinbase: new Uint8Array(20),
      difficulty: 0n,
      number: 0n,
      gasLimit: GAS_LIMIT,
      gasUsed: 0n,
      timestamp: 0n,
      extraData: new Uint8Array(0),
      mixHash: new Uint8Array(32),
      nonce: new Uint8Array(8),
      baseFeePerGas: GWEI,
      withdrawalsRoot: EMPTY_ROOT,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: new Uint8Array(32),
      ...(network === config ? {} : { requestsHash: keccak_256(new Uint8Array(0)) }),
    },
    alloc: [
      [SENDER, { balance: 100n * ETHER }],
      [CONTRACT, { code: REVERT, nonce: 1n }],
      [RECIPIENT, { balance: 1n }],
    ],
  });
  return created;
}

function executed(raw: Uint8Array): ExecutedTransaction {
  const outcome = kernel.execute(raw);
  if (!outcome.valid) throw new Error(outcome.message);
  return outcome;
}

function rejection(raw: Uint8Array): string {
  const outcome = kernel.execute(raw);
  return outcome.valid ? "accepted" : outcome.code;
}

beforeEach(async () => {
  store = new Store();
  kernel = await newKernel(store);
  store.add(kernel.commit());
  kernel.beginBlock(genesis.header, genesis.hash, attributes);
});

describe("transactions", () => {
  it("moves value and splits the fee between fee recipient and burn", () => {
    const { receipt, halt, from } = executed(transaction({ to: RECIPIENT, value: 5n, gas: 21_000n }));
    expect(from).toEqual(SENDER);
    expect(halt).toBe("success");
    expect(receipt).toMatchObject({ type: 2, status: 1, gasUsed: 21_000n, cumulativeGasUsed: 21_000n, logs: [] });
    const price = receipt.effectiveGasPrice;
    expect(price).toBe(875_000_000n + GWEI);
    expect(kernel.account(SENDER)).toMatchObject({ nonce: 1n, balance: 100n * ETHER - 5n - 21_000n * price });
    expect(kernel.account(RECIPIENT)!.balance).toBe(6n);
    expect(kernel.account(COINBASE)!.balance).toBe(21_000n * GWEI);
  });

  it("deploys a contract that then keeps what it is called with", () => {
    const { receipt } = executed(transaction({ data: DEPLOY_STORE }));
    const address = receipt.contractAddress!;
    expect(kernel.code(address)).toEqual(STORE);
    const word = new Uint8Array(32).fill(0xab);
    expect(executed(transaction({ nonce: 1n, to: address, data: word })).receipt.status).toBe(1);
    expect(kernel.storage(address, new Uint8Array(32))).toEqual(word);
    expect(kernel.account(address)!.nonce).toBe(1n);
  });

  it("charges a reverted transaction and hands out its data", () => {
    const { receipt, halt, output } = executed(transaction({ to: CONTRACT, value: 5n }));
    expect(halt).toBe("revert");
    expect(receipt.status).toBe(0);
    expect(output).toEqual(Uint8Array.from([...new Uint8Array(31), 1]));
    expect(receipt.gasUsed).toBeLessThan(100_000n);
    expect(kernel.account(CONTRACT)!.balance).toBe(0n);
  });

  it("runs delegated code after an EIP-7702 authorization", async () => {
    kernel = await newKernel(store, presetConfig("Prague", CHAIN_ID)!);
    kernel.beginBlock(genesis.header, genesis.hash, attributes);
    const authority = addressOf(POOR_SECRET);
    const raw = transaction({ to: authority, gas: 200_000n }, 4, [[authorization(CONTRACT, 0n, POOR_SECRET)]]);
    const outcome = executed(raw);
    expect(outcome.halt).toBe("revert");
    expect(kernel.code(authority)).toEqual(Uint8Array.from([0xef, 0x01, 0x00, ...CONTRACT]));
    expect(kernel.account(authority)!.nonce).toBe(1n);
    expect(rejection(transaction({ nonce: 1n, to: authority }, 4, [[]]))).toBe("EMPTY_AUTHORIZATION_LIST");
  });

  it.each<[InvalidTransaction["code"], Fields]>([
    ["NONCE_TOO_HIGH", { nonce: 1n }],
    ["NONCE_IS_MAX", { nonce: 2n ** 64n - 1n }],
    ["INVALID_CHAIN_ID", { chainId: 1n }],
    ["INSUFFICIENT_FUNDS", { value: 101n * ETHER }],
    ["INSUFFICIENT_FUNDS", { fee: 2n ** 256n - 1n }],
    ["INSUFFICIENT_FUNDS", { secret: POOR_SECRET }],
    ["INTRINSIC_GAS_TOO_LOW", { gas: 20_999n }],
    ["INTRINSIC_GAS_TOO_LOW", { gas: 21_015n, data: Uint8Array.from([1]) }],
    ["GAS_ALLOWANCE_EXCEEDED", { gas: GAS_LIMIT + 1n }],
    ["GAS_PRICE_BELOW_BASE_FEE", { fee: 1n, priority: 0n }],
    ["PRIORITY_FEE_ABOVE_MAX_FEE", { fee: 2n * GWEI, priority: 3n * GWEI }],
    ["INVALID_SIGNATURE", { highS: true }],
  ])("rejects with %s: %o", (code, fields) => {
    const before = kernel.stateRoot();
    expect(rejection(transaction({ to: RECIPIENT, ...fields }))).toBe(code);
    expect(kernel.stateRoot()).toEqual(before);
  });

  it("rejects what the fork or the encoding does not allow", () => {
    const data = new Uint8Array(49_153);
    expect(rejection(transaction({ data, gas: 10_000_000n }))).toBe("INITCODE_SIZE_EXCEEDED");
    expect(rejection(transaction({ to: RECIPIENT }, 4, [[]]))).toBe("TYPE_NOT_SUPPORTED");
    expect(rejection(transaction({ to: RECIPIENT }, 3, [integer(GWEI), []]))).toBe("ZERO_BLOBS");
    const badVersion = [integer(GWEI), [new Uint8Array(32)]];
    expect(rejection(transaction({ to: RECIPIENT }, 3, badVersion))).toBe("BLOB_VERSION_INVALID");
    expect(rejection(Uint8Array.from([...transaction({ to: RECIPIENT }), 0]))).toBe("MALFORMED");
    expect(rejection(new Uint8Array(0))).toBe("MALFORMED");
    executed(transaction({ to: RECIPIENT }));
    expect(rejection(transaction({ to: RECIPIENT }))).toBe("NONCE_TOO_LOW");
    kernel.override(SENDER, { code: STORE });
    expect(rejection(transaction({ nonce: 1n, to: RECIPIENT }))).toBe("SENDER_NOT_EOA");
  });

  it("never crashes on truncated or altered bytes", () => {
    const raw = transaction({ to: RECIPIENT, data: DEPLOY_STORE });
    const before = kernel.stateRoot();
    for (let length = 0; length < raw.length; length++) expect(rejection(raw.slice(0, length))).toBe("MALFORMED");
    for (let at = 0; at < raw.length; at++) {
      const altered = raw.slice();
      altered[at]! ^= 0xff;
      expect(rejection(altered)).not.toBe("accepted");
    }
    expect(kernel.stateRoot()).toEqual(before);
  });

  it("decodes what it executes, and checks it without a state", () => {
    const raw = transaction({ to: RECIPIENT, value: 5n, data: Uint8Array.from([0, 1]) });
    expect(kernel.decodeTransaction(raw)).toMatchObject({ type: 2, from: SENDER, to: RECIPIENT, value: 5n, raw });
    expect(kernel.checkTransaction(raw, "cancun")).toMatchObject({ valid: true, intrinsicGas: 21_020n, floorGas: 0n });
    expect(kernel.checkTransaction(raw, "prague")).toMatchObject({ valid: true, floorGas: 21_050n });
    expect(kernel.checkTransaction(raw, "berlin")).toMatchObject({ valid: false, code: "TYPE_NOT_SUPPORTED" });
  });
});

describe("calls", () => {
  it("leaves no trace, needs no fee and lists what it touched", () => {
    const before = kernel.stateRoot();
    kernel.override(CONTRACT, { code: STORE });
    const touched = kernel.stateRoot();
    const outcome = kernel.call({ from: SENDER, to: CONTRACT, data: new Uint8Array(32).fill(1) });
    expect(outcome).toMatchObject({ valid: true, halt: "success" });
    expect(outcome.valid && outcome.accessList).toEqual([{ address: CONTRACT, storageKeys: [new Uint8Array(32)] }]);
    expect(kernel.stateRoot()).toEqual(touched);
    expect(touched).not.toEqual(before);
  });

  it("applies fee rules when prices are given or validation is asked for", () => {
    expect(kernel.call({ from: SENDER, to: RECIPIENT, gasPrice: 1n })).toMatchObject({
      valid: false,
      code: "GAS_PRICE_BELOW_BASE_FEE",
    });
    expect(kernel.call({ to: RECIPIENT, value: 1n })).toMatchObject({ valid: false, code: "INSUFFICIENT_FUNDS" });
    expect(kernel.call({ from: SENDER, to: RECIPIENT, nonce: 9n }, { validate: true })).toMatchObject({ valid: false });
  });

  it("keeps effects on request as a transaction of the block", () => {
    const outcome = kernel.call({ from: SENDER, to: RECIPIENT, value: 7n }, { keep: true });
    expect(outcome).toMatchObject({ valid: true, gasUsed: 21_000n });
    expect(kernel.account(RECIPIENT)!.balance).toBe(8n);
    const sealed = kernel.seal();
    expect(sealed.transactions).toHaveLength(1);
    expect(sealed.header.gasUsed).toBe(21_000n);
  });

  it("measures gas before refunds", () => {
    kernel.override(CONTRACT, { code: STORE, state: [[new Uint8Array(32), new Uint8Array(32).fill(1)]] });
    const outcome = kernel.call({ from: SENDER, to: CONTRACT, data: new Uint8Array(32) });
    if (!outcome.valid) throw new Error(outcome.message);
    expect(outcome.gasUsedBeforeRefund - outcome.gasUsed).toBe(4_800n);
  });
});

describe("blocks", () => {
  it("rolls back state and accumulators to a checkpoint", () => {
    executed(transaction({ to: RECIPIENT }));
    const mark = kernel.checkpoint();
    const root = kernel.stateRoot();
    executed(transaction({ nonce: 1n, data: DEPLOY_STORE }));
    expect(kernel.stateRoot()).not.toEqual(root);
    kernel.rollback(mark);
    expect(kernel.stateRoot()).toEqual(root);
    executed(transaction({ nonce: 1n, to: RECIPIENT, value: 2n }));
    const sealed = kernel.seal();
    expect(sealed.transactions).toHaveLength(2);
    expect(sealed.header.gasUsed).toBe(42_000n);
    expect(() => kernel.rollback(mark)).toThrow(KernelError);
  });

  it("imports the block that another kernel sealed", async () => {
    const sealed = sealTwoTransactions();
    const importer = await newKernel(new Store());
    const outcome = importer.executeBlock(sealed.rlp, genesis.header, genesis.hash);
    expect(outcome).toMatchObject({ valid: true, hash: sealed.hash, execution: sealed.execution });
    expect(importer.stateRoot()).toEqual(sealed.header.stateRoot);
    expect(importer.decodeHeader(importer.encodeHeader(sealed.header))).toEqual(sealed.header);
    expect(importer.keccak256(importer.encodeHeader(sealed.header))).toEqual(sealed.hash);
  });

  it("refuses altered blocks, names the rule and keeps the state", async () => {
    const sealed = sealTwoTransactions();
    const importer = await newKernel(new Store());
    const root = importer.stateRoot();
    const { header } = sealed;
    const wrong = new Uint8Array(32).fill(1);
    const cases: readonly [string, Partial<typeof header>][] = [
      ["INVALID_STATE_ROOT", { stateRoot: wrong }],
      ["INVALID_RECEIPTS_ROOT", { receiptsRoot: wrong }],
      ["INVALID_TRANSACTIONS_ROOT", { transactionsRoot: wrong }],
      ["INVALID_WITHDRAWALS_ROOT", { withdrawalsRoot: wrong }],
      ["INVALID_LOG_BLOOM", { logsBloom: new Uint8Array(256).fill(1) }],
      ["INVALID_GAS_USED", { gasUsed: header.gasUsed + 1n }],
      ["INVALID_GASLIMIT", { gasLimit: GAS_LIMIT * 2n }],
      ["INVALID_BASEFEE_PER_GAS", { baseFeePerGas: 1n }],
      ["INVALID_BLOCK_NUMBER", { number: 2n }],
      ["INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT", { timestamp: 0n }],
      ["INCORRECT_EXCESS_BLOB_GAS", { excessBlobGas: 1n }],
      ["INCORRECT_BLOB_GAS_USED", { blobGasUsed: 131_072n }],
      ["EXTRA_DATA_TOO_BIG", { extraData: new Uint8Array(33) }],
      ["INVALID_DIFFICULTY", { difficulty: 1n }],
      ["INVALID_NONCE", { nonce: new Uint8Array(8).fill(1) }],
      ["UNKNOWN_PARENT", { parentHash: wrong }],
    ];
    const headerSize = importer.encodeHeader(header).length;
    const listHeader = sealed.rlp[0]! - 0xf7 + 1;
    const body = sealed.rlp.slice(listHeader + headerSize);
    for (const [code, change] of cases) {
      const block = listOf(Uint8Array.from([...importer.encodeHeader({ ...header, ...change }), ...body]));
      const outcome = importer.executeBlock(block, genesis.header, genesis.hash) as InvalidBlock;
      expect([outcome.valid, outcome.code]).toEqual([false, code]);
    }
    const truncated = importer.executeBlock(sealed.rlp.slice(0, -1), genesis.header, genesis.hash);
    expect(truncated).toMatchObject({ valid: false, code: "RLP_STRUCTURES_ENCODING" });
    expect(importer.stateRoot()).toEqual(root);
    expect(importer.executeBlock(sealed.rlp, genesis.header, genesis.hash).valid).toBe(true);
  });

  it("executes a block from its witness alone, and not from less", async () => {
    const sealed = sealTwoTransactions();
    const parentHeader = kernel.encodeHeader(genesis.header);
    const preimage = (hash: Uint8Array): Uint8Array | undefined =>
      text(hash) === text(genesis.hash) ? parentHeader : store.preimage(hash);
    const input = { config, parentHash: genesis.hash, block: sealed.rlp };
    const { outcome, witness } = await recordWitness(preimage, input);
    expect(outcome).toMatchObject({ valid: true, root: sealed.header.stateRoot, hash: sealed.hash });
    expect(await executeStateless(witness, input)).toEqual(outcome);
    for (let missing = 0; missing < witness.preimages.length; missing++) {
      const preimages = witness.preimages.filter((_, index) => index !== missing);
      await expect(executeStateless({ preimages }, input)).rejects.toMatchObject({ code: "MISSING_PREIMAGE" });
    }
  });

  function sealTwoTransactions(): SealedBlock {
    executed(transaction({ data: DEPLOY_STORE }));
    executed(transaction({ nonce: 1n, to: CONTRACT, value: 1n }));
    return kernel.seal();
  }

  /** An RLP list with a two-byte length around `payload`. */
  function listOf(payload: Uint8Array): Uint8Array {
    return Uint8Array.from([0xf9, payload.length >> 8, payload.length & 0xff, ...payload]);
  }
});

describe("errors", () => {
  it("needs an open block for transactions", () => {
    kernel.seal();
    expect(() => kernel.execute(transaction())).toThrowError(expect.objectContaining({ code: "WRONG_PHASE" }));
  });

  it("reports a missing trie node and works again after a known state was opened", () => {
    const root = kernel.stateRoot();
    const withBlock = kernel.seal().header.stateRoot;
    store.add(kernel.commit());
    kernel.open(new Uint8Array(32).fill(3));
    const missing = expect.objectContaining({ code: "MISSING_PREIMAGE" });
    expect(() => kernel.account(SENDER)).toThrowError(missing);
    expect(() => kernel.account(SENDER)).toThrowError(expect.objectContaining({ code: "POISONED" }));
    kernel.open(withBlock);
    expect(kernel.account(SENDER)!.balance).toBe(100n * ETHER);
    expect(withBlock).toEqual(root);
  });

  it("drops caches over the budget between blocks without losing the state", async () => {
    kernel = await Kernel.create({ config, oracle: store, cacheBytes: 1 });
    kernel.open(genesis.header.stateRoot);
    kernel.account(SENDER);
    kernel.beginBlock(genesis.header, genesis.hash, attributes);
    executed(transaction({ to: RECIPIENT }));
    const sealed = kernel.seal();
    store.add(kernel.commit());
    kernel.beginBlock(sealed.header, sealed.hash, { ...attributes, timestamp: 24n });
    expect(kernel.account(SENDER)!.nonce).toBe(1n);
    store.clear();
    expect(kernel.account(SENDER)!.nonce).toBe(1n);
  });
});
