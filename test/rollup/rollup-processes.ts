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
import { FaultyL1 } from "./faulty-l1.ts";
import type { KillMoment } from "./kill-moment.ts";

/** `relay` and `follower` are verifiers, too: with an unsafe head from the sequencer, and from the relay. */
export type RoleName = "sequencer" | "batcher" | "proposer" | "verifier" | "relay" | "follower" | "da-server";
/** Roles that answer JSON-RPC. */
export type NodeName = Exclude<RoleName, "batcher" | "proposer" | "da-server">;

export interface RollupTestOptions {
  /** L1 blocks in which a batch must be posted. */
  readonly window?: number;
  /** Serve the on-chain model. */
  readonly inference?: boolean;
  /** L1 begins so many seconds ago: that much of its time a test may skip. */
  readonly behind?: number;
  /** Keep batches with a server, the role `da-server`. */
  readonly altDa?: boolean;
  /** More flags of a role. */
  readonly flags?: Partial<Readonly<Record<RoleName, readonly string[]>>>;
  /** Accounts that have ether on L2. */
  readonly funded?: readonly Hex[];
}

/** What a role reports of itself. */
export interface RoleEvent {
  readonly event: string;
  readonly code?: string;
  readonly reason?: string;
  readonly did?: string;
  readonly rpcUrl?: string;
  readonly url?: string;
  readonly p2pUrl?: string;
}

export interface StartOptions {
  /** Where its process ends by SIGKILL. */
  readonly killAt?: KillMoment;
  /** Besides those of every start. */
  readonly flags?: readonly string[];
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
  static readonly batcher: Hex = account(keys.batcher).address;
  static readonly chainId: number = CHAIN_ID;
  readonly anvil: AnvilProcess;
  /** What the roles take for L1. */
  readonly faults: FaultyL1;
  readonly deployment: Deployment;
  readonly l1: PublicClient;
  readonly #folder: string;
  readonly #options: RollupTestOptions;
  readonly #running = new Map<RoleName, ChildProcess>();
  readonly #ports = new Map<RoleName, string>();
  readonly #streams = new Map<RoleName, string>();
  readonly #events = new Map<RoleName, RoleEvent[]>();

  private constructor(
    anvil: AnvilProcess,
    faults: FaultyL1,
    deployment: Deployment,
    folder: string,
    options: RollupTestOptions,
  ) {
    this.anvil = anvil;
    this.faults = faults;
    this.deployment = deployment;
    this.l1 = createPublicClient({ transport: http(anvil.url), pollingInterval: 100, cacheTime: 0 });
    this.#folder = folder;
    this.#options = options;
  }

