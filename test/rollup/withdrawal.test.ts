import { Kernel, presetConfig, type SealedBlock } from "@hyperion/kernel";
import {
  connectL1Account,
  contractArtifact,
  createL2Genesis,
  type Deployment,
  deploy,
  deployConfigSchema,
  genesisOptions,
  PREDEPLOY_ADDRESSES,
} from "@hyperion/rollup";
import {
  bytesToHex,
  type Chain,
  concat,
  createPublicClient,
  createWalletClient,
  custom,
  defineChain,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  http,
  keccak256,
  type Log,
  numberToHex,
  type PublicClient,
  parseEther,
  type TransactionReceipt,
  type Transport,
  zeroAddress,
  zeroHash,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import {
  buildProveWithdrawal,
  depositTransaction,
  extractTransactionDepositedLogs,
  finalizeWithdrawal,
  getGame,
  getL2TransactionHash,
  getTimeToFinalize,
  getWithdrawalStatus,
  getWithdrawals,
  opaqueDataToDepositData,
  proveWithdrawal,
} from "viem/op-stack";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnvilProcess, anvilBinary, startAnvil } from "./anvil-process.ts";

const binary = anvilBinary();
const L1_CHAIN_ID = 900;
const CHAIN_ID = 4_243;
const BOND = 10n ** 16n;
/** Anvil's first account: here it has every role. */
const operator = privateKeyToAccount("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
const ALICE: Hex = `0x${"a1".repeat(20)}`;
const config = deployConfigSchema.parse({
  chainId: CHAIN_ID,
  bridge: { proofMaturitySeconds: 600, gameFinalitySeconds: 300, maxClockSeconds: 900, bondWei: `${BOND}` },
});
/** Enough that proofs are of a trie with branches. */
const VALUES = [parseEther("1"), ...Array.from({ length: 60 }, (_, i) => BigInt(i))];

const { abi: portalAbi } = contractArtifact("l1/OptimismPortal");
const { abi: factoryAbi } = contractArtifact("l1/dispute/DisputeGameFactory");
const { abi: gameAbi } = contractArtifact("l1/dispute/PermissionedProposalGame");
const { abi: passerAbi } = contractArtifact("l2/L2ToL1MessagePasser");

/** L2's state and newest block, behind as much JSON-RPC as proving a withdrawal needs. */
interface L2 {
  readonly client: PublicClient<Transport, Chain>;
  readonly outputRoot: () => Hex;
  /** Withdraws amounts to `ALICE` in one block, signed by `operator`. */
  readonly withdraw: (values: readonly bigint[]) => Promise<TransactionReceipt>;
}

const createL2 = async (deployment: Deployment, target: Chain): Promise<L2> => {
  const genesis = await createL2Genesis(genesisOptions(deployment));
  const preimages = new Map<Hex, Uint8Array>();
  const kernel = await Kernel.create({
    config: { ...presetConfig("Prague", BigInt(CHAIN_ID))!, rollup: { baseFeeDenominator: 250, elasticity: 6 } },
    oracle: { preimage: (hash) => preimages.get(bytesToHex(hash)), blockHash: () => undefined },
  });
  let head: SealedBlock = kernel.genesis(genesis.block);
  const persist = (): void => {
    for (const [hash, bytes] of kernel.commit().preimages) preimages.set(bytesToHex(hash), bytes);
  };
  persist();
  const passer = hexToBytes(PREDEPLOY_ADDRESSES.messagePasser);

  const answer = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === "eth_chainId") return numberToHex(CHAIN_ID);
    if (method === "eth_getBlockByNumber") {
      const { number, timestamp, stateRoot } = head.header;
      return {
        ...{ hash: bytesToHex(head.hash), number: numberToHex(number), timestamp: numberToHex(timestamp) },
        ...{ stateRoot: bytesToHex(stateRoot), transactions: [] },
      };
    }
    if (method !== "eth_getProof") throw new Error(`${method} is not answered`);
    const [address, keys] = params as [Hex, Hex[]];
    const proof = kernel.proof(
      hexToBytes(address),
      keys.map((key) => hexToBytes(key)),
    );
    return {
      ...{ address, balance: numberToHex(proof.balance), nonce: numberToHex(proof.nonce) },
      ...{ codeHash: bytesToHex(proof.codeHash), storageHash: bytesToHex(proof.storageRoot) },
      accountProof: proof.accountProof.map((node) => bytesToHex(node)),
      storageProof: proof.storageProof.map(({ key, value, proof: nodes }) => ({
        ...{ key: bytesToHex(key), value: numberToHex(value), proof: nodes.map((node) => bytesToHex(node)) },
      })),
    };
  };

  const withdraw: L2["withdraw"] = async (values) => {
    const transactions = await Promise.all(values.map(signWithdrawal));
    const { header, hash } = head;
    kernel.beginBlock(header, hash, {
      ...{ timestamp: header.timestamp + 2n, coinbase: new Uint8Array(20), gasLimit: header.gasLimit },
      ...{ prevRandao: new Uint8Array(32), parentBeaconBlockRoot: new Uint8Array(32), withdrawals: [] },
      extraData: header.extraData,
    });
    const logs: Partial<Log>[] = [];
    for (const raw of transactions) {
      const outcome = kernel.execute(hexToBytes(raw));
      if (!outcome.valid) throw new Error(outcome.message);
      for (const { address, topics, data } of outcome.receipt.logs) {
        const words = topics.map((topic) => bytesToHex(topic)) as [Hex, ...Hex[]];
        logs.push({ address: bytesToHex(address), topics: words, data: bytesToHex(data) });
      }
    }
    head = kernel.seal();
    persist();
    return { blockNumber: head.header.number, logs } as unknown as TransactionReceipt;
  };

  return {
    client: createPublicClient({ chain: target, transport: custom({ request: answer }) }),
    withdraw,
    outputRoot: () => {
      const { storageRoot } = kernel.proof(passer, []);
      return keccak256(
        concat([zeroHash, ...[head.header.stateRoot, storageRoot, head.hash].map((b) => bytesToHex(b))]),
      );
    },
  };
};

