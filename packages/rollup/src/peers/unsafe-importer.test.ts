import fc from "fast-check";
import { type Address, bytesToHex, hexToBytes } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { payloadAttributes } from "../derive/payload-attributes.ts";
import { batcherTransactions, channel, spanBatch } from "../testing/independent-encoder.ts";
import { BATCHER, depositEvent, TestRollup, type TestSequencer, type TestVerifier } from "../testing/test-rollup.ts";
import { BlockHistory } from "./block-history.ts";
import { signPayload } from "./block-signature.ts";
import { PeerError } from "./errors.ts";
import type { SignedBlock } from "./stream-format.ts";
import { UnsafeImporter } from "./unsafe-importer.ts";

const signer = privateKeyToAccount(`0x${"51".repeat(32)}`);
const stranger = privateKeyToAccount(`0x${"52".repeat(32)}`);
const lower = ({ address }: { readonly address: string }): Address => address.toLowerCase() as Address;

let rollup: TestRollup;
let sequencer: TestSequencer;
let verifier: TestVerifier;
let history: BlockHistory;
let importer: UnsafeImporter;
/** Whom L1 names, now and as this node read it last. */
let named: { now: Address; known: Address };

beforeEach(async () => {
  rollup = await TestRollup.create();
  sequencer = await rollup.sequencer();
  verifier = await rollup.verifier();
  history = new BlockHistory();
  named = { now: lower(signer), known: lower(signer) };
  importer = new UnsafeImporter({
    ...{ config: rollup.config, chain: verifier.chain, engine: verifier.engine, l1: rollup.l1, history },
    signer: {
      current: async () => named.known,
      renewed: async () => {
        named.known = named.now;
        return named.known;
      },
    },
  });
});

afterEach(() => rollup.close());

const sign = async (payload: Uint8Array, by = signer): Promise<SignedBlock> => ({
  payload,
  signature: await signPayload((hash) => by.sign({ hash }), rollup.config.l2ChainId, payload),
});

/** Builds so many blocks, and signs them. */
const blocks = async (count: number): Promise<readonly SignedBlock[]> => {
  const signed: SignedBlock[] = [];
  for (let i = 0; i < count; i++) {
    if (i % 3 === 2) rollup.l1.mine(i % 2 ? [depositEvent("0x00000000000000000000000000000000000000dd", 5n)] : []);
    await sequencer.build(i % 3);
    signed.push(await sign(sequencer.chain.head().rlp));
  }
  return signed;
};

const head = (): string => verifier.engine.unsafe().hash;

