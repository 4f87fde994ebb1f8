import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultFixtures, FixturesAbsentError, fixtureRoots } from "@hyperion/test/fixtures";
import type { Hex } from "viem";
import { concat, encodeAbiParameters, encodeFunctionData, erc20Abi, keccak256, pad, parseAbi, toHex } from "viem";
import type { Signer } from "./signer.ts";
import { signer } from "./signer.ts";
import type { WorkloadAccount } from "./workloads.ts";

/** A block of signed transactions none of which reads what another one writes, and the state before it: accounts with nonce 1. */
export interface GigagasBlock {
  readonly name: string;
  readonly accounts: readonly WorkloadAccount[];
  readonly transactions: readonly Hex[];
}

/** Gas of one transaction, for how many make a block. */
const TRANSFER_GAS = 21_000;
const TOKEN_GAS = 29_800;
const SWAP_GAS = 156_000;

const FEE = 10n ** 9n;
const ETHER = 10n ** 18n;
const POOL_FEE = 3000;

/** The blocks of the parallel-EVM field: raw transfers, ERC-20 transfers and Uniswap v3 swaps, each of about `gas`. */
export function* gigagasBlocks(gas: number, log: (line: string) => void): Generator<GigagasBlock> {
  yield transfers(Math.ceil(gas / TRANSFER_GAS));
  const code = contractCode(log);
  if (code === undefined) return;
  yield tokenTransfers(Math.ceil(gas / TOKEN_GAS), code);
  yield swaps(Math.ceil(gas / SWAP_GAS), code);
}

function transfers(count: number): GigagasBlock {
  const people = Array.from({ length: count }, (_, index) => signer(index));
  const transactions = people.map((person, index) =>
    transaction(person, addressOf("recipient", index), "0x", 21_000n, 1n),
  );
  return { name: "raw transfers", accounts: people.map(funded), transactions };
}

/** One token, every holder pays a recipient of its own who has some already. */
function tokenTransfers(count: number, code: ContractCode): GigagasBlock {
  const people = Array.from({ length: count }, (_, index) => signer(index));
  const token = addressOf("token", 0);
  const recipient = (index: number): Hex => addressOf("recipient", index);
  const holders = people.flatMap(({ address }, index) => [address, recipient(index)]);
  const transactions = people.map((person, index) => {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [recipient(index), 1000n] });
    return transaction(person, token, data, 60_000n, 0n);
  });
  return {
    name: "ERC-20 transfers",
    accounts: [...people.map(funded), tokenAccount(token, code, holders, [])],
    transactions,
  };
}

/** Every person swaps in a pool of its own, with two tokens of its own; all pools have one factory and one router. */
function swaps(count: number, code: ContractCode): GigagasBlock {
  const router = addressOf("router", 0);
  const accounts: WorkloadAccount[] = [contract(router, routerCode(code), { "0x0": toHex(2n ** 256n - 1n) })];
  const transactions: Hex[] = [];
  const data = encodeFunctionData({
    abi: parseAbi(["function sellToken0(uint256 amount)"]),
    functionName: "sellToken0",
    args: [2000n],
  });
  for (let index = 0; index < count; index++) {
    const person = signer(index);
    const cluster = swapCluster(index, person.address, router, code);
    accounts.push(funded(person), ...cluster.accounts);
    transactions.push(transaction(person, cluster.swap, data, 300_000n, 0n));
  }
  return { name: "Uniswap v3 swaps", accounts, transactions };
}

function swapCluster(
  index: number,
  person: Hex,
  router: Hex,
  code: ContractCode,
): { accounts: WorkloadAccount[]; swap: Hex } {
  const swap = addressOf("swap", index);
  const [token0, token1] = [addressOf("token a", index), addressOf("token b", index)].sort() as [Hex, Hex];
  const pool = poolAddress(token0, token1);
  const token = (address: Hex): WorkloadAccount => tokenAccount(address, code, [pool, person], [[person, swap]]);
  const swapStorage = { "0x0": token0, "0x1": toHex((BigInt(POOL_FEE) << 160n) | BigInt(token1)) };
  const swapCode = replaced(code.SingleSwap, [["e7cfcccb38ce07ba9d8d13431afe8cf6172de031", router]]);
  return {
    accounts: [
      token(token0),
      token(token1),
      poolAccount(pool, token0, token1, code),
      contract(swap, swapCode, swapStorage),
    ],
    swap,
  };
}

const FACTORY: Hex = addressOf("factory", 0);
/** Stands in the router in place of the hash of the pool's creation code, which decides the pools' addresses. */
const POOL_CODE_HASH: Hex = keccak256(toHex("pool"));

function poolAddress(token0: Hex, token1: Hex): Hex {
  const parameters = [{ type: "address" }, { type: "address" }, { type: "uint24" }] as const;
  const salt = keccak256(encodeAbiParameters(parameters, [token0, token1, POOL_FEE]));
  return `0x${keccak256(concat(["0xff", FACTORY, salt, POOL_CODE_HASH])).slice(26)}`;
}