  static async create(binary: string, options: RollupTestOptions = {}): Promise<RollupProcesses> {
    const { window = 200, behind = BEHIND, altDa = false, funded = [] } = options;
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
        derivation: { blockTimeSeconds: 1, sequencerWindowBlocks: window, altDa: altDa ? "keccak" : "none" },
      }),
      l1: await connectL1Account({ account: account(keys.deployer), transport: http(anvil.url) }),
      funded: [RollupProcesses.user.address, ...funded].map((address) => ({ address, wei: parseEther("1000") })),
    });
    await anvil.request("evm_setAutomine", [false]);
    await anvil.request("evm_setIntervalMining", [1]);
    const folder = mkdtempSync(join(tmpdir(), "hyperion-roles-"));
    writeDeployment(join(folder, "deployment.json"), deployment);
    return new RollupProcesses(anvil, await FaultyL1.open(anvil.url), deployment, folder, options);
  }

  /** Starts a role, at the address that it had before. Resolves when it is ready. */
  async start(role: RoleName, { killAt, flags = [] }: StartOptions = {}): Promise<void> {
    const main = join(REPOSITORY, "apps", "cli", "dist", "main.js");
    const command = role === "relay" || role === "follower" ? "verifier" : role;
    const preload = killAt ? ["--import", join(REPOSITORY, "test", "dist", "rollup", "kill-at.js")] : [];
    const child = spawn(process.execPath, [...preload, main, command, "--json", ...this.#flags(role), ...flags], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        HYPERION_BATCHER_KEY: keyOf(keys.batcher),
        HYPERION_PROPOSER_KEY: keyOf(keys.proposer),
        HYPERION_UNSAFE_SIGNER_KEY: keyOf(keys.sequencer),
        ...(killAt && { HYPERION_TEST_KILL_AT: JSON.stringify(killAt) }),
      },
    });
    this.#running.set(role, child);
    const events: RoleEvent[] = [];
    this.#events.set(role, events);
    const ready = readyEvent(child, role, events);
    // Some moments come before it is ready.
    const { rpcUrl, p2pUrl, url = rpcUrl } = await (killAt ? ready.catch((): Partial<RoleEvent> => ({})) : ready);
    if (url) this.#ports.set(role, new URL(url).port);
    if (p2pUrl) this.#streams.set(role, p2pUrl);
  }

  /** What the role has reported since its last start, oldest first. */
  events(role: RoleName): readonly RoleEvent[] {
    return this.#events.get(role) ?? [];
  }

  /** Process number of a running role. */
  pid(role: RoleName): number {
    return this.#running.get(role)!.pid!;
  }

  /** Waits until the role's process was killed at its moment. */
  async died(role: RoleName, patience = 120_000): Promise<void> {
    const child = this.#running.get(role)!;
    await eventually(async () => child.signalCode === "SIGKILL", patience);
    this.#running.delete(role);
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
    await this.faults.close();
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
      this.faults.url,
      "--l1-blobs-by-number",
      "true",
      "--l1-poll-ms",
      "200",
      "--log-level",
      "error",
    ];
    const common = ["--deployment", this.deploymentFile, ...l1];
    const { inference = false, altDa = false, flags: more = {} } = this.#options;
    const port = this.#ports.get(role) ?? "0";
    const da = altDa ? ["--l1-alt-da", `http://127.0.0.1:${this.#ports.get("da-server")}`] : [];
    const folder = ["--data-dir", this.dataDir(role)];
    const threads = ["--execution-threads", "1", "--inference-enabled", `${inference}`];
    const stream = this.#streams.get(role);
    const p2p = ["--p2p-enabled", "true", "--p2p-port", stream ? new URL(stream).port : "0"];
    const node = [...common, ...da, ...folder, "--rpc-port", port, ...threads];
    const source = ["--sequencer-url", this.url("sequencer")];
    const flags: Readonly<Record<RoleName, () => readonly string[]>> = {
      sequencer: () => [...node, ...p2p, "--confirmations", "0"],
      verifier: () => node,
      relay: () => [...node, ...p2p, "--peer", this.#streams.get("sequencer")!],
      follower: () => [...node, "--peer", this.#streams.get("relay")!],
      batcher: () => [
        // What an L1 reorg took out of the pool is sent again soon.
        ...[...common, ...da, ...source, "--patience-seconds", "5"],
        ...["--posting-interval-ms", "500", "--posting-max-wait-seconds", "0"],
      ],
      proposer: () => [
        ...[...common, ...source, "--proposals-up-to", "safe", "--patience-seconds", "5"],
        ...["--proposals-interval-blocks", "5", "--proposals-poll-ms", "500"],
      ],
      "da-server": () => [...folder, "--port", port],
    };
    return [...flags[role](), ...(more[role] ?? [])];
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

function readyEvent(child: ChildProcess, role: RoleName, events: RoleEvent[]): Promise<RoleEvent> {
  return new Promise((resolve, reject) => {
    createInterface(child.stdout!).on("line", (line) => {
      const event = JSON.parse(line) as RoleEvent;
      events.push(event);
      if (event.event === "ready") resolve(event);
    });
    child.once("exit", (code, signal) => reject(new Error(`the ${role} ended with ${code ?? signal}`)));
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
