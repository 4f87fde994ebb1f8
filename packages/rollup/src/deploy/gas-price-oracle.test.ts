import { Kernel, presetConfig } from "@hyperion/kernel";
import fc from "fast-check";
import { bytesToHex, decodeFunctionResult, encodeFunctionData, type Hex, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { beforeAll, describe, expect, it } from "vitest";
import { contractArtifact } from "./contract-artifact.ts";
import { createL2Genesis } from "./l2-genesis.ts";
import { PREDEPLOY_ADDRESSES } from "./predeploys.ts";

const { abi } = contractArtifact("l2/GasPriceOracle");
const account = privateKeyToAccount(generatePrivateKey());
const CHAIN_ID = 902;
const ELSEWHERE: Hex = `0x${"99".repeat(20)}`;
const vault = { recipient: ELSEWHERE, minimum: 0n, network: "l2" } as const;
let kernel: Kernel;

beforeAll(async () => {
  const { block } = await createL2Genesis({
    ...{ chainId: CHAIN_ID, timestamp: 1_700_000_000n, gasLimit: 500_000_000n, baseFee: 10n ** 9n, jovian: false },
    eip1559: { denominator: 250, elasticity: 6 },
    l1: { chainId: 1, crossDomainMessenger: ELSEWHERE, standardBridge: ELSEWHERE, erc721Bridge: ELSEWHERE },
    proxyAdminOwner: ELSEWHERE,
    feeVaults: { sequencer: vault, baseFee: vault, l1Fee: vault, operatorFee: vault },
    funded: [{ address: account.address, wei: 10n ** 30n }],
  });
  kernel = await Kernel.create({
    config: { ...presetConfig("Prague", BigInt(CHAIN_ID))!, rollup: { baseFeeDenominator: 250, elasticity: 6 } },
    oracle: { preimage: () => undefined, blockHash: () => undefined },
  });
  const { header, hash } = kernel.genesis(block);
  kernel.beginBlock(header, hash, {
    ...{ timestamp: header.timestamp + 2n, coinbase: new Uint8Array(20), gasLimit: header.gasLimit },
    ...{ prevRandao: new Uint8Array(32), parentBeaconBlockRoot: new Uint8Array(32), withdrawals: [] },
    extraData: header.extraData,
  });
});

const signed = (data: Hex): Promise<Hex> =>
  account.signTransaction({
    ...{ type: "eip1559", chainId: CHAIN_ID, nonce: 0, to: ELSEWHERE, data, gas: 20_000_000n },
    ...{ maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0n },
  });

/** What the rules of L2 charge for. */
const chargedGas = (transaction: Hex): bigint => {
  const before = kernel.checkpoint();
  const outcome = kernel.execute(hexToBytes(transaction));
  kernel.rollback(before);
  if (!outcome.valid) throw new Error(outcome.message);
  return outcome.receipt.l1GasUsed!;
};

/** What the contract says, which adds the signature to what it is given. */
const quotedGas = (data: Hex): bigint => {
  const call = encodeFunctionData({ abi, functionName: "getL1GasUsed", args: [data] });
  const to = hexToBytes(PREDEPLOY_ADDRESSES.gasPriceOracle);
  const outcome = kernel.call({ to, data: hexToBytes(call), gas: 400_000_000n });
  if (!outcome.valid || outcome.halt !== "success") throw new Error("the oracle does not answer");
  return decodeFunctionResult({ abi, functionName: "getL1GasUsed", data: bytesToHex(outcome.output) }) as bigint;
};

const SIGNATURE_BYTES = 68;
/** Inverse of Fjord's regression: 16 · (836 500 · size − 42 585 600) / 10⁶. One byte more is 13.4 gas more. */
const compressedSize = (gas: bigint): number => Math.round((Number(gas) * 1e6) / 16 / 836_500 + 42_585_600 / 836_500);
/** Below, the fee is the least one, whatever the size. */
const LEAST_GAS = 1_600n;

/** Bytes with what compressors look for: runs, repetitions near and far, noise. */
const compressible = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 700 })).map(([byte, n]) => {
        return new Uint8Array(n).fill(byte);
      }),
      fc.tuple(fc.uint8Array({ minLength: 3, maxLength: 20 }), fc.integer({ min: 1, max: 30 })).map(([chunk, n]) => {
        return Uint8Array.from({ length: chunk.length * n }, (_, i) => chunk[i % chunk.length]!);
      }),
      fc.integer({ min: 7_000, max: 9_000 }).map((n) => Uint8Array.from({ length: n }, (_, i) => (i * i * 31) >> 7)),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => bytesToHex(Buffer.concat(parts)));

describe("GasPriceOracle", () => {
  it("measures data as the rules of L2 do", { timeout: 120_000 }, async () => {
    let measured = 0;
    const property = fc.asyncProperty(compressible, async (data) => {
      const transaction = await signed(data);
      const [charged, quoted] = [chargedGas(transaction), quotedGas(transaction)];
      if (charged === LEAST_GAS) return;
      measured++;
      expect(compressedSize(quoted) - SIGNATURE_BYTES).toBe(compressedSize(charged));
    });
    await fc.assert(property, { numRuns: Number(process.env.HYPERION_FUZZ_RUNS ?? 60) });
    expect(measured).toBeGreaterThan(20);
  });

  it("charges the least fee for little data", () => {
    expect(quotedGas("0x")).toBe(LEAST_GAS);
    expect(quotedGas(`0x${"01".repeat(1_000)}`)).toBe(LEAST_GAS);
  });
});
