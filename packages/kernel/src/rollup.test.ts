import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type BlockAttributes,
  type ChainConfig,
  type ExecutedTransaction,
  executeStateless,
  Kernel,
  type PreimageOracle,
  presetConfig,
  recordWitness,
  type SealedBlock,
  type StateCommit,
} from "./index.ts";
import { encodeRlp, type RlpItem } from "./rlp.ts";

const OPTIMISM = 10n;
const ETHER = 10n ** 18n;
const GWEI = 10n ** 9n;
const GAS_LIMIT = 30_000_000n;
const SECRET = new Uint8Array(32).fill(7);
const SENDER = keccak_256(secp256k1.getPublicKey(SECRET, false).slice(1)).slice(12);
const RECIPIENT = new Uint8Array(20).fill(0x11);
const CONTRACT = new Uint8Array(20).fill(0x22);
const L1_SENDER = new Uint8Array(20).fill(0x33);
const EMPTY_ROOT = hex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

const predeploy = (low: number): Uint8Array => hex(`42${"00".repeat(18)}${low.toString(16).padStart(2, "0")}`);
const FEE_VAULT = predeploy(0x11);
const L1_BLOCK = predeploy(0x15);
const MESSAGE_PASSER = predeploy(0x16);
const BASE_FEE_VAULT = predeploy(0x19);
const L1_FEE_VAULT = predeploy(0x1a);
const OPERATOR_FEE_VAULT = predeploy(0x1b);

/** Stores the first word of its input in slot 0. */
const STORE = hex("60003560005500");
const REVERT = hex("600160005260206000fd");
/** Stores the price of gas in slot 0. */
const STORE_GAS_PRICE = hex("3a60005500");

const zeros = (count: number): string => "00".repeat(count);
/** The transaction of op-geth's and Solady's FastLZ tests: 202 bytes compressed, from Optimism mainnet. */
const CONTRACT_CALL = hex(
  "02f901550a758302df1483be21b88304743f94f80e51afb613d764fa61751affd3313c190a86bb870151bd62fd12adb8e41e" +
    `f24f3f${zeros(31)}6e${zeros(12)}af88d065e77c8cc2239327c5edb3a432268e5831${zeros(29)}03c1e5${zeros(63)}` +
    `a0${zeros(31)}148c89ed219d02f1a5be012c689b4f5b731827bebe${zeros(12)}c001a033fd89cb37c31b2cba46b6466e` +
    "040c61fc9b2a3675a7f5f493ebd5ad77c497f8a07cdf65680e238392693019b4092f610222e71b7cec06449cb922b93b6a12" +
    "744e",
);

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function integer(value: bigint): Uint8Array {
  const digits = value === 0n ? "" : value.toString(16);
  return hex(digits.length % 2 ? `0${digits}` : digits);
}

function word(value: bigint): Uint8Array {
  return hex(value.toString(16).padStart(64, "0"));
}

function holocene(denominator: number, elasticity: number): Uint8Array {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt32BE(denominator, 1);
  bytes.writeUInt32BE(elasticity, 5);
  return bytes;
}

interface Signed {
  readonly nonce?: bigint;
  readonly to?: Uint8Array;
  readonly value?: bigint;
  readonly gas?: bigint;
  readonly data?: Uint8Array;
  readonly priority?: bigint;
}

function signed(fields: Signed = {}, type = 2, extra: readonly RlpItem[] = []): Uint8Array {
  const body: RlpItem[] = [
    integer(OPTIMISM),
    integer(fields.nonce ?? 0n),
    integer(fields.priority ?? GWEI),
    integer(10n * GWEI),
    integer(fields.gas ?? 100_000n),
    fields.to ?? RECIPIENT,
    integer(fields.value ?? 0n),
    fields.data ?? new Uint8Array(0),
    [],
    ...extra,
  ];
  const typed = (items: readonly RlpItem[]): Uint8Array => Uint8Array.from([type, ...encodeRlp(items)]);
  const signature = secp256k1.sign(keccak_256(typed(body)), SECRET, { prehash: false, format: "recovered" });
  const [r, s] = [signature.slice(1, 33), signature.slice(33)].map((part) =>
    integer(BigInt(`0x${Buffer.from(part).toString("hex")}`)),
  );
  return typed([...body, integer(BigInt(signature[0]!)), r!, s!]);
}

