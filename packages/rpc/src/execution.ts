import {
  activeFork,
  type BlockOverrides,
  type BlockRef,
  type SessionOptions,
  type StateSession,
} from "@hyperion/chain";
import type { CallOutcome, CallRequest, InvalidTransaction } from "@hyperion/kernel";
import type { RpcContext } from "./context.ts";
import { executionError, RPC_CODES, RpcError, serverError, transactionErrorMessage } from "./errors.ts";
import { isAtLeast } from "./fork-schedule.ts";
import type { CallParameter, StateOverrideParameter } from "./schema/call.ts";

/** A message that would not be valid as asked, in the wording of other clients. */
export const invalidCallError = ({ code, message }: InvalidTransaction): RpcError =>
  serverError(`${transactionErrorMessage(code)}: ${message}`);

/** Session options of a call: overrides as asked. Precompiles can only be moved in eth_simulateV1. */
export const sessionOptions = (
  overrides: StateOverrideParameter | undefined,
  blockOverrides: BlockOverrides | undefined,
): SessionOptions => ({
  ...(overrides ? { overrides } : {}),
  ...(blockOverrides ? { blockOverrides } : {}),
});

/** The call with gas bounded by the node's cap. */
export const capGas = (request: CallParameter, cap: bigint): CallRequest => {
  const { chainId: _, ...call } = request;
  return { ...call, gas: call.gas !== undefined && call.gas < cap ? call.gas : cap };
};

/** Refuses a call that names another chain. */
export const checkChainId = ({ chain }: RpcContext, { chainId }: CallParameter): void => {
  if (chainId !== undefined && chainId !== chain.config.chainId) {
    throw serverError(`chainId does not match node's (have=${chainId}, want=${chain.config.chainId})`);
  }
};

/** Executes a message on a state and returns what it did, valid calls only. */
export const execute = async (
  { chain }: RpcContext,
  ref: BlockRef,
  request: CallRequest,
  options: SessionOptions,
): Promise<Extract<CallOutcome, { valid: true }>> => {
  const outcome = await chain.call(ref, request, options);
  if (!outcome.valid) throw invalidCallError(outcome);
  return outcome;
};

/** EIP-7825: most gas of one transaction from Osaka on. */
const MAX_TRANSACTION_GAS = 16_777_216n;
const CALL_STIPEND = 2_300n;
const TRANSFER_GAS = 21_000n;
/** The answer may exceed the least sufficient gas by 1.5 %. */
const TOLERANCE = { numerator: 15n, denominator: 1_000n } as const;

const minimum = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The most gas that the block (or the call itself), the fork, the sender's balance and the node allow. */
const gasAllowance = (
  { chain, config }: RpcContext,
  { kernel, header }: StateSession,
  request: CallRequest,
): bigint => {
  const limits = [BigInt(config.gasCap)];
  limits.push(request.gas !== undefined && request.gas >= TRANSFER_GAS ? request.gas : header.gasLimit);
  if (isAtLeast(activeFork(chain.config, header.number, header.timestamp), "osaka")) limits.push(MAX_TRANSACTION_GAS);
  const price = request.gasPrice ?? request.maxFeePerGas ?? 0n;
  if (price > 0n && request.from) {
    const available = (kernel.account(request.from)?.balance ?? 0n) - (request.value ?? 0n);
    if (available < 0n) throw serverError("insufficient funds for transfer");
    limits.push(available / price);
  }
  return limits.reduce(minimum);
};

const isPlainTransfer = ({ kernel }: StateSession, { to, data }: CallRequest): boolean =>
  to !== undefined && (data === undefined || data.length === 0) && kernel.code(to).length === 0;

/**
 * The least gas with which a message succeeds, up to 1.5 % more: a first run with everything the sender may use bounds
 * it from below, a guess from what that run used bounds it from above, bisection does the rest. The steps are those of
 * other clients, so that estimates agree. Throws the execution's error when it fails even with everything.
 */
export const estimateGas = (context: RpcContext, session: StateSession, request: CallRequest): bigint => {
  const { kernel } = session;
  const run = (gas: bigint): CallOutcome => session.scratch(() => kernel.call({ ...request, gas }));
  const succeeds = (gas: bigint): boolean => {
    const outcome = run(gas);
    return outcome.valid && outcome.halt === "success";
  };
  if (isPlainTransfer(session, request) && succeeds(TRANSFER_GAS)) return TRANSFER_GAS;
  let high = gasAllowance(context, session, request);
  const first = run(high);
  if (!first.valid) throw allowanceError(first, high);
  if (first.halt === "outOfGas") throw serverError(`gas required exceeds allowance (${high})`);
  if (first.halt !== "success") throw executionError(first.halt, first.output);
  let low = first.gasUsed - 1n;
  const narrow = (gas: bigint): void => {
    if (succeeds(gas)) high = gas;
    else low = gas;
  };
  const guess = ((first.gasUsedBeforeRefund + CALL_STIPEND) * 64n) / 63n;
  if (guess < high) narrow(guess);
  while (low + 1n < high && (high - low) * TOLERANCE.denominator >= high * TOLERANCE.numerator) {
    narrow(minimum((low + high) / 2n, low * 2n));
  }
  return high;
};

const TOO_LITTLE: ReadonlySet<string> = new Set(["INTRINSIC_GAS_TOO_LOW", "FLOOR_GAS_TOO_LOW"]);

const allowanceError = (outcome: InvalidTransaction, allowance: bigint): RpcError =>
  TOO_LITTLE.has(outcome.code)
    ? new RpcError(RPC_CODES.server, `gas required exceeds allowance (${allowance})`)
    : invalidCallError(outcome);
