import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { createEVM } from "@ethereumjs/evm";
import { SimpleStateManager } from "@ethereumjs/statemanager";
import { Account, Address, hexToBytes, setLengthLeft } from "@ethereumjs/util";
import type { CodeCompiler, Header } from "@hyperion/kernel";
import { Kernel, presetConfig } from "@hyperion/kernel";
import type { Anvil } from "./anvil.ts";
import { startAnvil } from "./anvil.ts";
import { RpcError } from "./json-rpc.ts";
import { cpuOf, ownCpu } from "./measure.ts";
import type { Revm } from "./revm.ts";
import { openRevm } from "./revm.ts";
import type { Workload, WorkloadAccount } from "./workloads.ts";
import { loopCode } from "./workloads.ts";

type Hex = `0x${string}`;

export interface Run {
  readonly gas: bigint;
  readonly cpuMilliseconds: number;
}

/** An EVM that runs a workload's call `repeat` times in one transaction-like call and forgets the effects. */
export interface Engine {
  readonly name: string;
  /** Whether `Run.gas` is the gas of a whole transaction before refunds, to the unit. */
  readonly reportsGas: boolean;
  prepare(workload: Workload): Promise<void>;
  run(workload: Workload, repeat: bigint): Promise<Run>;
  close(): Promise<void>;
}

/** A workload's call did not succeed. */
export class CallFailed extends Error {
  readonly code = "CALL_FAILED";
}

/** Prague: the newest rules without EIP-7825's cap on a transaction's gas. */
export const FORK = "Prague";
const GAS = 1_000_000_000_000n;
const CALLER = `0x${"ee".repeat(20)}` as const;
const EMPTY_ROOT: Hex = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";

/** Whether the loop of `loopCode` came to its end. */
function completed(output: Uint8Array): boolean {
  return output.length === 1;
}

function revertData(error: unknown): Hex {
  if (error instanceof RpcError && typeof error.data === "string") return error.data as Hex;
  throw error;
}

function calldata(workload: Workload, repeat: bigint): Hex {
  return `0x${repeat.toString(16).padStart(64, "0")}${workload.data.slice(2)}`;
}

/** The workload's accounts with the loop contract standing at the sender's address. */
function accountsOf(workload: Workload): WorkloadAccount[] {
  const code = `0x${Buffer.from(loopCode(workload.to)).toString("hex")}`;
  const others = workload.accounts.filter(({ address }) => address !== workload.sender);
  return [...others, { address: workload.sender, code, balance: 10n ** 24n, storage: {} }];
}

function word(hex: string): Uint8Array {
  return setLengthLeft(hexToBytes(`0x${hex.slice(2).padStart(64, "0")}`), 32);
}

/** Hyperion's kernel with all its caches, in this process. */
export async function hyperionEngine(fork: string = FORK, compiler?: CodeCompiler): Promise<Engine> {
  const noOracle = { preimage: () => undefined, blockHash: () => undefined };
  const kernel = await Kernel.create({ config: presetConfig(fork)!, oracle: noOracle, ...(compiler && { compiler }) });
  return {
    name: "Hyperion",
    reportsGas: true,
    async prepare(workload) {
      openState(kernel, accountsOf(workload));
    },
    async run(workload, repeat) {
      const request = {
        from: hexToBytes(CALLER),
        to: hexToBytes(workload.sender as Hex),
        data: hexToBytes(calldata(workload, repeat)),
        gas: GAS,
      };
      const before = ownCpu();
      const outcome = kernel.call(request);
      const cpuMilliseconds = ownCpu() - before;
      if (!outcome.valid) throw new CallFailed(`${workload.name}: ${outcome.message}`);
      if (!completed(outcome.output)) throw new CallFailed(`${workload.name}: ${outcome.halt}`);
      return { gas: outcome.gasUsedBeforeRefund, cpuMilliseconds };
    },
    async close() {},
  };
}

/** Opens a block, in which calls cost nothing but gas, on a state of these accounts; all have nonce 1. */
export function openState(kernel: Kernel, accounts: readonly WorkloadAccount[]): void {
  kernel.open(hexToBytes(EMPTY_ROOT));
  openBlock(kernel);
  for (const { address, code, balance, storage } of accounts) {
    const state = Object.entries(storage).map(([key, value]) => [word(key), word(value)] as const);
    kernel.override(hexToBytes(address as Hex), { balance, nonce: 1n, code: Buffer.from(code.slice(2), "hex"), state });
  }
}

export function openBlock(kernel: Kernel): void {
  const attributes = {
    timestamp: 1000n,
    coinbase: new Uint8Array(20),
    gasLimit: GAS,
    prevRandao: new Uint8Array(32),
    parentBeaconBlockRoot: new Uint8Array(32),
    overrides: { baseFeePerGas: 0n },
  };
  kernel.beginBlock(parentHeader(), new Uint8Array(32), attributes);
}

