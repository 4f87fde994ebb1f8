import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { describe, expect, it } from "vitest";
import { FlatState } from "./flat-state.ts";
import {
  encodeRlp,
  executeStateless,
  type Header,
  Kernel,
  type KernelOptions,
  type PreimageOracle,
  presetConfig,
  recordWitness,
  type SealedBlock,
  type StateCommit,
} from "./index.ts";

const CHAIN_ID = 1337n;
const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;
const config = presetConfig("Shanghai", CHAIN_ID)!;
const EMPTY_ROOT = hex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
const SECRETS = Array.from({ length: 5 }, (_, index) => new Uint8Array(32).fill(index + 1));
/** Sets slot (first word of the input) to the second word; where there is no input, destroys the contract. */
const CONTRACT_CODE = hex("3660065733ff5b60203560003555");
const CONTRACTS = [new Uint8Array(20).fill(0xa1), new Uint8Array(20).fill(0xa2)];
const BLOCKS = 24;

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function integer(value: bigint): Uint8Array {
  const digits = value === 0n ? "" : value.toString(16);
  return hex(digits.length % 2 ? `0${digits}` : digits);
}

function word(value: bigint): Uint8Array {
  return hex(value.toString(16).padStart(64, "0"));
}

function addressOf(secret: Uint8Array): Uint8Array {
  return keccak_256(secp256k1.getPublicKey(secret, false).slice(1)).slice(12);
}

/** A signed EIP-155 transaction. */
function transaction(secret: Uint8Array, nonce: bigint, to: Uint8Array, value: bigint, data: Uint8Array): Uint8Array {
  const fields = [integer(nonce), integer(20n * GWEI), integer(120_000n), to, integer(value), data];
  const hash = keccak_256(encodeRlp([...fields, integer(CHAIN_ID), integer(0n), integer(0n)]));
  const signature = secp256k1.sign(hash, secret, { prehash: false, format: "recovered" });
  const v = CHAIN_ID * 2n + 35n + BigInt(signature[0]!);
  const half = (from: number): Uint8Array => integer(BigInt(`0x${text(signature.slice(from, from + 32))}`));
  return encodeRlp([...fields, integer(v), half(1), half(33)]);
}

/** A fixed pseudo-random sequence. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** State by hash, for a kernel and for the stateless program. */
class ByHash implements PreimageOracle {
  readonly #bytes = new Map<string, Uint8Array>();

  add(hash: Uint8Array, bytes: Uint8Array): void {
    this.#bytes.set(text(hash), bytes);
  }

  commit({ preimages }: StateCommit): void {
    for (const [hash, bytes] of preimages) this.add(hash, bytes);
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.#bytes.get(text(hash));
  }

  blockHash(): undefined {
    return undefined;
  }
}

/** State by key: flat entries and nodes by path, as a database has it. */
class ByKey implements PreimageOracle {
  readonly state = new FlatState();
  nodeReads = 0;

  commit({ changes, preimages }: StateCommit): void {
    expect(preimages).toEqual([]);
    this.state.apply(changes);
  }

  preimage(hash: Uint8Array): Uint8Array | undefined {
    return this.state.codes.get(text(hash));
  }

  account(hash: Uint8Array): Uint8Array | undefined {
    return this.state.account(hash);
  }

  slot(account: Uint8Array, hash: Uint8Array): Uint8Array | undefined {
    return this.state.slot(account, hash);
  }

  node(owner: Uint8Array, path: Uint8Array): Uint8Array | undefined {
    this.nodeReads++;
    return this.state.node(owner, path);
  }

  blockHash(): undefined {
    return undefined;
  }
}

const genesisHeader = {
  parentHash: new Uint8Array(32),
  coinbase: new Uint8Array(20),
  difficulty: 0n,
  number: 0n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  timestamp: 0n,
  extraData: new Uint8Array(0),
  mixHash: new Uint8Array(32),
  nonce: new Uint8Array(8),
  baseFeePerGas: GWEI,
  withdrawalsRoot: EMPTY_ROOT,
};

/** A kernel over a database, in which a commit is there before the next call. */
async function chainOver(
  oracle: ByHash | ByKey,
  options: Partial<KernelOptions>,
): Promise<{ kernel: Kernel; genesis: SealedBlock }> {
  const kernel = await Kernel.create({ config, oracle, ...options });
  const genesis = kernel.genesis({
    header: genesisHeader,
    alloc: [
      ...SECRETS.map((secret) => [addressOf(secret), { balance: 100n * ETHER }] as const),
      ...CONTRACTS.map((address) => [address, { code: CONTRACT_CODE, nonce: 1n }] as const),
    ],
  });
  oracle.commit(kernel.commit());
  return { kernel, genesis };
}

/** Transfers to many accounts, slots set and cleared, now and then a contract destroyed. */
function blockTransactions(draw: () => number, nonces: bigint[]): Uint8Array[] {
  return Array.from({ length: 12 }, () => {
    const sender = draw() % SECRETS.length;
    const secret = SECRETS[sender]!;
    const nonce = nonces[sender]!++;
    if (draw() % 3 === 0) {
      return transaction(secret, nonce, keccak_256(word(BigInt(draw() % 500))).slice(0, 20), 1n, new Uint8Array(0));
    }
    const target = CONTRACTS[draw() % 2]!;
    if (draw() % 40 === 0) return transaction(secret, nonce, target, 0n, new Uint8Array(0));
    const data = Uint8Array.from([...word(BigInt(draw() % 60)), ...word(BigInt(draw() % 3))]);
    return transaction(secret, nonce, target, 0n, data);
  });
}