const ETHER = { name: "Ether", symbol: "ETH", decimals: 18 };

/** L1's chain, and L2's as viem's op-stack actions want it described. */
const connectClients = (url: string, { addresses }: Deployment) => {
  const chain = defineChain({
    ...{ id: L1_CHAIN_ID, name: "L1", nativeCurrency: ETHER, rpcUrls: { default: { http: [url] } } },
    contracts: { multicall3: { address: addresses.multicall3 } },
  });
  const at = (address: Hex) => ({ [L1_CHAIN_ID]: { address } });
  const target = defineChain({
    ...{ id: CHAIN_ID, name: "Hyperion", nativeCurrency: ETHER, rpcUrls: { default: { http: [] } } },
    sourceId: L1_CHAIN_ID,
    contracts: {
      portal: at(addresses.optimismPortal),
      disputeGameFactory: at(addresses.disputeGameFactory),
      // Older portals had it: some of viem's types ask for it still.
      l2OutputOracle: at(zeroAddress),
    },
  });
  const transport = http(url);
  const wallet = createWalletClient({ account: operator, chain, transport });
  return { l1: createPublicClient({ chain, transport, cacheTime: 0 }), wallet, target };
};

type Game = Awaited<ReturnType<typeof getGame>>;

/** The nonce is the place in the list: nobody else sends. */
const signWithdrawal = (value: bigint, nonce: number): Promise<Hex> =>
  operator.signTransaction({
    ...{ type: "eip1559", chainId: CHAIN_ID, nonce, to: PREDEPLOY_ADDRESSES.messagePasser, value },
    ...{ gas: 300_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0n },
    data: encodeFunctionData({ abi: passerAbi, functionName: "initiateWithdrawal", args: [ALICE, 100_000n, "0x"] }),
  });

