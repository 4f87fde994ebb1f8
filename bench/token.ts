import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keccak256 } from "@hyperion/kernel";
import { REPOSITORY } from "@hyperion/test/fixtures";
import type { Abi, Hex } from "viem";
import { encodeDeployData, hexToBytes } from "viem";

/** Where benchmarks that make their own state put the token. */
export const TOKEN: Uint8Array = new Uint8Array(20).fill(0x70);

/** Creation code of the OpenZeppelin ERC-20 in `contracts/test`, its whole supply going to the deployer. */
export function tokenCreationCode(): Hex {
  const { abi, bytecode } = artifact();
  return encodeDeployData({ abi, bytecode, args: ["Gold", "GLD", 10n ** 27n] });
}

/** Code of the deployed contract. */
export function tokenCode(): Uint8Array {
  return hexToBytes(artifact().deployedBytecode);
}

/** The storage key of a holder's balance: a mapping at slot 0. */
export function balanceSlot(holder: Uint8Array): Uint8Array {
  const place = new Uint8Array(64);
  place.set(holder, 12);
  return keccak256(place);
}

function artifact(): { abi: Abi; bytecode: Hex; deployedBytecode: Hex } {
  const path = join(REPOSITORY, "contracts", "dist", "test", "Token.json");
  return JSON.parse(readFileSync(path, "utf8")) as ReturnType<typeof artifact>;
}
