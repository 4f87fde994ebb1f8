import { readFileSync } from "node:fs";
import fc from "fast-check";
import { type Abi, bytesToHex, decodeErrorResult, decodeFunctionResult, encodeFunctionData, hexToBytes } from "viem";
import { describe, expect, it } from "vitest";
import { createEngine, type Engine, type PrecompileOutcome } from "./engine.ts";
import { randomModel } from "./testing/random-model.ts";

const artifact = new URL("../../../contracts/dist/ai/IInference.json", import.meta.url);
const abi = JSON.parse(readFileSync(artifact, "utf8")).abi as Abi;
const engine = createEngine(readFileSync(new URL("../models/default.model", import.meta.url)));
const ZERO = `0x${"00".repeat(32)}` as const;
const ENOUGH = 20_000_000n;
const encoder = new TextEncoder();

function call(
  functionName: string,
  args: readonly unknown[],
  gas: bigint = ENOUGH,
  target: Engine = engine,
): PrecompileOutcome {
  return target.precompile(hexToBytes(encodeFunctionData({ abi, functionName, args })), gas);
}

function answer(outcome: PrecompileOutcome): readonly [text: string, tokens: bigint] {
  expect(outcome.status).toBe(0);
  const data = bytesToHex(outcome.output);
  return decodeFunctionResult({ abi, functionName: "generate", data }) as readonly [string, bigint];
}

function refusal(outcome: PrecompileOutcome): readonly unknown[] {
  expect(outcome.status).toBe(1);
  const { errorName, args = [] } = decodeErrorResult({ abi, data: bytesToHex(outcome.output) });
  return [errorName, ...args];
}

describe("generate", () => {
  it("answers the default model's known questions", () => {
    const golden = {
      "lend 5 ETH to the pool": '{"tool":"lend","asset":"ETH","amount":"5"}',
      "swap 100 USDC for DAI": '{"tool":"swap","asset":"USDC","amount":"100","to":"DAI"}',
      "send 0.5 ETH to alice": '{"tool":"transfer","asset":"ETH","amount":"0.5","to":"alice"}',
      "Withdraw all my DAI from the pool, please!": '{"tool":"withdraw","asset":"DAI","amount":"all"}',
      "what is the price of METIS?": '{"tool":"price","asset":"METIS"}',
      "hello there": '{"tool":"none"}',
    };
    for (const [prompt, text] of Object.entries(golden)) {
      const outcome = call("generate", [ZERO, prompt, 48n]);
      expect(answer(outcome)[0]).toBe(text);
      expect(call("generate", [bytesToHex(engine.id), prompt, 48n])).toEqual(outcome);
    }
  });

  it("takes calldata without a known selector as a prompt and answers in plain text", () => {
    const { status, output } = engine.precompile(encoder.encode("lend 5 ETH to the pool"), ENOUGH);
    expect([status, Buffer.from(output).toString()]).toEqual([0, '{"tool":"lend","asset":"ETH","amount":"5"}']);
  });

  it("generates no more tokens than asked for, and 64 at most", () => {
    expect(answer(call("generate", [ZERO, "lend 5 ETH to the pool", 3n]))).toEqual(['{"tool":"lend","asset":"ET', 3n]);
    expect(answer(call("generate", [ZERO, "lend 5 ETH", 0n]))).toEqual(
      answer(call("generate", [ZERO, "lend 5 ETH", 64n])),
    );
    expect(refusal(call("generate", [ZERO, "lend 5 ETH", 65n]))).toEqual(["TooManyTokens", 65n, 64n]);
    expect(refusal(call("generate", [ZERO, "lend 5 ETH", 1n << 200n]))[0]).toBe("TooManyTokens");
  });

  it("gives the same answer from the scalar build, for the same gas", () => {
    const scalar = createEngine(readFileSync(new URL("../models/default.model", import.meta.url)), "scalar");
    for (const prompt of ["lend 5 ETH to the pool", "bridge 3 QXZ to somewhere", "naïve 日本 ?"]) {
      const args = [ZERO, prompt, 40n] as const;
      expect(call("generate", args, ENOUGH, scalar)).toEqual(call("generate", args));
    }
  });

  it("remembers without changing result or gas", () => {
    const fresh = createEngine(readFileSync(new URL("../models/default.model", import.meta.url)));
    const args = [ZERO, "stake 7 LDO", 40n] as const;
    const first = call("generate", args, ENOUGH, fresh);
    call("generate", [ZERO, "stake 8 LDO", 40n], ENOUGH, fresh);
    expect(call("generate", args, ENOUGH, fresh)).toEqual(first);
  });
});

