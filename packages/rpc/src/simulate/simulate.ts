import { activeFork, type BlockRef, type StateSession } from "@hyperion/chain";
import type {
  BlockAttributes,
  CallOptions,
  CallOutcome,
  CallRequest,
  Header,
  InvalidTransaction,
  SealedBlock,
  Transaction,
} from "@hyperion/kernel";
import type { RpcContext } from "../context.ts";
import {
  haltMessage,
  RPC_CODES,
  RpcError,
  revertMessage,
  simulationErrorCode,
  transactionErrorMessage,
} from "../errors.ts";
import { isAtLeast } from "../fork-schedule.ts";
import { formatHeader } from "../format/block.ts";
import { type Json, optional } from "../format/json.ts";
import { formatLog } from "../format/log.ts";
import { formatTransaction } from "../format/transaction.ts";
import { data, quantity } from "../hex.ts";
import { keccak256 } from "../keccak.ts";
import { activePrecompiles } from "../precompiles.ts";
import type { Simulation } from "../schema/simulation.ts";
import { type PlannedBlock, planChain } from "./chain-plan.ts";
import { precompileMoves } from "./precompile-moves.ts";
import { type NumberedLog, type TransferLogCollector, transferLogCollector } from "./transfer-logs.ts";

type Executed = Extract<CallOutcome, { valid: true }>;

/** A call as it was executed, every default filled in. */
interface SimulatedCall {
  readonly request: CallRequest & { readonly from: Uint8Array; readonly nonce: bigint; readonly gas: bigint };
  readonly outcome: Executed;
  readonly logs: readonly NumberedLog[];
}

/** What is carried from block to block. */
interface Progress {
  readonly context: RpcContext;
  readonly session: StateSession;
  readonly simulation: Simulation;
  readonly moves: CallOptions["movedPrecompiles"];
  /** Gas left for the whole simulation. */
  budget: bigint;
  readonly deadline: number;
  readonly transfers: TransferLogCollector | undefined;
}

const ZERO_ADDRESS = new Uint8Array(20);
const ZERO_HASH = new Uint8Array(32);

/** eth_simulateV1 on the state of `ref`. */
export const simulate = (context: RpcContext, ref: BlockRef, simulation: Simulation): Promise<Json[]> => {
  const transfers = simulation.traceTransfers ? transferLogCollector() : undefined;
  return context.chain.session(ref, transfers ? { tracer: transfers.tracer } : {}, (session) => {
    const base = ref === "pending" ? session.header : (context.chain.header(ref) ?? session.header);
    const fork = activeFork(context.chain.config, base.number, base.timestamp);
    const precompiles = activePrecompiles(fork, context.chain.config.inference !== undefined);
    const deadline = performance.now() + context.config.requestTimeoutMs;
    let budget = BigInt(context.config.gasCap);
    let parent: { readonly header: Header; readonly hash?: Uint8Array } = { header: base };
    return planChain(base, simulation.blockStateCalls).map((block) => {
      const moves = precompileMoves(block.call.stateOverrides ?? [], precompiles);
      const progress: Progress = { context, session, simulation, moves, budget, deadline, transfers };
      const attributes = blockAttributes(progress, block, parent.header);
      const header = parent.hash
        ? session.beginOn(parent.header, parent.hash, attributes)
        : session.beginChild(attributes);
      for (const [address, override] of block.call.stateOverrides ?? []) session.kernel.override(address, override);
      const calls = executeCalls(progress, block, header);
      const sealed = session.kernel.seal();
      session.setBlockHash(sealed.header.number, sealed.hash);
      parent = { header: sealed.header, hash: sealed.hash };
      budget = progress.budget;
      return formatSimulatedBlock(progress, sealed, calls);
    });
  });
};

/**
 * Coinbase, gas limit and difficulty continue the previous block's; randomness does not. Without validation blocks have
 * no base fee unless one is given, so that calls need not pay.
 */
const blockAttributes = (progress: Progress, block: PlannedBlock, previous: Header): BlockAttributes => {
  const { overrides, number, timestamp } = block;
  const { config } = progress.context.chain;
  const fork = activeFork(config, number, timestamp);
  const hasBaseFee = isAtLeast(fork, "london");
  const baseFee = overrides.baseFeePerGas ?? (progress.simulation.validation ? undefined : 0n);
  return {
    timestamp,
    coinbase: overrides.coinbase ?? previous.coinbase,
    gasLimit: overrides.gasLimit ?? previous.gasLimit,
    prevRandao: overrides.prevRandao ?? ZERO_HASH,
    extraData: new Uint8Array(0),
    parentBeaconBlockRoot: ZERO_HASH,
    withdrawals: [],
    overrides: {
      number,
      difficulty: overrides.difficulty ?? previous.difficulty,
      ...(hasBaseFee ? optional("baseFeePerGas", baseFee, (fee) => fee) : {}),
      ...optional("blobBaseFee", overrides.blobBaseFee, (fee) => fee),
    },
  };
};

