import { type ChainConfig, Kernel, presetConfig } from "@hyperion/kernel";
import fc from "fast-check";
import { type Hex, hexToBytes, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { serializeTransaction as serializeDeposit } from "viem/op-stack";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EMPTY_TRIE_ROOT } from "../conformance/hex.ts";
import { Preimages } from "../conformance/preimages.ts";
import { type AnvilProcess, anvilBinary, startAnvil } from "./anvil-process.ts";

const RUNS = Number(process.env.HYPERION_FUZZ_RUNS ?? 40);
const CHAIN_ID = 1337n;
const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;

const predeploy = (low: string): Hex => `0x42000000000000000000000000000000000000${low}`;
const L1_BLOCK = predeploy("15");
const FEE_VAULT = predeploy("11");
const VAULTS = [FEE_VAULT, predeploy("19"), predeploy("1a"), predeploy("1b")];

const accounts = [1, 2, 3].map(() => privateKeyToAccount(generatePrivateKey()));
/** What L1 senders look like; the last one has the nonce of a contract. */
const depositors: readonly Hex[] = [`0x${"3a".repeat(20)}`, `0x${"3b".repeat(20)}`, accounts[0]!.address];
const CONTRACTS: readonly Hex[] = ["c1", "c2", "c3", "c4", "c5"].map((byte): Hex => `0x${byte.repeat(20)}`);
const RECIPIENTS: readonly Hex[] = [
  ...CONTRACTS,
  `0x${"0e".repeat(20)}`,
  predeploy("1a"),
  "0x0000000000000000000000000000000000000100",
];

/** Stores origin, gas price, base fee, balance of the caller and of a vault, value, gas and coinbase in slots 0 to 7. */
const OBSERVE: Hex = `0x${[
  "32600055",
  "3a600155",
  "48600255",
  "3331600355",
  `73${FEE_VAULT.slice(2)}31600455`,
  "34600555",
  "5a600655",
  "41600755",
].join("")}00`;
/** The same first slots, then reverts. */
const REVERT: Hex = "0x3260005534600055600160005260206000fd";
/** Sends its balance to the caller and goes. */
const DESTRUCT: Hex = "0x33ff";
/** Calls the first contract with 1 wei, logs, and creates an empty contract at a place that the block's number gives. */
const NEST: Hex = `0x5f5f5f5f600173${"c1".repeat(20)}5af15f5560075f5fa1435f5f5ff560015500`;
/** Hands its input to the P-256 precompile and stores success and length of the answer. */
const VERIFY: Hex = "0x365f5f375f5f365f6101005afa5f553d60015500";
const CODES = [OBSERVE, REVERT, DESTRUCT, NEST, VERIFY];
const SLOTS = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n];

interface Step {
  readonly kind: "signed" | "deposit";
  readonly type: "legacy" | "eip2930" | "eip1559" | "eip7702";
  /** Account and contract of a delegation. */
  readonly delegation: readonly [number, number];
  readonly sender: number;
  readonly to: number;
  readonly value: bigint;
  readonly mint: bigint;
  readonly gas: number;
  readonly priority: bigint;
  readonly data: Uint8Array;
  readonly prices: readonly [bigint, bigint, bigint, bigint];
}

const compressible = fc
  .tuple(fc.uint8Array({ maxLength: 60 }), fc.nat(20), fc.uint8Array({ maxLength: 300 }))
  .map(([piece, times, rest]) =>
    Uint8Array.from([
      ...Array(times)
        .fill([...piece])
        .flat(),
      ...rest,
    ]),
  );
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("signed" as const, "deposit" as const),
  type: fc.constantFrom("legacy" as const, "eip2930" as const, "eip1559" as const, "eip7702" as const),
  delegation: fc.tuple(fc.nat(2), fc.nat(CODES.length - 1)),
  sender: fc.nat(2),
  to: fc.nat(RECIPIENTS.length),
  value: fc.constantFrom(0n, 1n, ETHER, 10n ** 30n),
  mint: fc.constantFrom(0n, 5n, ETHER),
  gas: fc.constantFrom(21_000, 30_000, 100_000, 400_000),
  priority: fc.constantFrom(0n, 1n, GWEI),
  data: compressible,
  prices: fc.tuple(
    fc.bigInt({ min: 0n, max: 10n ** 12n }),
    fc.bigInt({ min: 0n, max: 10n ** 12n }),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.bigInt({ min: 0n, max: 1_000_000_000n }),
  ),
});