describe("refusals", () => {
  it("are typed reverts that keep the remaining gas", () => {
    const unknown = `0x${"11".repeat(32)}`;
    expect(refusal(call("generate", [unknown, "lend 5 ETH", 1n]))).toEqual(["UnknownModel", unknown]);
    expect(refusal(call("generate", [ZERO, "", 1n]))).toEqual(["EmptyPrompt"]);
    expect(refusal(engine.precompile(new Uint8Array(0), ENOUGH))).toEqual(["EmptyPrompt"]);
    const long = refusal(call("generate", [ZERO, "z".repeat(500), 1n]));
    expect([long[0], long[2]]).toEqual(["PromptTooLong", 127n]);
    const outcome = call("generate", [ZERO, "lend 5 ETH", 65n]);
    expect(outcome.gasLeft).toBe(ENOUGH - 200n);
  });

  it.each([
    ["lone continuation byte", [0x80]],
    ["overlong slash", [0xc0, 0xaf]],
    ["overlong in three bytes", [0xe0, 0x80, 0xaf]],
    ["surrogate", [0xed, 0xa0, 0x80]],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["truncated sequence", [0x61, 0xe6, 0x97]],
    ["invalid lead byte", [0xff]],
  ])("include ill-formed UTF-8: %s", (_name, bytes) => {
    expect(refusal(engine.precompile(Uint8Array.from(bytes), ENOUGH))).toEqual(["InvalidUtf8"]);
  });

  it("agree with a strict decoder on what is UTF-8", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const bytes = fc.array(
      fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5),
    );
    fc.assert(
      fc.property(bytes, (list) => {
        const outcome = engine.precompile(Uint8Array.from([0x41, ...list]), 200_000n);
        let valid = true;
        try {
          strict.decode(Uint8Array.from([0x41, ...list]));
        } catch {
          valid = false;
        }
        expect(refusal(outcome)[0] === "InvalidUtf8").toBe(!valid);
      }),
      { numRuns: 500 },
    );
  });

  it("include calldata that is not an encoding of the arguments", () => {
    const good = hexToBytes(encodeFunctionData({ abi, functionName: "generate", args: [ZERO, "lend 5 ETH", 4n] }));
    for (const length of [4, 35, 99, 100 + 31, 132 + 9]) {
      expect(refusal(engine.precompile(good.slice(0, length), ENOUGH))).toEqual(["InvalidCalldata"]);
    }
    expect(answer(engine.precompile(good.slice(0, 142), ENOUGH))[1]).toBe(4n);
    const bent = good.slice();
    bent.fill(0xff, 36, 68);
    expect(refusal(engine.precompile(bent, ENOUGH))).toEqual(["InvalidCalldata"]);
    const stretched = good.slice();
    stretched.fill(0xff, 100, 132);
    expect(refusal(engine.precompile(stretched, ENOUGH))).toEqual(["InvalidCalldata"]);
  });

  it("never trap, whatever the calldata", () => {
    const good = hexToBytes(encodeFunctionData({ abi, functionName: "generate", args: [ZERO, "lend 5 ETH", 4n] }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(good.length),
        (flips, cut) => {
          const changed = good.slice(0, cut);
          for (const [at, value] of flips) if (at < cut) changed[at] = value;
          const { status, gasLeft } = engine.precompile(changed, 2_000_000n);
          expect([0, 1]).toContain(status);
          expect(gasLeft).toBeLessThan(2_000_000n);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("gas", () => {
  const prompt = "lend 5 ETH to the pool";
  const quoted = (maxTokens: bigint): bigint => {
    const data = bytesToHex(call("quote", [ZERO, prompt, maxTokens]).output);
    return decodeFunctionResult({ abi, functionName: "quote", data }) as bigint;
  };

  it("is the documented formula, charged for what was generated", () => {
    const outcome = call("generate", [ZERO, prompt, 48n]);
    const [positions, tokens] = [engine.tokenize(prompt)!.length, Number(answer(outcome)[1])];
    const used = engine.readingGas(prompt.length) + engine.decodingGas(positions + tokens - 1, tokens);
    expect(ENOUGH - outcome.gasLeft).toBe(used);
    const { dim, layers, ffn, vocab, heads, headDim, kvHeads } = engine.header;
    const [n, k, queryDim, kvDim] = [positions + tokens - 1, tokens, heads * headDim, kvHeads * headDim];
    const macs = layers * dim * (2 * queryDim + 2 * kvDim + 3 * ffn);
    const body = 17 * macs + 260 * layers * (6 * dim + 3 * ffn);
    const quarters = n * body + 54 * queryDim * layers * n * (n + 1) + k * (17 * vocab * dim + 260 * vocab);
    expect(engine.decodingGas(n, k)).toBe(BigInt(Math.ceil(quarters / 256)));
  });

  it("must be there in full before the model runs: exactly the quote, and not one less", () => {
    const quote = quoted(48n);
    expect(call("generate", [ZERO, prompt, 48n], quote).status).toBe(0);
    const [name, required, available] = refusal(call("generate", [ZERO, prompt, 48n], quote - 1n));
    expect([name, (required as bigint) - (available as bigint)]).toEqual(["InsufficientGas", 1n]);
    const reading = engine.readingGas(prompt.length);
    expect(call("generate", [ZERO, prompt, 48n], quote - 1n).gasLeft).toBe(quote - 1n - reading);
    expect(call("generate", [ZERO, prompt, 48n], reading - 1n)).toEqual({
      status: 2,
      output: new Uint8Array(0),
      gasLeft: 0n,
    });
  });

  it("grows with positions, steps and prompt bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 126 }), fc.integer({ min: 1, max: 63 }), fc.nat(5000), (n, k, bytes) => {
        expect(engine.decodingGas(n + 1, k)).toBeGreaterThan(engine.decodingGas(n, k));
        expect(engine.decodingGas(n, k + 1)).toBeGreaterThan(engine.decodingGas(n, k));
        expect(engine.readingGas(bytes + 1)).toBeGreaterThan(engine.readingGas(bytes));
      }),
    );
    expect(quoted(10n)).toBeLessThan(quoted(11n));
  });

  it("does not admit more work than one call may take", () => {
    const large = {
      layers: 4,
      heads: 8,
      kvHeads: 8,
      headDim: 32,
      dim: 256,
      ffn: 256,
      tied: true,
      context: 256,
      wild: false,
    };
    const heavy = createEngine(randomModel({ ...large, seed: 9 }));
    const [name, operations, limit] = refusal(call("generate", [ZERO, "a ".repeat(90), 64n], 1n << 40n, heavy));
    expect([name, limit]).toEqual(["WorkTooLarge", 150_000_000n]);
    expect(operations).toBeGreaterThan(150_000_000n);
  });
});

describe("defaultModel", () => {
  it("is the root of the loaded blob", () => {
    expect(call("defaultModel", []).output).toEqual(engine.id);
  });
});