const executeCalls = (progress: Progress, block: PlannedBlock, header: Header): SimulatedCall[] => {
  let gasUsed = 0n;
  let logCount = 0;
  progress.transfers?.begin();
  return (block.call.calls ?? []).map((call) => {
    if (performance.now() > progress.deadline) throw new RpcError(RPC_CODES.timeout, "simulation timed out");
    const request = completeCall(progress, call, header, gasUsed);
    const { simulation, moves, session } = progress;
    const outcome = session.kernel.call(request, {
      keep: true,
      validate: simulation.validation === true,
      ...(moves && moves.length > 0 ? { movedPrecompiles: moves } : {}),
    });
    if (!outcome.valid) throw invalidCall(outcome, request.gas);
    gasUsed += outcome.gasUsed;
    progress.budget -= outcome.gasUsed;
    const logs = progress.transfers?.take() ?? outcome.logs.map((log) => ({ log, index: logCount++ }));
    return { request, outcome, logs };
  });
};

/** Fills in what the call leaves open: sender, nonce, the gas that is left, fees of zero. */
const completeCall = (
  { session, budget }: Progress,
  call: CallRequest,
  header: Header,
  gasUsed: bigint,
): SimulatedCall["request"] => {
  const from = call.from ?? ZERO_ADDRESS;
  const wanted = call.gas ?? header.gasLimit - gasUsed;
  if (gasUsed + wanted > header.gasLimit) {
    const message = `block gas limit reached: ${gasUsed} >= ${header.gasLimit}`;
    throw new RpcError(RPC_CODES.blockGasLimit, message);
  }
  return {
    ...withFees(call, header),
    from,
    nonce: call.nonce ?? session.kernel.account(from)?.nonce ?? 0n,
    gas: wanted < budget ? wanted : budget,
  };
};

const withFees = (call: CallRequest, header: Header): CallRequest => {
  if (call.gasPrice !== undefined) return call;
  if (header.baseFeePerGas === undefined) return { ...call, gasPrice: 0n };
  return { ...call, maxFeePerGas: call.maxFeePerGas ?? 0n, maxPriorityFeePerGas: call.maxPriorityFeePerGas ?? 0n };
};

const invalidCall = ({ code, message }: InvalidTransaction, gas: bigint): RpcError =>
  new RpcError(simulationErrorCode(code), `err: ${transactionErrorMessage(code)}: ${message} (supplied gas ${gas})`);

const formatSimulatedBlock = (progress: Progress, sealed: SealedBlock, calls: readonly SimulatedCall[]): Json => {
  const hashes = sealed.transactions.map(keccak256);
  const { header } = sealed;
  const full = progress.simulation.returnFullTransactions === true;
  const { chainId } = progress.context.chain.config;
  const results = calls.map((call, i) => formatCallResult(call, sealed, hashes[i] ?? ZERO_HASH, i));
  return {
    ...formatHeader(header, sealed.hash),
    size: quantity(sealed.rlp.length),
    transactions: full
      ? calls.map((call, index) =>
          formatTransaction({
            transaction: toTransaction(call, hashes[index] ?? ZERO_HASH, chainId),
            blockHash: sealed.hash,
            blockNumber: header.number,
            blockTimestamp: header.timestamp,
            index,
            ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: header.baseFeePerGas }),
          }),
        )
      : hashes.map(data),
    uncles: [],
    ...optional("withdrawals", header.withdrawalsRoot, () => []),
    calls: results,
  };
};

const formatCallResult = (
  { outcome, logs }: SimulatedCall,
  { header, hash }: SealedBlock,
  transactionHash: Uint8Array,
  transactionIndex: number,
): Json => ({
  returnData: outcome.halt === "success" ? data(outcome.output) : "0x",
  logs: logs.map(({ log, index }) =>
    formatLog({
      log,
      blockHash: hash,
      blockNumber: header.number,
      blockTimestamp: header.timestamp,
      transactionHash,
      transactionIndex,
      logIndex: index,
      removed: false,
    }),
  ),
  gasUsed: quantity(outcome.gasUsed),
  maxUsedGas: quantity(outcome.gasUsedBeforeRefund),
  status: outcome.halt === "success" ? "0x1" : "0x0",
  ...(outcome.halt === "success" ? {} : { error: callError(outcome) }),
});

const callError = ({ halt, output }: Executed): Json =>
  halt === "revert"
    ? { message: revertMessage(output), code: RPC_CODES.reverted, data: data(output) }
    : { message: haltMessage(halt), code: RPC_CODES.vmError };

/** The unsigned transaction a call stands for; its signature is zero. */
const toTransaction = ({ request, outcome }: SimulatedCall, hash: Uint8Array, chainId: bigint): Transaction => {
  const type = outcome.receipt.type as Transaction["type"];
  const { gas, ...fields } = request;
  const dynamic = {
    maxFeePerGas: request.maxFeePerGas ?? 0n,
    maxPriorityFeePerGas: request.maxPriorityFeePerGas ?? 0n,
  };
  const { maxFeePerGas: _, maxPriorityFeePerGas: __, gasPrice, maxFeePerBlobGas, ...common } = fields;
  return {
    ...common,
    type,
    hash,
    raw: new Uint8Array(0),
    gasLimit: gas,
    value: request.value ?? 0n,
    data: request.data ?? new Uint8Array(0),
    ...(type === 0 ? {} : { chainId, accessList: request.accessList ?? [] }),
    ...(type < 2 ? { gasPrice: gasPrice ?? 0n } : dynamic),
    ...(type === 3 ? { maxFeePerBlobGas: maxFeePerBlobGas ?? 0n } : {}),
    v: 0n,
    r: 0n,
    s: 0n,
  };
};
