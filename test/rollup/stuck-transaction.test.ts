import { L1Error, TransactionSender } from "@hyperion/rollup";
import { createPublicClient, type Hex, http, type PublicClient, parseEther, parseGwei, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AnvilProcess, anvilBinary, startAnvil } from "./anvil-process.ts";

const binary = anvilBinary();
const CHAIN_ID = 900;
const account = privateKeyToAccount(`0x${"0b".repeat(32)}`);
const INBOX: Hex = "0xff00000000000000000000000000000000000901";
const PATIENCE = 600;

describe.skipIf(binary === undefined)("what an earlier process left in L1's pool", () => {
  let anvil: AnvilProcess;
  let l1: PublicClient;

  beforeAll(async () => {
    anvil = await startAnvil(binary!, ["--chain-id", `${CHAIN_ID}`, "--hardfork", "prague", "--no-mining"]);
    l1 = createPublicClient({ transport: http(anvil.url), cacheTime: 0 });
    await anvil.request("anvil_setBalance", [account.address, toHex(parseEther("100"))]);
  });

  beforeEach(async () => {
    await anvil.request("anvil_dropAllTransactions");
    await mine("1");
  });

  afterAll(() => anvil?.stop());

  const sender = (): TransactionSender =>
    new TransactionSender(l1, { account, chainId: CHAIN_ID, patience: PATIENCE, maxFeePerGas: parseGwei("1000") });

  const mine = async (baseFeeGwei: string): Promise<void> => {
    await anvil.request("anvil_setNextBlockBaseFeePerGas", [toHex(parseGwei(baseFeeGwei))]);
    await anvil.request("evm_mine");
  };

  const leave = async (maxFeeGwei: string, ahead = 0): Promise<Hex> => {
    const nonce = (await l1.getTransactionCount({ address: account.address })) + ahead;
    const fees = { maxFeePerGas: parseGwei(maxFeeGwei), maxPriorityFeePerGas: parseGwei("1") };
    const fields = { type: "eip1559", chainId: CHAIN_ID, nonce, gas: 100_000n, to: INBOX, data: "0x01" } as const;
    return l1.sendRawTransaction({ serializedTransaction: await account.signTransaction({ ...fields, ...fees }) });
  };

  const pending = (): Promise<boolean> => sender().hasPending();

  /** Blocks come while the work waits for them. */
  const whileMining = async <T>(work: Promise<T>, baseFeeGwei: string): Promise<T> => {
    let done = false;
    const end = work.finally(() => {
      done = true;
    });
    end.catch(() => {});
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await mine(baseFeeGwei);
    }
    return end;
  };

  test("is waited for, and taken for stuck when it stays", async () => {
    const old = await leave("3");
    const late = sender();
    expect(await late.hasPending()).toBe(true);
    await expect.poll(() => late.hasPending(), { timeout: 5_000, interval: 100 }).toBe(false);
    const receipt = await whileMining(late.send({ to: INBOX, data: Uint8Array.of(2) }), "9");
    expect(receipt.status).toBe("success");
    await expect(l1.getTransactionReceipt({ hash: old })).rejects.toThrow();
    expect(await l1.getTransactionCount({ address: account.address })).toBe(1);
  }, 30_000);

  test.each([
    ["data", { to: INBOX, data: Uint8Array.of(3) }],
    ["blobs", { to: INBOX, blobs: [Uint8Array.of(3), Uint8Array.of(4)] }],
  ] as const)(
    "is replaced by %s that pay more, however much it pays",
    async (_, request) => {
      const nonce = await l1.getTransactionCount({ address: account.address });
      const old = await leave("50");
      const receipt = await whileMining(sender().send(request), "70");
      expect(receipt.transactionHash).not.toBe(old);
      const { nonce: taken, maxFeePerGas } = await l1.getTransaction({ hash: receipt.transactionHash });
      expect(taken).toBe(nonce);
      expect(maxFeePerGas).toBeGreaterThan(parseGwei("70"));
      expect(await pending()).toBe(false);
    },
    30_000,
  );

  test("beyond a gap of nonces takes its turn when the gap is closed", async () => {
    await leave("20", 1);
    expect(await pending()).toBe(false);
    const requests = [1, 2, 3].map((byte) => ({ to: INBOX, data: Uint8Array.of(byte) }));
    const receipts = await whileMining(sender().sendAll(requests), "1");
    const inputs = await Promise.all(
      receipts.map(async ({ transactionHash: hash }) => {
        const { input, nonce } = await l1.getTransaction({ hash });
        return { input, nonce };
      }),
    );
    const first = inputs[0]!.nonce;
    expect(inputs).toEqual([
      { input: "0x01", nonce: first },
      { input: "0x02", nonce: first + 1 },
      { input: "0x03", nonce: first + 2 },
    ]);
  }, 30_000);

  test("cannot make the price go beyond the limit", async () => {
    await leave("900");
    const error = await sender()
      .send({ to: INBOX, data: Uint8Array.of(5) })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(L1Error);
    expect(error).toMatchObject({ code: "L1_REFUSED", shortMessage: expect.stringMatching(/stuck at/) });
  }, 30_000);

  test("and by somebody else with the same key is noticed", async () => {
    const work = sender().send({ to: INBOX, data: Uint8Array.of(6) });
    await expect.poll(pending, { timeout: 5_000 }).toBe(true);
    const foreign = await leave("300");
    await whileMining(expect(work).rejects.toMatchObject({ code: "L1_REFUSED" }), "2");
    expect((await l1.getTransactionReceipt({ hash: foreign })).status).toBe("success");
  }, 30_000);
});