describe("the same blocks", () => {
  it("whether state is read by key or by hash, prefetched, evicted all the time, or from a witness", async () => {
    const byHash = new ByHash();
    const byKey = new ByKey();
    const plain = await chainOver(byHash, {});
    const { kernel } = await chainOver(byKey, { cacheBytes: 0 });
    const sequence = random(7);
    const draw = (): number => sequence.next().value;
    const nonces = SECRETS.map(() => 0n);
    let parent: { header: Header; hash: Uint8Array } = plain.genesis;
    for (let number = 1; number <= BLOCKS; number++) {
      const transactions = blockTransactions(draw, nonces);
      const attributes = {
        timestamp: BigInt(number * 12),
        coinbase: new Uint8Array(20).fill(0xcc),
        gasLimit: 30_000_000n,
        prevRandao: new Uint8Array(32),
      };
      plain.kernel.beginBlock(parent.header, parent.hash, attributes);
      kernel.beginBlock(parent.header, parent.hash, attributes);
      kernel.prefetch(CONTRACTS.map((address) => ({ address, storageKeys: [word(1n), word(BigInt(number))] })));
      for (const raw of transactions) {
        expect(kernel.execute(raw)).toEqual(plain.kernel.execute(raw));
        if (draw() % 5 === 0) kernel.rollback(kernel.checkpoint());
      }
      const block = plain.kernel.seal();
      expect(kernel.seal().rlp).toEqual(block.rlp);
      const oracle = {
        preimage: (hash: Uint8Array) =>
          text(hash) === text(parent.hash) ? plain.kernel.encodeHeader(parent.header) : byKey.preimage(hash),
        node: (owner: Uint8Array, path: Uint8Array) => byKey.node(owner, path),
      };
      const input = { config, parentHash: parent.hash, block: block.rlp };
      const { witness, outcome } = await recordWitness(oracle, input);
      expect(outcome).toMatchObject({ valid: true, hash: block.hash, root: block.header.stateRoot });
      expect(await executeStateless(witness, input)).toEqual(outcome);
      byHash.commit(plain.kernel.commit());
      byKey.commit(kernel.commit());
      expect(byKey.state.difference(block.header.stateRoot)).toBeUndefined();
      parent = block;
    }
  });

  it("reads accounts and slots without their tries, and proves them with", async () => {
    const byKey = new ByKey();
    const { kernel, genesis } = await chainOver(byKey, { cacheBytes: 0 });
    kernel.open(genesis.header.stateRoot);
    byKey.nodeReads = 0;
    const sender = addressOf(SECRETS[0]!);
    expect(kernel.account(sender)!.balance).toBe(100n * ETHER);
    expect(kernel.storage(CONTRACTS[0]!, word(1n))).toEqual(word(0n));
    expect(byKey.nodeReads).toBe(0);
    const { accountProof } = kernel.proof(sender, []);
    expect(accountProof.length).toBe(byKey.nodeReads);
    expect(keccak_256(accountProof[0]!)).toEqual(genesis.header.stateRoot);
  });
});

describe("memory", () => {
  it("is reported, and given back by eviction at the next block", async () => {
    const byKey = new ByKey();
    const { kernel, genesis } = await chainOver(byKey, { cacheBytes: 0 });
    const { used, held } = kernel.memory();
    expect(used).toBeGreaterThan(0);
    expect(held).toBeGreaterThanOrEqual(used);
    kernel.account(addressOf(SECRETS[0]!));
    expect(kernel.memory().used).toBeLessThan(used);
    expect(kernel.stateRoot()).toEqual(genesis.header.stateRoot);
  });

  it("takes what is prefetched, and the answer is how many records that were", async () => {
    const { kernel, genesis } = await chainOver(new ByKey(), {});
    kernel.open(genesis.header.stateRoot);
    // Neither has storage, hence no slots.
    const items = [CONTRACTS[0]!, addressOf(SECRETS[0]!)].map((address) => ({ address, storageKeys: [word(7n)] }));
    expect(kernel.prefetch(items)).toBe(2);
    expect(kernel.prefetch(items)).toBe(0);
    const many = Array.from({ length: 100 }, (_, index) => ({
      address: keccak_256(word(BigInt(index))).slice(0, 20),
      storageKeys: [],
    }));
    expect(kernel.prefetch(many)).toBe(100);
    expect(kernel.prefetch([...many, ...items])).toBe(0);
    expect(kernel.stateRoot()).toEqual(genesis.header.stateRoot);
  });

  it("refuses a flat entry that no account can have", async () => {
    const oracle = { preimage: () => undefined, blockHash: () => undefined, account: () => new Uint8Array(129) };
    const kernel = await Kernel.create({ config, oracle });
    kernel.open(EMPTY_ROOT);
    expect(() => kernel.account(CONTRACTS[0]!)).toThrowError(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