describe("unsafe blocks from peers", () => {
  test("join in order, whatever the order and number of times they come", async () => {
    const all = await blocks(12);
    const order = fc.sample(fc.shuffledSubarray([...all, ...all], { minLength: 24 }), { numRuns: 1, seed: 7 })[0]!;
    for (const signed of order) await importer.offer(signed);
    expect(head()).toBe(sequencer.engine.unsafe().hash);
    expect(verifier.engine.safe().number).toBe(0n);
    expect(importer.waiting).toBe(0);
    expect([history.oldest, history.next]).toEqual([1n, 13n]);
  });

  test("signed by a stranger, or by nobody, are refused", async () => {
    const [block] = await blocks(1);
    const { payload } = block!;
    const forged = [
      await sign(payload, stranger),
      { payload, signature: new Uint8Array(65) },
      { payload, signature: block!.signature.with(64, 7) },
      { payload, signature: block!.signature.with(3, block!.signature[3]! ^ 1) },
      { payload, signature: await signPayload((hash) => signer.sign({ hash }), 902n, payload) },
    ];
    for (const signed of forged) await expect(importer.offer(signed)).rejects.toMatchObject({ code: "WRONG_SIGNER" });
    expect(verifier.engine.unsafe().number).toBe(0n);
  });

  test("follow the signer that L1 names", async () => {
    const [first, second] = await blocks(2);
    await importer.offer(first!);
    named.now = lower(stranger);
    expect(await importer.offer(await sign(second!.payload, stranger))).toBe("joined");
    const [third] = await blocks(1);
    await expect(importer.offer(third!)).rejects.toMatchObject({ code: "WRONG_SIGNER" });
  });

  test("wait for an L1 origin that this node does not see yet", async () => {
    rollup.l1.mine();
    for (let i = 0; i < 6; i++) await sequencer.build();
    const signed: SignedBlock[] = [];
    for (let number = 1n; number <= 6n; number++) signed.push(await sign(sequencer.chain.block(number)!.rlp));
    const missing = rollup.l1.latest.hash;
    const block = rollup.l1.block.bind(rollup.l1);
    let hidden = true;
    rollup.l1.block = async (id) => (hidden && id === missing ? undefined : block(id));
    for (const one of signed) await importer.offer(one);
    expect(verifier.engine.unsafe().origin.number).toBe(0n);
    expect(importer.waiting).toBeGreaterThan(0);
    hidden = false;
    await importer.retry();
    expect(head()).toBe(sequencer.engine.unsafe().hash);
  });

  test("of a sequencer that invents what is not on L1 are refused, signed or not", async () => {
    rollup.l1.mine();
    for (let i = 0; i < 5; i++) await importer.offer((await blocks(1))[0]!);
    const parent = sequencer.engine.unsafe();
    const origin = rollup.l1.at(parent.origin.number + 1n)!;
    const time = parent.timestamp + rollup.config.blockTime;
    const good = payloadAttributes(rollup.config, parent, time, origin, []);
    const invented = payloadAttributes(
      rollup.config,
      parent,
      time,
      { ...origin, logs: [{ ...depositEvent("0x00000000000000000000000000000000000000ee", 9n), index: 0 }] },
      [],
    );
    const variants = [
      { ...good, block: { ...good.block, gasLimit: 90_000_000n } },
      { ...good, block: { ...good.block, coinbase: new Uint8Array(20) } },
      { ...good, block: { ...good.block, prevRandao: new Uint8Array(32) } },
      { ...good, block: { ...good.block, timestamp: time + 1n } },
      payloadAttributes(rollup.config, parent, time + 2n, origin, []),
      payloadAttributes(rollup.config, parent, time, { ...origin, baseFee: 1n }, []),
      invented,
    ];
    for (const { block, transactions } of variants) {
      const built = await sequencer.chain.buildBlock(hexToBytes(parent.hash), block, transactions);
      if ("outcome" in built) throw new Error("the variant does not execute");
      await expect(importer.offer(await sign(built.rlp))).rejects.toMatchObject({ code: "INVALID_BLOCK" });
    }
    expect(head()).toBe(parent.hash);
  });

  test("of the future are put off", async () => {
    const early = new UnsafeImporter({
      ...{ config: rollup.config, chain: verifier.chain, engine: verifier.engine, l1: rollup.l1, history },
      signer: { current: async () => named.now, renewed: async () => named.now },
      now: () => Number(rollup.config.genesis.l2Time) * 1000,
    });
    const signed = await blocks(4);
    await early.offer(signed[0]!);
    await early.offer(signed[1]!);
    await expect(early.offer(signed[2]!)).rejects.toMatchObject({ code: "FUTURE_BLOCK" });
  });

  test("that contradict L1 give way to it, and those that stand on L1 join again", async () => {
    const fork = await rollup.sequencer();
    const posted = [await fork.build(0), await fork.build(0)];
    const contradicting = await blocks(4);
    for (const signed of contradicting) await importer.offer(signed);
    expect(verifier.engine.unsafe().number).toBe(4n);
    const batch = spanBatch(posted[0]!.parent.hash, 0n, posted, rollup.config.genesis.l2Time);
    const data = batcherTransactions(`0x${"c1".repeat(16)}`, channel([batch], "zlib"), 10_000);
    rollup.l1.mine(
      [],
      data.map((bytes) => ({ from: BATCHER, data: bytes })),
    );
    await verifier.deriver.catchUp();
    expect(verifier.engine.safe().number).toBe(2n);
    expect(head()).toBe(fork.engine.unsafe().hash);
    expect(history.next).toBe(2n);
    for (const signed of contradicting) expect(await importer.offer(signed)).not.toBe("joined");
    await fork.build(0);
    expect(await importer.offer(await sign(fork.chain.head().rlp))).toBe("joined");
    expect(verifier.engine.safe().number).toBe(2n);
  });

  test("that join while derivation builds on the same parent make way to it", async () => {
    const fork = await rollup.sequencer();
    const { parent, timestamp } = await fork.build(2);
    const derived = fork.chain.head();
    const [other] = await blocks(1);
    const origin = rollup.l1.at(0n)!;
    const raws = derived.transactions.slice(1).map(({ raw }) => raw);
    const joining = verifier.chain.importBlock(other!.payload);
    const built = await verifier.engine.build(payloadAttributes(rollup.config, parent, timestamp, origin, raws));
    await joining;
    expect(built).toMatchObject({ valid: true, block: { hash: fork.engine.unsafe().hash, number: 1n } });
    expect(head()).toBe(fork.engine.unsafe().hash);
  });

  test("spoilt in any byte never join, and are named as what they are", async () => {
    const signed = await blocks(1);
    const { payload, signature } = signed[0]!;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(payload.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, isSigned) => {
          const spoilt = payload.with(at, payload[at]! ^ change);
          const offered = isSigned ? await sign(spoilt) : { payload: spoilt, signature };
          const outcome = await importer.offer(offered).catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(PeerError);
          // Known: the same one was offered before, and waits for a parent that nobody has.
          else expect(["waiting", "known", "useless"]).toContain(outcome);
          expect(verifier.engine.unsafe().number).toBe(0n);
        },
      ),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
        await expect(importer.offer(await sign(noise))).rejects.toBeInstanceOf(PeerError);
      }),
      { numRuns: 100 },
    );
    expect(await importer.offer(signed[0]!)).toBe("joined");
    expect(bytesToHex(verifier.chain.head().hash)).toBe(sequencer.engine.unsafe().hash);
  });
});
