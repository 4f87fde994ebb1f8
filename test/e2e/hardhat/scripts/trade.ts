import { network } from "hardhat";

const SUPPLY = 1_000_000n * 10n ** 18n;
const LIQUIDITY = 10_000n * 10n ** 18n;
const SOLD = 100n * 10n ** 18n;
const DEADLINE = 4_000_000_000n;

const { ethers } = await network.create();
const [owner] = await ethers.getSigners();
const gold = await ethers.deployContract("Token", ["Gold", "GLD", SUPPLY]);
const silver = await ethers.deployContract("Token", ["Silver", "SLV", SUPPLY]);
const factory = await ethers.deployContract("Factory");
const router = await ethers.deployContract("Router", [await factory.getAddress()]);
const path = [await gold.getAddress(), await silver.getAddress()];
for (const token of [gold, silver]) {
  await (await token.getFunction("approve")(await router.getAddress(), SUPPLY)).wait();
}
const liquidity = [...path, LIQUIDITY, LIQUIDITY, 0n, 0n, owner.address, DEADLINE];
await (await router.getFunction("addLiquidity")(...liquidity)).wait();
const swap = router.getFunction("swapExactTokensForTokens");
const receipt = await (await swap(SOLD, 0n, path, owner.address, DEADLINE)).wait();
const balance: bigint = await silver.getFunction("balanceOf")(owner.address);
const bought = balance - (SUPPLY - LIQUIDITY);
console.log(JSON.stringify({ status: receipt.status, logs: receipt.logs.length, bought: bought.toString() }));
