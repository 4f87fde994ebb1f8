import type { ChainConfig, GenesisBlock, Header, KernelApi } from "@hyperion/kernel";
import { rejectedFor } from "../exceptions.ts";
import { equalBytes, toBigInt, toBytes, toHex } from "../hex.ts";
import type { FixtureConfig } from "../network.ts";
import { chainConfig } from "../network.ts";
import type { Preimages } from "../preimages.ts";
import type { FixtureState } from "../prestate.ts";
import { allocation, stateDifferences } from "../prestate.ts";
import { statelessMismatch } from "../stateless.ts";
import type { Case, FixtureFile, Mismatch, Suite, SuiteContext, Verdict } from "../suite.ts";
import { jsonCases } from "../suite.ts";

interface BlockchainTest {
  readonly network: string;
  readonly config?: FixtureConfig;
  readonly pre: FixtureState;
  readonly postState?: FixtureState;
  readonly postStateHash?: string;
  readonly lastblockhash: string;
  readonly genesisRLP?: string;
  readonly genesisBlockHeader: Readonly<Record<string, string>>;
  readonly blocks: readonly FixtureBlock[];
}

interface FixtureBlock {
  readonly rlp: string;
  readonly expectException?: string;
}

/** A block of the chain under test and the total difficulty that decided the head before proof of stake. */
interface ImportedBlock {
  readonly header: Header;
  readonly hash: Uint8Array;
  readonly totalDifficulty: bigint;
}

/** Ethereum blockchain tests: genesis, valid and invalid blocks, the last block's hash and state. */
export const blockchainSuite: Suite = {
  folders: ["eest/blockchain_tests", "blockchain_tests", "BlockchainTests"],
  extension: ".json",
  cases(file: FixtureFile): Iterable<Case> | undefined {
    const tests = jsonCases<BlockchainTest>(file, (value) => "blocks" in value && "genesisBlockHeader" in value);
    return tests?.map(([name, test]) => ({ name, run: (context) => runTest(test, context) }));
  },
};

async function runTest(test: BlockchainTest, context: SuiteContext): Promise<Verdict> {
  const config = chainConfig(test.network, test.config);
  if (config === undefined) return { skip: `network ${test.network} is not one Ethereum mainnet went through` };
  const chain = new TestChain(config, await context.states());
  chain.kernel = await context.kernel(config, chain.preimages);
  const genesis = chain.start(test);
  if (genesis !== undefined) return genesis;
  let note: Verdict;
  for (const [index, block] of test.blocks.entries()) {
    const verdict = await chain.importBlock(block, index, context.options.stateless);
    if (verdict !== undefined && "note" in verdict) note = verdict;
    else if (verdict !== undefined) return verdict;
  }
  return chain.finalMismatch(test) ?? note;
}

class TestChain {
  readonly preimages: Preimages;
  readonly config: ChainConfig;
  kernel!: KernelApi;
  #head!: ImportedBlock;
  /** The block whose state the kernel holds. */
  #loaded!: ImportedBlock;
  #parent!: ImportedBlock;
  readonly #blocks = new Map<string, ImportedBlock>();

