import { type CodeCompiler, Kernel, presetConfig } from "@hyperion/kernel";
import { afterEach, expect, test } from "vitest";
import { AdaptiveCompiler } from "./adaptive-compiler.ts";

const ADDRESS = new Uint8Array(20).fill(0xc0);
const ZERO = new Uint8Array(32);
const EMPTY_ROOT = Buffer.from("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "hex");
/** Counts down from the first word of the input and returns the sum of what it counted. */
const COUNTER = Uint8Array.from(Buffer.from("5f5f355b801560145780910190600190036003565b505f5260205ff3", "hex"));

const closing: AdaptiveCompiler[] = [];
afterEach(async () => {
  for (const compiler of closing.splice(0)) await compiler.close();
});

function adaptive(gasBeforeRequest: bigint): AdaptiveCompiler {
  const compiler = new AdaptiveCompiler({
    gasBeforeRequest,
    onFailure: (error) => {
      throw error;
    },
  });
  closing.push(compiler);
  return compiler;
}

async function kernelWith(code: Uint8Array, compiler?: CodeCompiler): Promise<Kernel> {
  const oracle = { preimage: () => undefined, blockHash: () => undefined };
  const kernel = await Kernel.create({ config: presetConfig("Prague")!, oracle, ...(compiler && { compiler }) });
  const { header, hash } = kernel.genesis({
    header: {
      parentHash: ZERO,
      coinbase: new Uint8Array(20),
      difficulty: 0n,
      number: 0n,
      gasLimit: 30_000_000n,
      gasUsed: 0n,
      timestamp: 0n,
      extraData: new Uint8Array(0),
      mixHash: ZERO,
      nonce: new Uint8Array(8),
      baseFeePerGas: 0n,
      withdrawalsRoot: EMPTY_ROOT,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: ZERO,
      requestsHash: ZERO,
    },
    alloc: [[ADDRESS, { nonce: 1n, code }]],
  });
  kernel.beginBlock(header, hash, {
    timestamp: 1n,
    coinbase: new Uint8Array(20),
    gasLimit: 30_000_000n,
    prevRandao: ZERO,
    parentBeaconBlockRoot: ZERO,
    overrides: { baseFeePerGas: 0n },
  });
  return kernel;
}

function call(kernel: Kernel, times: number): string {
  const data = new Uint8Array(32);
  new DataView(data.buffer).setUint32(28, times);
  const outcome = kernel.call({ from: new Uint8Array(20), to: ADDRESS, data, gas: 20_000_000n });
  if (!outcome.valid) return outcome.message;
  return `${outcome.halt} ${outcome.gasUsed} ${Buffer.from(outcome.output).toString("hex")}`;
}

test("code that runs often is compiled in the background and gives the same outcome", async () => {
  const compiler = adaptive(10_000n);
  const [plain, fast] = [await kernelWith(COUNTER), await kernelWith(COUNTER, compiler)];
  const expected = call(plain, 2_000);
  expect(expected).toContain("success");
  for (let i = 0; i < 3; i++) expect(call(fast, 2_000)).toBe(expected);
  expect(compiler.statistics.waiting).toBe(1);
  await compiler.idle();
  for (let i = 0; i < 20; i++) expect(call(fast, 2_000)).toBe(expected);
  expect(compiler.statistics).toMatchObject({ functions: { simple: 0, window: 1 }, refused: 0, waiting: 0 });
  expect(call(fast, 100_000)).toBe(call(plain, 100_000));
});

test("rarely run code is never compiled", async () => {
  const compiler = adaptive(1_000_000_000n);
  const kernel = await kernelWith(COUNTER, compiler);
  for (let i = 0; i < 20; i++) call(kernel, 1_000);
  expect(compiler.statistics).toMatchObject({ functions: { simple: 0, window: 0 }, waiting: 0 });
});

test("code that both tiers refuse is left alone; when closed, everything goes on interpreted", async () => {
  const compiler = adaptive(0n);
  const bomb = new Uint8Array(24_576).fill(0x5b);
  const request = async (tag: number, code: Uint8Array): Promise<number | undefined> => {
    const handle = compiler.request(new Uint8Array(32).fill(tag), "prague", () => code)?.handle;
    await compiler.idle();
    await new Promise((resolve) => setImmediate(resolve));
    return handle;
  };
  for (let i = 0; i < 4; i++) expect(await request(7, bomb)).toBeUndefined();
  expect(compiler.statistics).toMatchObject({ functions: { simple: 0, window: 0 }, refused: 2, waiting: 0 });
  expect(await request(8, COUNTER)).toBeUndefined();
  expect(await request(8, COUNTER)).toBeGreaterThan(0);
  await compiler.close();
  for (let i = 0; i < 2; i++) expect(await request(9, COUNTER)).toBeUndefined();
});
