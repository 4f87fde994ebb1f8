import {
  type Abi,
  decodeErrorResult,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  isAddressEqual,
} from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Artifact,
  artifact,
  createSoloChain,
  decodeEvents,
  type Sent,
  type SoloChain,
} from "../testing/solo-chain.ts";

const token = artifact("test/Token");
const factory = artifact("test/Factory");
const pair = artifact("test/Pair");
const router = artifact("test/Router");
const SUPPLY = 10n ** 24n;
const NEVER = 2n ** 64n;

let chain: SoloChain;
let owner: Hex;
let addresses: { readonly gold: Hex; readonly silver: Hex; readonly factory: Hex; readonly router: Hex };

async function deploy({ abi, bytecode }: Artifact, args: readonly unknown[]): Promise<Hex> {
  return (await chain.send(undefined, encodeDeployData({ abi, bytecode, args }))).contract!;
}

/** Sends a call that must succeed and decodes its result. */
async function call(abi: Abi, to: Hex, functionName: string, args: readonly unknown[]): Promise<unknown> {
  const sent = await chain.send(to, encodeFunctionData({ abi, functionName, args }));
  expect(sent.status).toBe(1);
  return decodeFunctionResult({ abi, functionName, data: sent.output });
}

async function attempt(abi: Abi, to: Hex, functionName: string, args: readonly unknown[]): Promise<Sent> {
  return chain.send(to, encodeFunctionData({ abi, functionName, args }));
}

function errorOf(abi: Abi, { status, output }: Sent): string {
  expect(status).toBe(0);
  return decodeErrorResult({ abi, data: output }).errorName;
}

beforeAll(async () => {
  chain = await createSoloChain();
  owner = chain.account.address;
  const gold = await deploy(token, ["Gold", "GLD", SUPPLY]);
  const silver = await deploy(token, ["Silver", "SLV", SUPPLY]);
  const factoryAddress = await deploy(factory, []);
  addresses = { gold, silver, factory: factoryAddress, router: await deploy(router, [factoryAddress]) };
  for (const asset of [gold, silver]) await call(token.abi, asset, "approve", [addresses.router, SUPPLY]);
});

describe("exchange", () => {
  it("takes liquidity, swaps at the constant product less the fee, and gives liquidity back", async () => {
    const { gold, silver } = addresses;
    const both = [10_000n, 40_000n].map((amount) => amount * 10n ** 18n) as [bigint, bigint];
    const added = await call(router.abi, addresses.router, "addLiquidity", [
      gold,
      silver,
      ...both,
      0n,
      0n,
      owner,
      NEVER,
    ]);
    const shares = 20_000n * 10n ** 18n - 1000n;
    expect(added).toEqual([...both, shares]);

    const sold = 10n ** 18n;
    const bought = (sold * 997n * both[1]) / (both[0] * 1000n + sold * 997n);
    const before = (await call(token.abi, silver, "balanceOf", [owner])) as bigint;
    const swap = await attempt(router.abi, addresses.router, "swapExactTokensForTokens", [
      sold,
      bought,
      [gold, silver],
      owner,
      NEVER,
    ]);
    expect(
      decodeFunctionResult({ abi: router.abi, functionName: "swapExactTokensForTokens", data: swap.output }),
    ).toEqual([sold, bought]);
    expect(await call(token.abi, silver, "balanceOf", [owner])).toBe(before + bought);
    expect(
      decodeEvents([...pair.abi, ...token.abi], swap.logs).map((event) => (event as { eventName: string }).eventName),
    ).toEqual(["Transfer", "Transfer", "Sync", "Swap"]);

    const market = (await call(factory.abi, addresses.factory, "getPair", [gold, silver])) as Hex;
    await call(pair.abi, market, "approve", [addresses.router, shares]);
    const [goldBack, silverBack] = (await call(router.abi, addresses.router, "removeLiquidity", [
      ...[gold, silver, shares, 0n, 0n, owner, NEVER],
    ])) as [bigint, bigint];
    expect(goldBack).toBeGreaterThan(both[0]);
    expect(silverBack).toBeLessThan(both[1]);
    expect(goldBack * silverBack).toBeGreaterThanOrEqual(both[0] * both[1] - 10n ** 42n);
  });

  it("refuses what would cost someone money", async () => {
    const { gold, silver } = addresses;
    await call(router.abi, addresses.router, "addLiquidity", [
      gold,
      silver,
      SUPPLY / 10n,
      SUPPLY / 10n,
      0n,
      0n,
      owner,
      NEVER,
    ]);
    const swap = (out: bigint, deadline: bigint): Promise<Sent> =>
      attempt(router.abi, addresses.router, "swapExactTokensForTokens", [
        10n ** 18n,
        out,
        [gold, silver],
        owner,
        deadline,
      ]);
    expect(errorOf(router.abi, await swap(10n ** 30n, NEVER))).toBe("InsufficientOutput");
    expect(errorOf(router.abi, await swap(0n, 1n))).toBe("Expired");
    const market = (await call(factory.abi, addresses.factory, "getPair", [gold, silver])) as Hex;
    expect(errorOf(pair.abi, await attempt(pair.abi, market, "swap", [1n, 0n, owner]))).toBe("InsufficientInput");
    expect(errorOf(pair.abi, await attempt(pair.abi, market, "initialise", [gold, silver]))).toBe("OnlyFactory");
    expect(errorOf(factory.abi, await attempt(factory.abi, addresses.factory, "createPair", [silver, gold]))).toBe(
      "PairExists",
    );
    await call(token.abi, gold, "transfer", [market, 1000n]);
    const token0 = (await call(pair.abi, market, "token0", [])) as Hex;
    const greedy = isAddressEqual(token0, gold) ? [0n, 10n ** 6n] : [10n ** 6n, 0n];
    expect(errorOf(pair.abi, await attempt(pair.abi, market, "swap", [...greedy, owner]))).toBe("InvariantBroken");
  });
});