const word = (value: bigint): Hex => toHex(value, { size: 32 });
const configs: Readonly<Record<string, ChainConfig>> = {
  isthmus: { ...presetConfig("Prague", CHAIN_ID)!, rollup: { baseFeeDenominator: 250, elasticity: 6 } },
  jovian: { ...presetConfig("Prague", CHAIN_ID)!, rollup: { baseFeeDenominator: 250, elasticity: 6, jovianTime: 0n } },
};

/**
 * The prices of a step as the storage of L1Block. Under Jovian anvil still charges Isthmus's operator fee (op-geth does not):
 * then there is only the constant.
 */
function l1Storage(
  [baseFee, blobBaseFee, scalars, operator]: Step["prices"],
  isJovian: boolean,
): (readonly [Hex, Hex])[] {
  return [
    [word(1n), word(baseFee)],
    [word(3n), word(scalars << 64n)],
    [word(7n), word(blobBaseFee)],
    [word(8n), word(((isJovian ? 0n : operator % 10_000n) << 64n) | operator)],
  ];
}

const binary = anvilBinary();

describe.skipIf(binary === undefined).each(Object.keys(configs))(
  "anvil --network optimism --hardfork %s",
  (hardfork) => {
    let anvil: AnvilProcess;
    let kernel: Kernel;
    let deposits = 0;
    const executed = { signed: 0, deposit: 0 };

    beforeAll(async () => {
      const flags = ["--network", "optimism", "--hardfork", hardfork, "--chain-id", `${CHAIN_ID}`, "--no-mining"];
      anvil = await startAnvil(binary!, [...flags, "--accounts", "0"]);
      kernel = await Kernel.create({ config: configs[hardfork]!, oracle: new Preimages(() => new Uint8Array(32)) });
      kernel.open(EMPTY_TRIE_ROOT);
      await anvil.request("anvil_setCoinbase", [FEE_VAULT]);
      for (const { address } of accounts) {
        await anvil.request("anvil_setBalance", [address, toHex(100n * ETHER)]);
        kernel.override(hexToBytes(address), { balance: 100n * ETHER });
      }
      for (const [i, address] of CONTRACTS.entries()) {
        await anvil.request("anvil_setCode", [address, CODES[i]]);
        kernel.override(hexToBytes(address), { code: hexToBytes(CODES[i]!) });
      }
    });

    afterAll(() => anvil.stop());

    const nonceOf = (address: Hex): number => Number(kernel.account(hexToBytes(address))?.nonce ?? 0n);

    async function encode(item: Step): Promise<Hex> {
      const { value, mint, data } = item;
      const to = RECIPIENTS[item.to];
      const gas = BigInt(item.gas);
      if (item.kind === "deposit") {
        const fields = { sourceHash: word(BigInt(++deposits)), from: depositors[item.sender]!, value, mint, gas };
        return serializeDeposit({ type: "deposit", ...fields, data: toHex(data), ...(to && { to }) });
      }
      return signed(item, {
        nonce: nonceOf(accounts[item.sender]!.address),
        gas,
        value,
        data: toHex(data),
        ...(to && { to }),
      });
    }

    async function signed(
      item: Step,
      common: { nonce: number; gas: bigint; value: bigint; data: Hex; to?: Hex },
    ): Promise<Hex> {
      const account = accounts[item.sender]!;
      const fields = { ...common, chainId: Number(CHAIN_ID) };
      const accessList = [{ address: CONTRACTS[0]!, storageKeys: [word(0n), word(3n)] }];
      const fees = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: item.priority };
      if (item.type === "legacy") return account.signTransaction({ ...fields, type: "legacy", gasPrice: 100n * GWEI });
      if (item.type === "eip2930") {
        return account.signTransaction({ ...fields, type: "eip2930", gasPrice: 50n * GWEI, accessList });
      }
      if (item.type === "eip1559" || !common.to) {
        return account.signTransaction({ ...fields, ...fees, type: "eip1559", accessList });
      }
      const [index, contract] = item.delegation;
      const authority = accounts[index]!;
      const nonce = nonceOf(authority.address) + Number(authority === account);
      const contractAddress = CONTRACTS[contract]!;
      const authorization = await authority.signAuthorization({ chainId: Number(CHAIN_ID), contractAddress, nonce });
      return account.signTransaction({ ...fields, ...fees, type: "eip7702", authorizationList: [authorization] });
    }

    /** Executes on both; whether the transaction was taken, and its receipt here. */
    async function run(item: Step): Promise<void> {
      for (const [slot, value] of l1Storage(item.prices, hardfork === "jovian")) {
        await anvil.request("anvil_setStorageAt", [L1_BLOCK, slot, value]);
        kernel.override(hexToBytes(L1_BLOCK), { stateDiff: [[hexToBytes(slot), hexToBytes(value)]] });
      }
      const raw = await encode(item);
      const hash = (await anvil.request("eth_sendRawTransaction", [raw]).catch(() => undefined)) as Hex | undefined;
      // Its pool asks of deposits what the protocol does not: that they can pay, and have a nonce.
      if (!hash && item.kind === "deposit") return;
      await anvil.request("evm_mine");
      const block = (await anvil.request("eth_getBlockByNumber", ["latest", false])) as Record<string, Hex>;
      const receipt =
        hash && ((await anvil.request("eth_getTransactionReceipt", [hash])) as Record<string, Hex> | null);
      begin(block);
      const outcome = kernel.execute(hexToBytes(raw));
      expect(outcome.valid).toBe(Boolean(receipt));
      if (!outcome.valid || !receipt) return;
      executed[item.kind]++;
      expect([outcome.receipt.gasUsed, outcome.receipt.status]).toEqual([
        BigInt(receipt.gasUsed!),
        Number(receipt.status),
      ]);
      const created = outcome.receipt.contractAddress;
      if (created) expect(toHex(created)).toBe(receipt.contractAddress);
    }

    function begin(block: Record<string, Hex>): void {
      const parent = {
        parentHash: new Uint8Array(32),
        ommersHash: new Uint8Array(32),
        coinbase: new Uint8Array(20),
        stateRoot: kernel.commit().stateRoot,
        transactionsRoot: new Uint8Array(32),
        receiptsRoot: new Uint8Array(32),
        logsBloom: new Uint8Array(256),
        difficulty: 0n,
        number: BigInt(block.number!) - 1n,
        gasLimit: BigInt(block.gasLimit!),
        gasUsed: 0n,
        timestamp: BigInt(block.timestamp!) - 1n,
        extraData: new Uint8Array(0),
        mixHash: new Uint8Array(32),
        nonce: new Uint8Array(8),
        baseFeePerGas: BigInt(block.baseFeePerGas!),
      };
      const attributes = {
        timestamp: BigInt(block.timestamp!),
        coinbase: hexToBytes(FEE_VAULT),
        gasLimit: BigInt(block.gasLimit!),
        prevRandao: hexToBytes(block.mixHash!),
        overrides: { baseFeePerGas: BigInt(block.baseFeePerGas!) },
      };
      kernel.beginBlock(parent, new Uint8Array(32), attributes, false);
    }

    async function theirs(address: Hex): Promise<string> {
      const [balance, nonce, code] = await Promise.all([
        anvil.request("eth_getBalance", [address, "latest"]),
        anvil.request("eth_getTransactionCount", [address, "latest"]),
        anvil.request("eth_getCode", [address, "latest"]),
      ]);
      return `${address} ${BigInt(balance as Hex)} ${BigInt(nonce as Hex)} ${code}`;
    }

    function ours(address: Hex): string {
      const account = kernel.account(hexToBytes(address));
      return `${address} ${account?.balance ?? 0n} ${account?.nonce ?? 0n} ${toHex(kernel.code(hexToBytes(address)))}`;
    }

    async function compare(): Promise<void> {
      const watched = [...accounts.map(({ address }) => address), ...depositors, ...RECIPIENTS, ...VAULTS];
      expect(watched.map(ours)).toEqual(await Promise.all(watched.map(theirs)));
      for (const contract of CONTRACTS) {
        const stored = await Promise.all(
          SLOTS.map((slot) => anvil.request("eth_getStorageAt", [contract, word(slot), "latest"])),
        );
        expect(SLOTS.map((slot) => toHex(kernel.storage(hexToBytes(contract), hexToBytes(word(slot)))))).toEqual(
          stored,
        );
      }
    }

    test("leaves the same balances, nonces and storage after random deposits and signed transactions", async () => {
      await fc.assert(
        fc.asyncProperty(step, async (item) => {
          await run(item);
          await compare();
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
      expect(Math.min(executed.signed, executed.deposit)).toBeGreaterThan(RUNS / 10);
    });
  },
);