interface Deposit {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array | null;
  readonly mint?: bigint;
  readonly value?: bigint;
  readonly gas?: bigint;
  readonly system?: boolean;
  readonly data?: Uint8Array;
}

function deposit(fields: Deposit = {}): Uint8Array {
  const items: RlpItem[] = [
    new Uint8Array(32).fill(0xaa),
    fields.from ?? L1_SENDER,
    fields.to === null ? new Uint8Array(0) : (fields.to ?? RECIPIENT),
    integer(fields.mint ?? 0n),
    integer(fields.value ?? 0n),
    integer(fields.gas ?? 100_000n),
    integer(BigInt(fields.system ?? false)),
    fields.data ?? new Uint8Array(0),
  ];
  return Uint8Array.from([0x7e, ...encodeRlp(items)]);
}

class Store implements PreimageOracle {
  readonly #byHash = new Map<string, Uint8Array>();

  add(commit: StateCommit): void {
    for (const [hash, bytes] of commit.preimages) this.put(hash, bytes);
  }

  put(hash: Uint8Array, bytes: Uint8Array): void {
    this.#byHash.set(Buffer.from(hash).toString("hex"), bytes);
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#byHash.get(Buffer.from(hash).toString("hex"));
  }

  blockHash(): undefined {
    return undefined;
  }
}

/** Base fee 1 gwei with scalar 2, blob base fee 10^7 wei with scalar 3; operator fee scalar 500, constant 7. */
const L1_PRICES: readonly (readonly [Uint8Array, Uint8Array])[] = [
  [word(1n), word(GWEI)],
  [word(3n), word((2n << 96n) | (3n << 64n) | 9n)],
  [word(7n), word(10_000_000n)],
  [word(8n), word((500n << 64n) | 7n)],
];
const SCALED_PRICE = 16n * 2n * GWEI + 3n * 10_000_000n;

const isthmus: ChainConfig = {
  ...presetConfig("Prague", OPTIMISM)!,
  rollup: { baseFeeDenominator: 250, elasticity: 6 },
};
const jovian: ChainConfig = { ...isthmus, rollup: { baseFeeDenominator: 250, elasticity: 6, jovianTime: 0n } };

const attributes: BlockAttributes = {
  timestamp: 12n,
  coinbase: FEE_VAULT,
  gasLimit: GAS_LIMIT,
  prevRandao: new Uint8Array(32).fill(9),
  extraData: holocene(100, 3),
  withdrawals: [],
};

let store: Store;
let kernel: Kernel;
let genesis: SealedBlock;

