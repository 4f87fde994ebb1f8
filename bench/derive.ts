import type { Blockchain } from "@hyperion/chain";
import { type BatchBlock, buildChannel, Deriver, L2Engine, MAX_BLOB_DATA } from "@hyperion/rollup";
import { bytesToHex, encodeFunctionData, erc20Abi, hexToBytes, toHex } from "viem";
import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { median, ownCpu } from "./measure.ts";
import { BenchRollup, L2_BLOCK_TIME, ROLLUP_CHAIN_ID } from "./rollup-chain.ts";
import { type Signer, signer } from "./signer.ts";
import { TOKEN } from "./token.ts";

export const name = "derive";
export const description = "blocks derived from blobs on L1 against the same blocks executed again";

const HOLDERS = 200;
const BLOCKS_PER_CHANNEL = 50;

interface Prepared {
  readonly rollup: BenchRollup;
  readonly blocks: readonly Uint8Array[];
  readonly head: string;
  readonly gas: bigint;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const [blocks, transfers, rounds] = quick ? [50, 40, 2] : [100, 200, 3];
  log(`building ${blocks} blocks of ${transfers} transfers`);
  const prepared = await prepare(blocks, transfers);
  const [derived, executed]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    log(`round ${round} of ${rounds}`);
    const [again, fromL1] = [await reexecute(prepared), await derive(prepared)];
    // The first one warms up.
    if (round > 0) {
      executed.push(again);
      derived.push(fromL1);
    }
  }
  const [ours, peer] = [median(derived), median(executed)];
  const rate = (amount: number) => (cpu: number) => amount / (cpu / 1000);
  const [perBlock, perGas] = [rate(blocks), rate(Number(prepared.gas) / 1e6)];
  const peerName = "import of the same blocks";
  const ratio = peer / ours;
  return {
    method: `${blocks} blocks of ${transfers} signed ERC-20 transfers, posted as span batches in Brotli: CPU of a fresh chain from blobs to its safe head (decoding, rules, signatures, execution, state roots, log), against importing the blocks themselves; medians of ${rounds} alternate rounds. Commitments of blobs are not checked again on either side.`,
    rows: [
      { workload: "blocks", ours: perBlock(ours), peer: perBlock(peer), peerName, unit: "blocks/s", ratio },
      { workload: "gas", ours: perGas(ours), peer: perGas(peer), peerName, unit: "Mgas/s", ratio },
    ],
    summary: [{ label: "derivation against plain execution", ratio, target: 0.8 }],
  };
}

async function prepare(count: number, transfers: number): Promise<Prepared> {
  const holders = Array.from({ length: HOLDERS }, (_, index) => signer(index));
  const rollup = await BenchRollup.create(holders);
  const chain = await rollup.open();
  const engine = new L2Engine(chain, rollup.config);
  const built: BatchBlock[] = [];
  let sent = 0;
  for (let block = 0; block < count; block++) {
    const raws = Array.from({ length: transfers }, () => transfer(holders, sent++));
    built.push(await rollup.build(chain, engine, raws));
  }
  post(rollup, built);
  const all = built.map(({ hash }) => chain.block(hexToBytes(hash))!);
  const gas = all.reduce((sum, { header }) => sum + header.gasUsed, 0n);
  const prepared = { rollup, blocks: all.map(({ rlp }) => rlp), head: built.at(-1)!.hash, gas };
  await chain.close();
  return prepared;
}

function transfer(holders: readonly Signer[], sent: number): Uint8Array {
  const from = sent % holders.length;
  const to = toHex(0xbeef_0000_0000n + BigInt((sent * 7) % 5_000), { size: 20 });
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, BigInt(1 + (sent % 1_000))] });
  const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 1n };
  const fields = { chainId: ROLLUP_CHAIN_ID, nonce: Math.floor(sent / holders.length), gas: 80_000n, data };
  return hexToBytes(holders[from]!.sign({ ...fields, ...fees, type: "eip1559", to: bytesToHex(TOKEN) }));
}

/** After the last block's origin, a channel in each L1 block. */
function post({ l1, config }: BenchRollup, blocks: readonly BatchBlock[]): void {
  const context = { chainId: config.l2ChainId, genesisTime: config.genesis.l2Time, blockTime: L2_BLOCK_TIME };
  for (let at = 0; at < blocks.length; at += BLOCKS_PER_CHANNEL) {
    const epoch = at === 0 ? 0n : blocks[at - 1]!.epochNumber;
    const options = { batches: "span", compression: "brotli", payloadSize: MAX_BLOB_DATA } as const;
    l1.mine(buildChannel(blocks.slice(at, at + BLOCKS_PER_CHANNEL), epoch, context, options));
  }
}

async function measured(prepared: Prepared, work: (chain: Blockchain) => Promise<void>): Promise<number> {
  const chain = await prepared.rollup.open();
  const start = ownCpu();
  await work(chain);
  await chain.flush();
  const cpu = ownCpu() - start;
  if (bytesToHex(chain.head().hash) !== prepared.head) throw new Error("another head came out");
  await chain.close();
  return cpu;
}

const reexecute = (prepared: Prepared): Promise<number> =>
  measured(prepared, async (chain) => {
    for (const rlp of prepared.blocks) await chain.importBlock(rlp);
  });

const derive = (prepared: Prepared): Promise<number> =>
  measured(prepared, async (chain) => {
    const { config, l1 } = prepared.rollup;
    const engine = new L2Engine(chain, config);
    await new Deriver(config, l1, engine).catchUp();
  });
