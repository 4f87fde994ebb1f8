import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  connectL1Account,
  contractArtifact,
  type Deployment,
  deploy,
  deployConfigSchema,
  writeDeployment,
} from "@hyperion/rollup";
import { createPublicClient, encodeFunctionData, type Hex, http, type PublicClient, parseEther, toHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { REPOSITORY } from "../conformance/fixtures.ts";
import { type AnvilProcess, startAnvil } from "./anvil-process.ts";

/** `relay` and `follower` are verifiers, too: with an unsafe head from the sequencer, and from the relay. */
export type RoleName = "sequencer" | "batcher" | "proposer" | "verifier" | "relay" | "follower";
export type NodeName = Exclude<RoleName, "batcher" | "proposer">;

export interface RollupTestOptions {
  /** L1 blocks in which a batch must be posted. */
  readonly window?: number;
  /** Serve the on-chain model. */
  readonly inference?: boolean;
  /** L1 begins so many seconds ago: that much of its time a test may skip. */
  readonly behind?: number;
}

interface HeadsAnswer {
  readonly unsafe_l2: { readonly number: number; readonly hash: Hex };
  readonly safe_l2: { readonly number: number; readonly hash: Hex };
}

const BEHIND = 400;
const L1_CHAIN_ID = 900;
const CHAIN_ID = 901;
const keys = { deployer: 0x0d, batcher: 0x0b, proposer: 0x0e, user: 0x07, sequencer: 0x05 } as const;
const account = (byte: number): PrivateKeyAccount => privateKeyToAccount(keyOf(byte));
const keyOf = (byte: number): Hex => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;

/** A rollup on anvil whose roles are processes, as `hyperion` starts them. */
export class RollupProcesses {
  static readonly user: PrivateKeyAccount = account(keys.user);
  static readonly chainId: number = CHAIN_ID;
  readonly anvil: AnvilProcess;
  readonly deployment: Deployment;
  readonly l1: PublicClient;
  readonly #folder: string;
  readonly #inference: boolean;
  readonly #running = new Map<RoleName, ChildProcess>();
  readonly #ports = new Map<RoleName, string>();
  readonly #streams = new Map<RoleName, string>();

  private constructor(anvil: AnvilProcess, deployment: Deployment, folder: string, inference: boolean) {
    this.anvil = anvil;
    this.deployment = deployment;
    this.l1 = createPublicClient({ transport: http(anvil.url), pollingInterval: 100, cacheTime: 0 });
    this.#folder = folder;
    this.#inference = inference;
  }

  static async create(
    binary: string,
    { window = 200, inference = false, behind = BEHIND }: RollupTestOptions = {},
  ): Promise<RollupProcesses> {
    const anvil = await startAnvil(binary, ["--chain-id", `${L1_CHAIN_ID}`, "--hardfork", "prague", "--accounts", "0"]);
    const accounts = Object.values(keys).map(account);
    for (const { address } of accounts) await anvil.request("anvil_setBalance", [address, toHex(parseEther("1000"))]);
    await anvil.request("evm_setTime", [Math.floor(Date.now() / 1000) - behind]);
    const deployment = await deploy({
      config: deployConfigSchema.parse({
        chainId: CHAIN_ID,
        roles: {
          ...{ batcher: account(keys.batcher).address, proposer: account(keys.proposer).address },
          sequencer: account(keys.sequencer).address,
        },
        bridge: { proofMaturitySeconds: 1, gameFinalitySeconds: 1, maxClockSeconds: 1, bondWei: "1000" },
        derivation: { blockTimeSeconds: 1, sequencerWindowBlocks: window },
      }),
      l1: await connectL1Account({ account: account(keys.deployer), transport: http(anvil.url) }),
      funded: [{ address: RollupProcesses.user.address, wei: parseEther("1000") }],
    });
    await anvil.request("evm_setAutomine", [false]);
    await anvil.request("evm_setIntervalMining", [1]);
    const folder = mkdtempSync(join(tmpdir(), "hyperion-roles-"));
    writeDeployment(join(folder, "deployment.json"), deployment);
    return new RollupProcesses(anvil, deployment, folder, inference);
  }

  /** Starts a role, at the address that it had before. Resolves when it is ready. */
  async start(role: RoleName, more: readonly string[] = []): Promise<void> {
    const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
    const command = role === "relay" || role === "follower" ? "verifier" : role;
    const child = spawn(process.execPath, [main, command, "--json", ...this.#flags(role), ...more], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        HYPERION_BATCHER_KEY: keyOf(keys.batcher),
        HYPERION_PROPOSER_KEY: keyOf(keys.proposer),
        HYPERION_UNSAFE_SIGNER_KEY: keyOf(keys.sequencer),
      },
    });
    this.#running.set(role, child);
    const { rpcUrl, p2pUrl } = await readyEvent(child, role);
    if (rpcUrl) this.#ports.set(role, new URL(rpcUrl).port);
    if (p2pUrl) this.#streams.set(role, p2pUrl);
  }

  /** SIGKILL. */
  async kill(role: RoleName): Promise<void> {
    await this.#end(role, "SIGKILL");
  }

  async stop(role: RoleName): Promise<void> {
    await this.#end(role, "SIGTERM");
  }

  /** Forgets what the role has on its disk. */
  wipe(role: RoleName): void {
    rmSync(join(this.#folder, role), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    for (const role of [...this.#running.keys()].reverse()) await this.#end(role, "SIGKILL");
    await this.anvil.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Where a role keeps what it has. */
  dataDir(role: RoleName): string {
    return join(this.#folder, role);
  }

  get deploymentFile(): string {
    return join(this.#folder, "deployment.json");
  }

  client(role: NodeName): PublicClient {
    const transport = http(this.url(role), { retryCount: 5, retryDelay: 200 });
    return createPublicClient({ transport, pollingInterval: 50, cacheTime: 0 });
  }

  url(role: NodeName): string {
    return `http://127.0.0.1:${this.#ports.get(role)}`;
  }

  async heads(role: NodeName): Promise<HeadsAnswer> {
    return this.client(role).request({ method: "optimism_syncStatus" } as never) as Promise<HeadsAnswer>;
  }

  async hashAt(role: NodeName, number: bigint): Promise<Hex | undefined> {
    const block = await this.client(role)
      .getBlock({ blockNumber: number })
      .catch(() => undefined);
    return block?.hash;
  }

  /** Waits until the role's safe head has reached that height. */
  async safeAt(role: NodeName, number: bigint, patience = 120_000): Promise<void> {
    await eventually(async () => BigInt((await this.heads(role)).safe_l2.number) >= number, patience);
  }

  /** Deposits ether through the portal, from an account that does nothing else. Resolves once it is on L1. */
  async deposit(to: Hex, wei: bigint): Promise<void> {
    const from = account(keys.deployer);
    const nonce = await this.l1.getTransactionCount({ address: from.address });
    const data = encodeFunctionData({
      abi: contractArtifact("l1/OptimismPortal").abi,
      functionName: "depositTransaction",
      args: [to, wei, 100_000n, false, "0x"],
    });
    const raw = await from.signTransaction({
      ...{ type: "eip1559", chainId: L1_CHAIN_ID, to: this.deployment.addresses.optimismPortal, data, value: wei },
      ...{ gas: 1_000_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n, nonce },
    });
    const hash = await this.l1.sendRawTransaction({ serializedTransaction: raw });
    const { status } = await this.l1.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error("the deposit was reverted");
  }

  #flags(role: RoleName): readonly string[] {
    const l1 = [
      "--l1-rpc",
      this.anvil.url,
      "--l1-blobs-by-number",
      "true",
      "--l1-poll-ms",
      "200",
      "--log-level",
      "error",
    ];
    const common = ["--deployment", this.deploymentFile, ...l1];
    const port = this.#ports.get(role) ?? "0";
    const inference = ["--inference-enabled", `${this.#inference}`];
    const stream = this.#streams.get(role);
    const p2p = ["--p2p-enabled", "true", "--p2p-port", stream ? new URL(stream).port : "0"];
    const node = ["--data-dir", this.dataDir(role), "--rpc-port", port, "--execution-threads", "1", ...inference];
    const flags: Readonly<Record<RoleName, () => readonly string[]>> = {
      sequencer: () => [...node, ...p2p, "--confirmations", "0"],
      verifier: () => node,
      relay: () => [...node, ...p2p, "--peer", this.#streams.get("sequencer")!],
      follower: () => [...node, "--peer", this.#streams.get("relay")!],
      batcher: () => [
        // What an L1 reorg took out of the pool is sent again soon.
        ...["--sequencer-url", this.url("sequencer"), "--posting-interval-ms", "500", "--patience-seconds", "5"],
      ],
      proposer: () => [
        ...["--sequencer-url", this.url("sequencer"), "--proposals-up-to", "safe"],
        ...["--proposals-interval-blocks", "5", "--proposals-poll-ms", "500"],
      ],
    };
    return [...common, ...flags[role]()];
  }

  async #end(role: RoleName, signal: NodeJS.Signals): Promise<void> {
    const child = this.#running.get(role);
    this.#running.delete(role);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
}

function readyEvent(child: ChildProcess, role: RoleName): Promise<{ rpcUrl?: string; p2pUrl?: string }> {
  return new Promise((resolve, reject) => {
    createInterface(child.stdout!).on("line", (line) => {
      const event = JSON.parse(line) as { event: string; rpcUrl?: string; p2pUrl?: string };
      if (event.event === "ready") resolve(event);
    });
    child.once("exit", (code) => reject(new Error(`the ${role} ended with ${code}`)));
  });
}

/** Asks again until the answer is yes. */
export async function eventually(question: () => Promise<boolean>, patience = 120_000): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    const answer = await question().catch((error: Error) => error);
    if (answer === true) return;
    if (performance.now() > end) throw new Error(`waited ${patience} ms in vain`, { cause: answer });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