describe.skipIf(binary === undefined)("viem's op-stack actions on the L1 contracts", () => {
  let anvil: AnvilProcess;
  let deployment: Deployment;
  let clients: ReturnType<typeof connectClients>;
  let l2: L2;

  beforeAll(async () => {
    anvil = await startAnvil(binary!, ["--chain-id", `${L1_CHAIN_ID}`]);
    const account = await connectL1Account({ account: operator, transport: http(anvil.url) });
    const funded = [{ address: operator.address, wei: parseEther("100") }];
    deployment = await deploy({ config, l1: account, funded });
    clients = connectClients(anvil.url, deployment);
    l2 = await createL2(deployment, clients.target);
  });

  afterAll(() => anvil?.stop());

  const mined = async (hash: Hex): Promise<TransactionReceipt> => {
    const receipt = await clients.l1.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe("success");
    return receipt;
  };

  const later = async (seconds: number): Promise<void> => {
    await anvil.request("evm_increaseTime", [seconds]);
    await anvil.request("evm_mine");
  };

  const propose = async (rootClaim: Hex, l2Block: bigint): Promise<void> => {
    const extraData = encodeAbiParameters([{ type: "uint256" }], [l2Block]);
    // A game of the very second in which the registry was set up counts as retired.
    await later(12);
    await mined(
      await clients.wallet.writeContract({
        ...{ address: deployment.addresses.disputeGameFactory, abi: factoryAbi, functionName: "create" },
        ...{ args: [1, rootClaim, extraData], value: BOND },
      }),
    );
    await later(12);
  };

  const resolve = async ({ metadata }: Game): Promise<void> => {
    const address: Hex = `0x${metadata.slice(26)}`;
    await mined(await clients.wallet.writeContract({ address, abi: gameAbi, functionName: "resolve", args: [] }));
  };

  test("a deposit is the L2 transaction that viem expects", async () => {
    const request = { to: ALICE, mint: parseEther("2"), value: parseEther("1"), gas: 50_000n, data: "0x1234" } as const;
    const receipt = await mined(await depositTransaction(clients.wallet, { request, targetChain: clients.target }));
    const [log] = extractTransactionDepositedLogs(receipt);
    expect(log!.args).toMatchObject({ from: operator.address, version: 0n });
    expect(opaqueDataToDepositData(log!.args.opaqueData)).toEqual({
      ...{ mint: request.mint, value: request.value, gas: request.gas, isCreation: false, data: request.data },
    });
    expect(getL2TransactionHash({ log: log! })).toMatch(/^0x[0-9a-f]{64}$/);
  });

  test("a withdrawal goes through every stage", async () => {
    const receipt = await l2.withdraw(VALUES);
    const status = () => getWithdrawalStatus(clients.l1, { receipt, targetChain: clients.target });
    const [withdrawal] = getWithdrawals(receipt);
    expect(withdrawal).toMatchObject({ target: expect.stringMatching(new RegExp(ALICE, "i")), value: parseEther("1") });
    expect(await status()).toBe("waiting-to-prove");

    await propose(l2.outputRoot(), receipt.blockNumber);
    expect(await status()).toBe("ready-to-prove");

    const game = await getGame(clients.l1, { l2BlockNumber: receipt.blockNumber, targetChain: clients.target });
    const proof = await buildProveWithdrawal(l2.client, { account: operator, game, withdrawal: withdrawal! });
    await mined(await proveWithdrawal(clients.wallet, { ...proof, targetChain: clients.target }));
    expect(await status()).toBe("waiting-to-finalize");
    const { seconds } = await getTimeToFinalize(clients.l1, {
      ...{ withdrawalHash: withdrawal!.withdrawalHash, targetChain: clients.target },
    });
    expect(seconds).toBeGreaterThan(900);

    await later(901);
    expect(await status()).toBe("waiting-to-finalize");
    await resolve(game);
    expect(await status()).toBe("waiting-to-finalize");
    await later(301);
    expect(await status()).toBe("ready-to-finalize");
    await mined(await finalizeWithdrawal(clients.wallet, { withdrawal: withdrawal!, targetChain: clients.target }));
    expect(await status()).toBe("finalized");
    expect(await clients.l1.getBalance({ address: ALICE })).toBe(parseEther("1"));
  });

  test("every withdrawal of a large trie can be proven, and nothing else", async () => {
    const game = await getGame(clients.l1, { l2BlockNumber: 1n, targetChain: clients.target });
    for (const index of [0, 1, 31, 32, VALUES.length - 1]) {
      const nonce = (1n << 240n) | BigInt(index);
      const value = VALUES[index]!;
      const withdrawal = {
        nonce,
        sender: operator.address,
        target: ALICE,
        value,
        gasLimit: 100_000n,
        data: "0x",
      } as const;
      const withdrawalHash = hashOf(withdrawal);
      const { outputRootProof, withdrawalProof } = await buildProveWithdrawal(l2.client, {
        ...{ account: operator, game, withdrawal: { ...withdrawal, withdrawalHash } },
      });
      const prove = (overrides: object, nodes: readonly Hex[] = withdrawalProof) =>
        clients.l1.simulateContract({
          ...{ address: deployment.addresses.optimismPortal, abi: portalAbi, account: operator },
          functionName: "proveWithdrawalTransaction",
          args: [{ ...withdrawal, ...overrides }, game.index, outputRootProof, nodes],
        });
      await prove({});
      await expect(prove({ value: value + 1n })).rejects.toThrow();
      await expect(prove({}, withdrawalProof.slice(0, -1))).rejects.toThrow();
      await expect(prove({}, [...withdrawalProof, withdrawalProof.at(-1)!])).rejects.toThrow(/InvalidMerkleProof/);
      const flipped: Hex[] = withdrawalProof.with(-1, `0x${withdrawalProof.at(-1)!.slice(2, -1)}2`);
      await expect(prove({}, flipped)).rejects.toThrow(/InvalidMerkleProof/);
    }
  });
});

const hashOf = (withdrawal: {
  nonce: bigint;
  sender: Hex;
  target: Hex;
  value: bigint;
  gasLimit: bigint;
  data: Hex;
}): Hex => {
  const types = ["uint256", "address", "address", "uint256", "uint256", "bytes"].map((type) => ({ type }));
  return keccak256(encodeAbiParameters(types, Object.values(withdrawal)));
};