function routerCode(code: ContractCode): Hex {
  return replaced(code.SwapRouter, [
    ["6509f2a854ba7441039fce3b959d5badd2ffcfcd", addressOf("weth", 0)],
    ["d787a42ee3ac477c46dd6c912e7af795d44453d5", FACTORY],
    ["636fcf59d7fdf3a03833dba1c6d936c9d7c6730057c8c4c8e5059feaeab60e04", POOL_CODE_HASH],
  ]);
}

/** Liquidity from tick -600000 to 600000 at price 1: enough that a swap crosses no tick. */
function poolAccount(pool: Hex, token0: Hex, token1: Hex, code: ContractCode): WorkloadAccount {
  const liquidity = 111_111_000_000_010_412_955_141n;
  const gross = 0x178756e190b388651605n;
  const ends = [
    { tick: -600_000n, net: gross, outside: 0x0100000001n << 216n },
    { tick: 600_000n, net: -gross, outside: 1n << 248n },
  ];
  const storage: Record<string, Hex> = {
    "0x0": toHex((1n << 240n) | (1n << 216n) | (1n << 200n) | (1n << 96n)),
    "0x4": toHex(liquidity),
    "0x8": toHex((1n << 248n) | 1n),
  };
  for (const { tick, net, outside } of ends) {
    const info = BigInt(slotOf(5n, [tick]));
    storage[toHex(info)] = toHex((BigInt.asUintN(128, net) << 128n) | gross);
    storage[toHex(info + 3n)] = toHex(outside);
    const compressed = tick / 60n;
    storage[slotOf(6n, [compressed >> 8n])] = toHex(1n << BigInt.asUintN(8, compressed));
  }
  const poolCode = replaced(code.UniswapV3Pool, [
    ["261d8c5e9742e6f7f1076fa1f560894524e19cad", token0],
    ["ce3478a9e0167a6bc5716dc39dbbbfac38f27623", token1],
    ["cba6b9a951749b8735c603e7ffc5151849248772", FACTORY],
    ["d495d5e5cab2567777fff988c4fcd71328b17c9d", pool],
  ]);
  return contract(pool, poolCode, storage);
}

function tokenAccount(
  address: Hex,
  code: ContractCode,
  holders: readonly Hex[],
  allowances: readonly (readonly [owner: Hex, spender: Hex])[],
): WorkloadAccount {
  const storage: Record<string, Hex> = { "0x2": toHex(10n ** 30n), "0x5": toHex(18) };
  for (const holder of holders) storage[slotOf(0n, [BigInt(holder)])] = toHex(10n ** 9n * ETHER);
  for (const [owner, spender] of allowances) storage[slotOf(1n, [BigInt(owner), BigInt(spender)])] = toHex(ETHER);
  return contract(address, code.ERC20Token, storage);
}

/** Slot of a value in nested mappings of Solidity. */
function slotOf(mapping: bigint, keys: readonly bigint[]): Hex {
  return keys.reduce<Hex>(
    (slot, key) => keccak256(concat([toHex(BigInt.asUintN(256, key), { size: 32 }), slot])),
    toHex(mapping, { size: 32 }),
  );
}

function contract(address: Hex, code: Hex, storage: Readonly<Record<string, string>>): WorkloadAccount {
  return { address, code, balance: 0n, storage };
}

function funded({ address }: Signer): WorkloadAccount {
  return { address, code: "0x", balance: 1000n * ETHER, storage: {} };
}

function transaction(from: Signer, to: Hex, data: Hex, gas: bigint, value: bigint): Hex {
  return from.sign({
    type: "eip1559",
    chainId: 1,
    nonce: 1,
    to,
    data,
    gas,
    value,
    maxFeePerGas: FEE,
    maxPriorityFeePerGas: FEE,
  });
}

function addressOf(role: string, index: number): Hex {
  return pad(`0x${keccak256(toHex(`${role} ${index}`)).slice(26)}`, { size: 20 });
}

/** Runtime code as it was compiled, with the addresses of one deployment in it. */
type ContractCode = Readonly<Record<"ERC20Token" | "SingleSwap" | "SwapRouter" | "UniswapV3Pool", Hex>>;

function replaced(code: Hex, immutables: readonly (readonly [compiled: string, actual: Hex])[]): Hex {
  return immutables.reduce((text, [compiled, actual]) => text.replaceAll(compiled, actual.slice(2)) as Hex, code);
}

function contractCode(log: (line: string) => void): ContractCode | undefined {
  try {
    const roots = fixtureRoots(defaultFixtures(), (archive) => log(`unpacking ${archive}`));
    const folder = roots.map((root) => join(root, "gigagas")).find((path) => existsSync(path));
    if (folder === undefined) return undefined;
    const read = (name: string): Hex => `0x${readFileSync(join(folder, `${name}.hex`), "utf8").trim()}`;
    return {
      ERC20Token: read("ERC20Token"),
      SingleSwap: read("SingleSwap"),
      SwapRouter: read("SwapRouter"),
      UniswapV3Pool: read("UniswapV3Pool"),
    };
  } catch (error) {
    if (!(error instanceof FixturesAbsentError)) throw error;
    log(`${error.message} Raw transfers only.`);
    return undefined;
  }
}