async function start(config: ChainConfig, blockAttributes = attributes): Promise<void> {
  store = new Store();
  kernel = await Kernel.create({ config, oracle: store });
  genesis = kernel.genesis({
    header: {
      parentHash: new Uint8Array(32),
      coinbase: new Uint8Array(20),
      difficulty: 0n,
      number: 0n,
      gasLimit: GAS_LIMIT,
      gasUsed: 0n,
      timestamp: 0n,
      extraData: holocene(250, 6),
      mixHash: new Uint8Array(32),
      nonce: new Uint8Array(8),
      baseFeePerGas: GWEI,
      withdrawalsRoot: EMPTY_ROOT,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: new Uint8Array(32),
      requestsHash: Uint8Array.from(
        Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex"),
      ),
    },
    alloc: [
      [SENDER, { balance: 100n * ETHER }],
      [CONTRACT, { code: REVERT, nonce: 1n }],
      [L1_BLOCK, { code: STORE, state: L1_PRICES }],
      [MESSAGE_PASSER, { code: STORE, nonce: 1n }],
    ],
  });
  store.add(kernel.commit());
  kernel.beginBlock(genesis.header, genesis.hash, blockAttributes);
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

const balance = (address: Uint8Array): bigint => kernel.account(address)?.balance ?? 0n;
const VAULTS = [FEE_VAULT, BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT];

beforeEach(() => start(isthmus));

describe("deposits", () => {
  it("mint, move value, pay nothing and carry their nonce in the receipt", () => {
    const raw = deposit({ mint: 5n * ETHER, value: 2n * ETHER });
    const outcome = executed(raw);
    expect(outcome).toMatchObject({ halt: "success", from: L1_SENDER, hash: keccak_256(raw) });
    expect(outcome.receipt).toMatchObject({
      type: 126,
      status: 1,
      gasUsed: 21_000n,
      effectiveGasPrice: 0n,
      depositNonce: 0n,
    });
    expect(outcome.receipt.l1Fee).toBeUndefined();
    expect(kernel.account(L1_SENDER)).toMatchObject({ nonce: 1n, balance: 3n * ETHER });
    expect(balance(RECIPIENT)).toBe(2n * ETHER);
    expect(VAULTS.map(balance)).toEqual([0n, 0n, 0n, 0n]);
    expect(executed(raw).receipt.depositNonce).toBe(1n);
  });

  it("keep the mint and spend the nonce when the call reverts", () => {
    const { receipt, halt } = executed(deposit({ to: CONTRACT, mint: 5n, value: 3n }));
    expect(halt).toBe("revert");
    expect(receipt.status).toBe(0);
    expect(receipt.gasUsed).toBeLessThan(100_000n);
    expect(kernel.account(L1_SENDER)).toMatchObject({ nonce: 1n, balance: 5n });
  });

  it.each<[string, Deposit]>([
    ["insufficientBalance", { mint: 5n, value: 6n }],
    ["outOfGas", { mint: 5n, gas: 20_999n }],
    ["outOfGas", { mint: 5n, gas: 21_100n, data: new Uint8Array(100).fill(1) }],
    ["initCodeSizeExceeded", { mint: 5n, to: null, gas: 20_000_000n, data: new Uint8Array(49_153) }],
    ["invalidCode", { mint: 5n, system: true }],
  ])("are included with %s when they cannot run", (halt, fields) => {
    const outcome = executed(deposit(fields));
    expect(outcome).toMatchObject({ halt, output: new Uint8Array(0) });
    expect(outcome.receipt).toMatchObject({ status: 0, gasUsed: fields.gas ?? 100_000n, logs: [] });
    expect(kernel.account(L1_SENDER)).toMatchObject({ nonce: 1n, balance: 5n });
  });

  it("create contracts at the address of the sender's nonce", () => {
    executed(deposit());
    const init = hex("666000356000550060005260076019f3");
    const { receipt } = executed(deposit({ to: null, data: init }));
    expect(kernel.code(receipt.contractAddress!)).toEqual(STORE);
    const preimage = encodeRlp([L1_SENDER, integer(1n)]);
    expect(receipt.contractAddress).toEqual(keccak_256(preimage).slice(12));
  });

  it("see no gas price", () => {
    kernel.override(CONTRACT, { code: STORE_GAS_PRICE, state: [[word(0n), word(5n)]] });
    executed(deposit({ to: CONTRACT }));
    expect(kernel.storage(CONTRACT, word(0n))).toEqual(word(0n));
  });

  it("are refused only for want of room, or as what they are not", async () => {
    expect(rejection(deposit({ gas: GAS_LIMIT + 1n }))).toBe("GAS_ALLOWANCE_EXCEEDED");
    const raw = deposit();
    for (let length = 1; length < raw.length; length++) expect(rejection(raw.slice(0, length))).toBe("MALFORMED");
    expect(kernel.checkTransaction(raw, "prague")).toMatchObject({ valid: false, code: "TYPE_NOT_SUPPORTED" });
    expect(kernel.decodeTransaction(raw)).toMatchObject({
      type: 126,
      from: L1_SENDER,
      to: RECIPIENT,
      deposit: { mint: 0n, isSystemTransaction: false },
    });
    await start(presetConfig("Prague", OPTIMISM)!, { ...attributes, extraData: new Uint8Array(0) });
    expect(rejection(raw)).toBe("TYPE_NOT_SUPPORTED");
  });
});

describe("fees of signed transactions", () => {
  it("go to the vaults, and nothing is burnt", () => {
    const before = balance(SENDER);
    const { receipt } = executed(signed({ value: 5n, gas: 50_000n }));
    const baseFee = receipt.effectiveGasPrice - GWEI;
    const l1Fee = (100_000_000n * SCALED_PRICE) / 10n ** 12n;
    const operatorFee = (21_000n * 500n) / 1_000_000n + 7n;
    expect(receipt).toMatchObject({ gasUsed: 21_000n, l1GasUsed: 1_600n, l1Fee });
    expect(VAULTS.map(balance)).toEqual([21_000n * GWEI, 21_000n * baseFee, l1Fee, operatorFee]);
    expect(before - balance(SENDER)).toBe(5n + VAULTS.map(balance).reduce((sum, fee) => sum + fee));
  });

  it("count the FastLZ length of the published contract call", () => {
    const { from } = kernel.decodeTransaction(CONTRACT_CALL) as { from: Uint8Array };
    kernel.override(from, { balance: ETHER, nonce: 0x75n });
    kernel.beginBlock(genesis.header, genesis.hash, { ...attributes, overrides: { baseFeePerGas: 1_000_000n } });
    const size = 836_500n * 202n - 42_585_600n;
    expect(executed(CONTRACT_CALL).receipt).toMatchObject({
      l1GasUsed: (size * 16n) / 1_000_000n,
      l1Fee: (size * SCALED_PRICE) / 10n ** 12n,
    });
  });

  it("count towards what the sender must have", () => {
    const { receipt } = executed(signed({ gas: 21_000n }));
    const operatorFee = (21_000n * 500n) / 1_000_000n + 7n;
    const needed = 21_000n * 10n * GWEI + receipt.l1Fee! + operatorFee;
    kernel.override(SENDER, { balance: needed - 1n });
    expect(rejection(signed({ nonce: 1n, gas: 21_000n }))).toBe("INSUFFICIENT_FUNDS");
    kernel.override(SENDER, { balance: needed });
    expect(executed(signed({ nonce: 1n, gas: 21_000n })).receipt.status).toBe(1);
  });

  it("are not charged to simulated messages", () => {
    const outcome = kernel.call({ from: SENDER, to: RECIPIENT, value: balance(SENDER) });
    expect(outcome).toMatchObject({ valid: true, halt: "success" });
  });

  it("follow a change of prices within the block", () => {
    kernel.override(L1_BLOCK, { stateDiff: [[word(3n), word(0n)]] });
    expect(executed(signed()).receipt.l1Fee).toBe(0n);
  });

  it("keep blob transactions out", () => {
    const blob = signed({}, 3, [integer(GWEI), [Uint8Array.from([1, ...new Uint8Array(31)])]]);
    expect(rejection(blob)).toBe("TYPE_NOT_SUPPORTED");
  });
});

describe("blocks", () => {
  const build = (): SealedBlock => {
    executed(deposit({ mint: ETHER }));
    executed(deposit({ to: MESSAGE_PASSER, data: word(77n) }));
    executed(signed({ value: 1n }));
    return kernel.seal();
  };

  it("commit to the withdrawals by the storage root of the message passer", () => {
    expect(genesis.header.withdrawalsRoot).toEqual(EMPTY_ROOT);
    const { header, rlp } = build();
    expect(header.withdrawalsRoot).toEqual(kernel.proof(MESSAGE_PASSER, []).storageRoot);
    expect(header.withdrawalsRoot).not.toEqual(EMPTY_ROOT);
    expect(header).toMatchObject({ excessBlobGas: 0n, blobGasUsed: 0n, requestsHash: genesis.header.requestsHash });
    expect(rlp.at(-1)).toBe(0xc0);
  });

  it("import to the same hash, with state and with a witness alone", async () => {
    const block = build();
    store.put(genesis.hash, kernel.encodeHeader(genesis.header));
    kernel.open(genesis.header.stateRoot);
    expect(kernel.executeBlock(block.rlp, genesis.header, genesis.hash)).toMatchObject({
      valid: true,
      hash: block.hash,
    });
    const input = { config: isthmus, parentHash: genesis.hash, block: block.rlp };
    const { outcome, witness } = await recordWitness((hash) => store.preimage(hash), input);
    expect(outcome).toMatchObject({ valid: true, hash: block.hash });
    expect(await executeStateless(witness, input)).toMatchObject({ valid: true, hash: block.hash });
  });

  it("price gas by the parent's extra data", () => {
    // 3 million of 30 used: with elasticity 3 the target is 10 million, a tenth of the parameter of denominator 100.
    kernel.override(CONTRACT, { code: hex("fe") });
    for (let nonce = 0n; nonce < 3n; nonce++) executed(signed({ nonce, to: CONTRACT, gas: 1_000_000n }));
    const { header, hash } = kernel.seal();
    store.add(kernel.commit());
    const next = kernel.beginBlock(header, hash, { ...attributes, timestamp: 14n });
    const change = (header.baseFeePerGas! * 7_000_000n) / 10_000_000n / 100n;
    expect(next.baseFeePerGas).toBe(header.baseFeePerGas! - change);
  });

  it("may change the gas limit at once, but need valid extra data", () => {
    const sealed = (changes: Partial<BlockAttributes>): SealedBlock => {
      kernel.open(genesis.header.stateRoot);
      kernel.beginBlock(genesis.header, genesis.hash, { ...attributes, ...changes });
      return kernel.seal();
    };
    const imported = (block: SealedBlock): string => {
      kernel.open(genesis.header.stateRoot);
      const outcome = kernel.executeBlock(block.rlp, genesis.header, genesis.hash);
      return outcome.valid ? "valid" : outcome.code;
    };
    expect(imported(sealed({ gasLimit: 5n * GAS_LIMIT }))).toBe("valid");
    for (const extraData of [new Uint8Array(0), holocene(0, 6), holocene(250, 0), new Uint8Array(17).fill(1)]) {
      expect(imported(sealed({ extraData }))).toBe("INVALID_EXTRA_DATA");
    }
  });

  it("verify P-256 signatures for the price of RIP-7212", () => {
    const precompile = hex("0000000000000000000000000000000000000100");
    const outcome = kernel.call({ to: precompile, data: new Uint8Array(160), gas: 1_000_000n });
    expect(outcome.valid && outcome.gasUsed).toBe(21_000n + 160n * 4n + 3_450n);
    const pairing = kernel.call({ to: hex(`${"00".repeat(19)}08`), data: new Uint8Array(112_896), gas: 29_000_000n });
    expect(pairing).toMatchObject({ valid: true, halt: "precompileFailure" });
  });
});

describe("Jovian", () => {
  const extraData = (minimum: bigint): Uint8Array => {
    const bytes = Buffer.alloc(17);
    bytes[0] = 1;
    bytes.set(holocene(100, 3).subarray(1), 1);
    bytes.writeBigUInt64BE(minimum, 9);
    return bytes;
  };

  it("counts the data's footprint, keeps a minimum base fee and multiplies the operator fee", async () => {
    await start(jovian, { ...attributes, extraData: extraData(3n * GWEI) });
    const { receipt } = executed(signed({ gas: 21_000n }));
    expect(receipt.blobGasUsed).toBe(100n * 400n);
    expect(balance(OPERATOR_FEE_VAULT)).toBe(21_000n * 500n * 100n + 7n);
    const { header, hash, rlp } = kernel.seal();
    expect(header.blobGasUsed).toBe(40_000n);
    store.add(kernel.commit());
    const next = kernel.beginBlock(header, hash, { ...attributes, timestamp: 14n, extraData: extraData(0n) });
    expect(next.baseFeePerGas).toBe(3n * GWEI);
    kernel.open(genesis.header.stateRoot);
    expect(kernel.executeBlock(rlp, genesis.header, genesis.hash)).toMatchObject({ valid: true, hash });
  });
});
