import type { Hex } from "viem";
import { encodeFunctionData, erc20Abi, getContractAddress, hexToNumber, toHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { rpc } from "./json-rpc.ts";
import { tokenCreationCode } from "./token.ts";

/** Signed ERC-20 transfers as a load on a node through JSON-RPC, every answer checked. */

const GAS_PRICE = 20_000_000_000n;
/** Ample: a node whose newest fork charges for growing state uses more than twice what others do for a first transfer. */
const TRANSFER_GAS = 300_000n;
const SHARE = 10n ** 21n;
const FUNDS = 10n ** 20n;

/** The accounts that development nodes fund. */
const MNEMONIC = "test test test test test test test test test test test junk";

export type Account = ReturnType<typeof mnemonicToAccount>;

/** Pays for the others. */
export const OWNER: Hex = mnemonicToAccount(MNEMONIC).address;

export interface Node {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** Senders with their tokens on one node. */
export interface Holders {
  readonly url: string;
  readonly chainId: number;
  readonly token: Hex;
  readonly accounts: readonly Account[];
}

/** Deploys the token and gives each of `count` development accounts ether and a share. */
export async function deployToken(url: string, count: number): Promise<Holders> {
  const accounts = Array.from({ length: count }, (_, index) => mnemonicToAccount(MNEMONIC, { addressIndex: index }));
  const [owner] = accounts as [Account];
  const chainId = hexToNumber(await rpc<Hex>(url, "eth_chainId", []));
  let nonce = hexToNumber(await rpc<Hex>(url, "eth_getTransactionCount", [owner.address, "latest"]));
  const token = getContractAddress({ from: owner.address, nonce: BigInt(nonce) });
  const send = async (transaction: { gas: bigint; to?: Hex; data?: Hex; value?: bigint }): Promise<void> => {
    await sendChecked(
      url,
      await owner.signTransaction({ ...transaction, chainId, gasPrice: GAS_PRICE, nonce: nonce++ }),
    );
  };
  await send({ gas: 6_000_000n, data: tokenCreationCode() });
  for (const { address } of accounts.slice(1)) {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [address, SHARE] });
    await send({ gas: TRANSFER_GAS, to: token, data });
    if (BigInt(await rpc<Hex>(url, "eth_getBalance", [address, "latest"])) < FUNDS) {
      await send({ gas: TRANSFER_GAS, to: address, value: FUNDS });
    }
  }
  return { url, chainId, token, accounts };
}

async function sendChecked(url: string, raw: Hex): Promise<void> {
  const { status } = await rpc<{ status: Hex }>(url, "eth_sendRawTransactionSync", [raw]);
  if (status !== "0x1") throw new Error("a preparing transaction failed");
}

/** Transfers of one token unit to a recipient of its own per account, in nonce order. */
export async function signTransfers({ url, chainId, token, accounts }: Holders, each: number): Promise<Hex[][]> {
  const lanes: Hex[][] = [];
  for (const [index, account] of accounts.entries()) {
    const first = hexToNumber(await rpc<Hex>(url, "eth_getTransactionCount", [account.address, "pending"]));
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [recipient(index), 1n] });
    const transaction = { chainId, gasPrice: GAS_PRICE, gas: TRANSFER_GAS, to: token, data };
    const nonces = Array.from({ length: each }, (_, offset) => first + offset);
    lanes.push(await Promise.all(nonces.map((nonce) => account.signTransaction({ ...transaction, nonce }))));
  }
  return lanes;
}

function recipient(index: number): Hex {
  return toHex(0xbeef0000 + index, { size: 20 });
}

/** Throws unless every recipient got `expected` units. */
export async function checkBalances({ url, token, accounts }: Holders, expected: number): Promise<void> {
  for (const index of accounts.keys()) {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [recipient(index)] });
    const balance = BigInt(await rpc<Hex>(url, "eth_call", [{ to: token, data }, "pending"]));
    if (balance !== BigInt(expected)) throw new Error(`recipient ${index} has ${balance}, not ${expected}`);
  }
}

export interface Answer<T> {
  readonly result: T;
  readonly error?: { readonly message: string };
}

export interface Receipt {
  readonly status: Hex;
  readonly logs: readonly { readonly address: Hex }[];
}

/** Body of a JSON-RPC request. */
export function request(method: string, params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

/** Throws unless the answer is the receipt of a successful transfer. */
export function checkTransfer({ result, error }: Answer<Receipt>, token: Hex): void {
  if (error !== undefined) throw new Error(error.message);
  const { status, logs } = result;
  if (status !== "0x1" || logs[0]?.address.toLowerCase() !== token.toLowerCase()) throw new Error("a transfer failed");
}
