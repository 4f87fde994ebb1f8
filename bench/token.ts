import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "@hyperion/test/fixtures";
import type { Abi, Hex } from "viem";
import { encodeDeployData } from "viem";

/** Creation code of the OpenZeppelin ERC-20 in `contracts/test`, its whole supply going to the deployer. */
export function tokenCreationCode(): Hex {
  const path = join(REPOSITORY, "contracts", "dist", "test", "Token.json");
  const { abi, bytecode } = JSON.parse(readFileSync(path, "utf8")) as { abi: Abi; bytecode: Hex };
  return encodeDeployData({ abi, bytecode, args: ["Gold", "GLD", 10n ** 27n] });
}
