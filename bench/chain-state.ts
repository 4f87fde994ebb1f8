import { Blockchain } from "@hyperion/chain";
import { Database } from "@hyperion/metisdb";
import { devAccounts, devChainConfig, devGenesis, nodeConfigSchema } from "@hyperion/node";
import { encodeFunctionData, erc20Abi, hexToBytes, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { appendBlock, fill, kernelOver } from "./db-state.ts";
import { balanceSlot, TOKEN, tokenCode } from "./token.ts";
import { addressOf } from "./trie.ts";

const CACHE_BYTES = 2 ** 31;
const SENDERS = 250;
const HOLDER_STEP = 20_000;
const ETHER = 10n ** 18n;

/** What the command line's `dev` takes to open a chain that `makeChain` made. */
export const DEV_SETTINGS: readonly string[] = ["--inference-enabled", "false"];

/**
 * Makes a directory with a development chain at genesis whose state has more accounts, a token, and holders of it: the first of
 * the accounts.
 */
export async function makeChain(directory: string, accounts: number, holders: number): Promise<void> {
  const { chain } = await openChain(directory);
  await chain.close();
  const database = Database.open(directory);
  const state = { database, kernel: await kernelOver(database, CACHE_BYTES) };
  await fill(state, accounts, true);
  state.kernel.override(TOKEN, { nonce: 1n, code: tokenCode() });
  for (const { address } of senders()) state.kernel.override(address, { balance: 1000n * ETHER });
  const owners = [
    ...senders().map(({ address }) => address),
    ...Array.from({ length: holders }, (_, i) => addressOf(i)),
  ];
  for (let first = 0; first < owners.length; first += HOLDER_STEP) {
    const stateDiff = owners
      .slice(first, first + HOLDER_STEP)
      .map((owner) => [balanceSlot(owner), word(ETHER)] as const);
    state.kernel.override(TOKEN, { stateDiff });
    appendBlock(state, database.height);
    await database.backpressure();
  }
  await database.close();
}

/** The chain of the directory, as the node opens it. */
export async function openChain(directory: string): Promise<{ chain: Blockchain; database: Database }> {
  const config = nodeConfigSchema.parse({ inference: { enabled: false } });
  const database = Database.open(directory);
  const chain = await Blockchain.open({
    config: devChainConfig(config, undefined),
    genesis: devGenesis(config, devAccounts(config.accounts.count)),
    database,
    cacheBytes: CACHE_BYTES,
  });
  return { chain, database };
}

/** Signed transfers of the token from ever other senders to random holders; `firstNonce` of each sender. */
export async function signTransfers(count: number, holders: number, firstNonce: number = 0): Promise<Uint8Array[]> {
  const { id: chainId } = nodeConfigSchema.parse({}).chain;
  const accounts = senders();
  const raws: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    // Nobody may send to the zero address.
    const to = toHex(addressOf(1 + ((index * 7919) % (holders - 1))));
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, 1n] });
    const nonce = firstNonce + Math.trunc(index / SENDERS);
    const fields = { chainId, nonce, gas: 100_000n, gasPrice: 20_000_000_000n, to: toHex(TOKEN), data };
    raws.push(hexToBytes(await accounts[index % SENDERS]!.signer.signTransaction(fields)));
  }
  return raws;
}

interface Sender {
  readonly address: Uint8Array;
  readonly signer: ReturnType<typeof privateKeyToAccount>;
}

let made: Sender[] | undefined;

function senders(): readonly Sender[] {
  made ??= Array.from({ length: SENDERS }, (_, index) => {
    const signer = privateKeyToAccount(toHex(index + 1, { size: 32 }));
    return { signer, address: hexToBytes(signer.address) };
  });
  return made;
}

function word(value: bigint): Uint8Array {
  return hexToBytes(toHex(value, { size: 32 }));
}