  constructor(config: ChainConfig, newStates: Awaited<ReturnType<SuiteContext["states"]>>) {
    this.config = config;
    this.preimages = newStates((number) => this.#ancestorHash(number));
  }

  start(test: BlockchainTest): Mismatch | undefined {
    const sealed = this.kernel.genesis(genesisOf(test));
    const { header, hash } = sealed;
    this.#remember({ header, hash, totalDifficulty: header.difficulty });
    this.#head = this.#loaded;
    this.#parent = this.#loaded;
    const expected = test.genesisBlockHeader.hash!;
    if (toHex(sealed.hash) !== expected) {
      const details = [
        `state root: expected ${test.genesisBlockHeader.stateRoot}, actual ${toHex(sealed.header.stateRoot)}`,
      ];
      return { reason: "genesis hash", expected, actual: toHex(sealed.hash), details };
    }
    if (test.genesisRLP !== undefined && toHex(sealed.rlp) !== test.genesisRLP) {
      return { reason: "genesis RLP", expected: test.genesisRLP, actual: toHex(sealed.rlp) };
    }
    return undefined;
  }

  async importBlock(block: FixtureBlock, index: number, stateless: boolean): Promise<Verdict> {
    const rlp = toBytes(block.rlp);
    const parent = this.#parentOf(rlp);
    if (parent === undefined) return unknownParent(block, index);
    this.#parent = parent;
    this.#load(parent);
    const outcome = this.kernel.executeBlock(rlp, parent.header, parent.hash);
    const input = { config: this.config, parentHash: parent.hash, block: rlp };
    const differs = stateless ? await statelessMismatch(this.preimages, input, outcome) : undefined;
    if (differs !== undefined) return differs;
    if (!outcome.valid) return this.#rejected(block, index, outcome.code, outcome.message);
    if (block.expectException !== undefined) {
      const reason = `accepted: ${block.expectException}`;
      return { reason, expected: `block ${index} rejected`, actual: `block ${index} accepted` };
    }
    const { header, hash } = outcome;
    this.#remember({ header, hash, totalDifficulty: parent.totalDifficulty + header.difficulty });
    const heavier = this.#loaded.totalDifficulty > this.#head.totalDifficulty;
    if (heavier || (header.difficulty === 0n && equalBytes(header.parentHash, this.#head.hash)))
      this.#head = this.#loaded;
    return undefined;
  }

  finalMismatch(test: BlockchainTest): Mismatch | undefined {
    const actual = toHex(this.#head.hash);
    this.#load(this.#head);
    if (actual !== test.lastblockhash) {
      const details = stateDifferences(this.kernel, test.postState ?? {});
      return { reason: "last block hash", expected: test.lastblockhash, actual, details };
    }
    const differences = stateDifferences(this.kernel, test.postState ?? {});
    if (differences.length > 0) {
      return {
        reason: "post state",
        expected: "the fixture's postState",
        actual: differences[0]!,
        details: differences,
      };
    }
    const root = toHex(this.#head.header.stateRoot);
    if (test.postStateHash === undefined || test.postStateHash === root) return undefined;
    return { reason: "post state hash", expected: test.postStateHash, actual: root };
  }

  /** Makes what the kernel holds now durable as the state of `block`. */
  #remember(block: ImportedBlock): void {
    this.preimages.addCommit(this.kernel.commit());
    this.preimages.add(block.hash, this.kernel.encodeHeader(block.header));
    this.#loaded = block;
    this.#blocks.set(toHex(block.hash), block);
  }

  #rejected(block: FixtureBlock, index: number, code: string, message: string): Verdict {
    if (block.expectException !== undefined) return rejectedFor(block.expectException, code);
    return { reason: `rejected: ${code}`, expected: `block ${index} accepted`, actual: `${code}: ${message}` };
  }

  #load(block: ImportedBlock): void {
    if (this.#loaded === block) return;
    this.preimages.openState(block.header.stateRoot);
    this.kernel.open(block.header.stateRoot);
    this.#loaded = block;
  }

  /** The parent hash is the header's first field; a block too broken to show one is tried on the head. */
  #parentOf(rlp: Uint8Array): ImportedBlock | undefined {
    const parentHash = firstHash(rlp);
    return parentHash === undefined ? this.#head : this.#blocks.get(toHex(parentHash));
  }

  #ancestorHash(number: bigint): Uint8Array | undefined {
    let block: ImportedBlock | undefined = this.#parent;
    while (block !== undefined && block.header.number > number)
      block = this.#blocks.get(toHex(block.header.parentHash));
    return block?.header.number === number ? block.hash : undefined;
  }
}

function unknownParent(block: FixtureBlock, index: number): Verdict {
  if (block.expectException !== undefined) return rejectedFor(block.expectException, "UNKNOWN_PARENT");
  return {
    reason: "unknown parent",
    expected: `block ${index} on a known parent`,
    actual: "parent not among the blocks",
  };
}

function firstHash(rlp: Uint8Array): Uint8Array | undefined {
  const header = listPayload(rlp, 0);
  const field = header === undefined ? undefined : listPayload(rlp, header);
  if (field === undefined || rlp[field] !== 0xa0) return undefined;
  return rlp.subarray(field + 1, field + 33);
}

/** Where the payload of the list at `offset` begins. */
function listPayload(rlp: Uint8Array, offset: number): number | undefined {
  const first = rlp[offset];
  if (first === undefined || first < 0xc0) return undefined;
  return offset + 1 + (first > 0xf7 ? first - 0xf7 : 0);
}

function genesisOf(test: BlockchainTest): GenesisBlock {
  const field = test.genesisBlockHeader;
  const optional = <K extends string, V>(key: K, name: string, read: (hex: string) => V): { [P in K]?: V } =>
    field[name] === undefined ? {} : ({ [key]: read(field[name]) } as { [P in K]: V });
  return {
    header: {
      parentHash: toBytes(field.parentHash!),
      coinbase: toBytes(field.coinbase!),
      difficulty: toBigInt(field.difficulty!),
      number: toBigInt(field.number!),
      gasLimit: toBigInt(field.gasLimit!),
      gasUsed: toBigInt(field.gasUsed!),
      timestamp: toBigInt(field.timestamp!),
      extraData: toBytes(field.extraData!),
      mixHash: toBytes(field.mixHash!),
      nonce: toBytes(field.nonce!),
      ...optional("baseFeePerGas", "baseFeePerGas", toBigInt),
      ...optional("withdrawalsRoot", "withdrawalsRoot", toBytes),
      ...optional("blobGasUsed", "blobGasUsed", toBigInt),
      ...optional("excessBlobGas", "excessBlobGas", toBigInt),
      ...optional("parentBeaconBlockRoot", "parentBeaconBlockRoot", toBytes),
      ...optional("requestsHash", "requestsHash", toBytes),
    },
    alloc: allocation(test.pre),
  };
}