function parentHeader(): Header {
  const hash = hexToBytes(EMPTY_ROOT);
  const zero = new Uint8Array(32);
  return {
    parentHash: zero,
    ommersHash: zero,
    coinbase: new Uint8Array(20),
    stateRoot: hash,
    transactionsRoot: hash,
    receiptsRoot: hash,
    logsBloom: new Uint8Array(256),
    difficulty: 0n,
    number: 0n,
    gasLimit: GAS,
    gasUsed: 0n,
    timestamp: 0n,
    extraData: new Uint8Array(0),
    mixHash: zero,
    nonce: new Uint8Array(8),
    baseFeePerGas: 0n,
    withdrawalsRoot: hash,
    blobGasUsed: 0n,
    excessBlobGas: 0n,
    parentBeaconBlockRoot: zero,
    requestsHash: zero,
  };
}

/** The `revm` crate itself. It reports gas as the kernel does, so a difference in consensus would show here. */
export function revmEngine(revm: Revm): Engine {
  return {
    name: "revm",
    reportsGas: true,
    async prepare(workload) {
      await openRevm(revm, FORK, accountsOf(workload));
    },
    async run(workload, repeat) {
      const data = calldata(workload, repeat);
      const answer = await revm.ask({ op: "call", from: CALLER, to: workload.sender, data, gas: Number(GAS) });
      if (!completed(hexToBytes(answer.output))) throw new CallFailed(workload.name);
      return { gas: BigInt(answer.gas), cpuMilliseconds: answer.execute / 1e6 };
    },
    async close() {
      revm.close();
    },
  };
}

/** anvil's revm through eth_call; the CPU time is that of all its threads. */
export async function anvilEngine(): Promise<Engine> {
  const anvil: Anvil = await startAnvil(["--gas-limit", `${GAS}`, "--hardfork", "prague", "--base-fee", "0"]);
  return {
    name: "anvil",
    reportsGas: false,
    async prepare(workload) {
      for (const { address, code, balance, storage } of accountsOf(workload)) {
        await anvil.rpc("anvil_setCode", [address, code]);
        await anvil.rpc("anvil_setBalance", [address, `0x${balance.toString(16)}`]);
        for (const [key, value] of Object.entries(storage)) {
          const hex = (text: string): string => `0x${Buffer.from(word(text)).toString("hex")}`;
          await anvil.rpc("anvil_setStorageAt", [address, hex(key), hex(value)]);
        }
      }
    },
    async run(workload, repeat) {
      const call = {
        from: CALLER,
        to: workload.sender,
        data: calldata(workload, repeat),
        gas: `0x${GAS.toString(16)}`,
        gasPrice: "0x0",
      };
      const before = cpuOf(anvil.pid);
      const output = await anvil.rpc("eth_call", [call, "latest"]).then(() => "0x" as const, revertData);
      if (!completed(hexToBytes(output))) throw new CallFailed(workload.name);
      return { gas: 0n, cpuMilliseconds: cpuOf(anvil.pid) - before };
    },
    close: () => anvil.close(),
  };
}

/** `@ethereumjs/evm` in this process, with the fastest of its state managers: plain maps without a trie. */
export async function ethereumjsEngine(): Promise<Engine> {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Prague });
  let evm = await createEVM({ common, stateManager: new SimpleStateManager({ common }) });
  const address = (text: string): Address => new Address(hexToBytes(text as Hex));
  return {
    name: "ethereumjs",
    reportsGas: false,
    async prepare(workload) {
      const stateManager = new SimpleStateManager({ common });
      evm = await createEVM({ common, stateManager, allowUnlimitedContractSize: true });
      for (const { address: at, code, balance, storage } of accountsOf(workload)) {
        await stateManager.putAccount(address(at), new Account(1n, balance));
        await stateManager.putCode(address(at), hexToBytes(code as Hex));
        for (const [key, value] of Object.entries(storage))
          await stateManager.putStorage(address(at), word(key), word(value));
      }
    },
    async run(workload, repeat) {
      const data = hexToBytes(calldata(workload, repeat));
      await evm.stateManager.checkpoint();
      const before = ownCpu();
      const { execResult } = await evm.runCall({
        caller: address(CALLER),
        to: address(workload.sender),
        data,
        gasLimit: GAS,
      });
      const cpuMilliseconds = ownCpu() - before;
      await evm.stateManager.revert();
      await evm.journal.cleanup();
      if (!completed(execResult.returnValue))
        throw new CallFailed(`${workload.name}: ${execResult.exceptionError?.error ?? "no result"}`);
      return { gas: execResult.executionGasUsed, cpuMilliseconds };
    },
    async close() {},
  };
}
