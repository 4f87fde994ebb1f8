import { nextHeader } from "../block-lookup.ts";
import type { DevSigner, RpcContext } from "../context.ts";
import { invalidParams, RPC_CODES, RpcError, serverError } from "../errors.ts";
import { estimateGas } from "../execution.ts";
import { suggestTip } from "../fees.ts";
import { formatReceipt } from "../format/receipt.ts";
import { data, equalBytes, quantity } from "../hex.ts";
import { keccak256 } from "../keccak.ts";
import { type CallParameter, callParameter } from "../schema/call.ts";
import { address, bytes, DecodeProblem, decodeData } from "../schema/scalars.ts";
import { encodeSigned, signingPayload, type UnsignedTransaction } from "../transaction-encode.ts";
import { type MethodTable, method, rawMethod } from "./method.ts";

/** Decodes the signed transaction by hand: this is the node's busiest path. */
const rawTransaction = (value: unknown): Uint8Array => {
  if (value === undefined || value === null) throw invalidParams("missing value for required argument 0");
  try {
    return decodeData(value);
  } catch (error) {
    if (error instanceof DecodeProblem) throw invalidParams(`invalid argument 0: ${error.message}`);
    throw error;
  }
};

/** The wait asked for, or the node's default when it is absent or not acceptable (EIP-7966). */
const syncTimeout = ({ config }: RpcContext, value: unknown): number => {
  const asked = typeof value === "string" && /^0x[0-9a-fA-F]{1,12}$/.test(value) ? Number(value) : value;
  const valid = typeof asked === "number" && Number.isInteger(asked) && asked > 0 && asked <= config.maxSyncTimeoutMs;
  return valid ? asked : config.syncTimeoutMs;
};

/** EIP-7966: code 6 tells the nonce that is missing, code 4 that time is over. */
const NONCE_GAP = 6;

const sendSync = async (context: RpcContext, raw: Uint8Array, timeout: number): Promise<unknown> => {
  const { chain, ordering } = context;
  const hash = await ordering.submit(raw);
  const done = chain.receipt(hash, { pending: true });
  if (done) return formatReceipt(done);
  const queued = chain.pool.get(hash);
  const expected = queued ? chain.pool.nextNonce(queued.from) : 0n;
  if (queued && queued.nonce > expected) {
    throw new RpcError(
      NONCE_GAP,
      "transaction was added to the pool but waits for a missing nonce",
      quantity(expected),
    );
  }
  const receipt = await chain.waitForReceipt(hash, timeout);
  if (receipt) return formatReceipt(receipt);
  const message = `transaction was added to the pool but not processed in ${timeout} ms`;
  throw new RpcError(RPC_CODES.syncTimeout, message, data(hash));
};

const signerOf = ({ signers }: RpcContext, from: Uint8Array): DevSigner | undefined =>
  signers.find((signer) => equalBytes(signer.address, from));

const requireSigner = (context: RpcContext, from: Uint8Array): DevSigner => {
  const signer = signerOf(context, from);
  if (!signer) throw serverError("unknown account");
  return signer;
};

/** Fees of a transaction that names none: twice the base fee leaves room for six full blocks. */
const withFees = ({ chain }: RpcContext, call: CallParameter): CallParameter => {
  if (call.gasPrice !== undefined) return call;
  const baseFee = nextHeader(chain).baseFeePerGas;
  const tip = call.maxPriorityFeePerGas ?? suggestTip(chain);
  if (baseFee === undefined) return { ...call, gasPrice: tip };
  const maxFeePerGas = call.maxFeePerGas ?? baseFee * 2n + tip;
  return { ...call, maxFeePerGas, maxPriorityFeePerGas: tip < maxFeePerGas ? tip : maxFeePerGas };
};

/** Fills in nonce, fees and gas of a transaction the node is to send for `from`. */
const complete = async (
  context: RpcContext,
  { chainId, ...call }: CallParameter,
): Promise<UnsignedTransaction & { readonly from: Uint8Array }> => {
  const { chain } = context;
  if (!call.from) throw invalidParams("missing from");
  if (chainId !== undefined && chainId !== chain.config.chainId) throw invalidParams("chainId does not match node's");
  const priced = withFees(context, call);
  const gas = call.gas ?? (await chain.session("pending", {}, (session) => estimateGas(context, session, call)));
  return { ...priced, from: call.from, gas, nonce: call.nonce ?? chain.pool.nextNonce(call.from) };
};

const sign = (context: RpcContext, signer: DevSigner, transaction: UnsignedTransaction): Uint8Array => {
  const { chainId } = context.chain.config;
  const signature = signer.sign(keccak256(signingPayload(transaction, chainId)));
  return encodeSigned(transaction, chainId, signature);
};

/** Sends for an account the node signs for, or for an impersonated one. */
const sendTransaction = async (context: RpcContext, call: CallParameter): Promise<string> => {
  const { from } = call;
  if (!from) throw invalidParams("missing from");
  const signer = signerOf(context, from);
  const sealing = signer || !context.chain.dev.isImpersonated(from) ? undefined : context.sealing;
  if (!signer && !sealing) throw serverError("unknown account");
  const transaction = await complete(context, call);
  const hash = sealing
    ? await sealing.submitUnsigned(transaction)
    : await context.ordering.submit(sign(context, requireSigner(context, from), transaction));
  return data(hash);
};

/** EIP-191 version 0x45. */
const personalDigest = (message: Uint8Array): Uint8Array =>
  keccak256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`, "latin1"), message]));

/** Transactions on their way in. */
export const ethSendMethods: MethodTable = {
  eth_sendRawTransaction: rawMethod({
    namespace: "eth",
    cost: "write",
    summary: "Submits a signed transaction and returns its hash.",
    parameters: ["transaction"],
    invoke: ({ ordering }, _, [raw]) => ordering.submit(rawTransaction(raw)).then(data),
  }),
  eth_sendRawTransactionSync: rawMethod({
    namespace: "eth",
    cost: "wait",
    summary: "Submits a signed transaction and returns its receipt as soon as it is executed (EIP-7966).",
    parameters: ["transaction", "timeoutMs?"],
    invoke: (context, _, [raw, timeout]) => sendSync(context, rawTransaction(raw), syncTimeout(context, timeout)),
  }),
  eth_sendTransaction: method({
    namespace: "eth",
    cost: "write",
    summary: "Signs and submits for a development account, or submits for an impersonated one.",
    params: { transaction: callParameter },
    handle: ({ transaction }, context) => sendTransaction(context, transaction),
  }),
  eth_signTransaction: method({
    namespace: "eth",
    cost: "execute",
    summary: "Signs for a development account without submitting.",
    params: { transaction: callParameter },
    handle: async ({ transaction }, context) => {
      const signer = requireSigner(context, transaction.from ?? new Uint8Array(20));
      const completed = await complete(context, transaction);
      return data(sign(context, signer, completed));
    },
  }),
  eth_sign: method({
    namespace: "eth",
    cost: "cheap",
    summary: "EIP-191 signature of a development account.",
    params: { address, message: bytes },
    handle: (params, context) => {
      const { r, s, yParity } = requireSigner(context, params.address).sign(personalDigest(params.message));
      const word = (value: bigint): string => value.toString(16).padStart(64, "0");
      return `0x${word(r)}${word(s)}${(27 + yParity).toString(16)}`;
    },
  }),
  eth_accounts: method({
    namespace: "eth",
    cost: "cheap",
    summary: "Development accounts the node signs for.",
    params: {},
    handle: (_, { signers }) => signers.map(({ address: of }) => data(of)),
  }),
};
