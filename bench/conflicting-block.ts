import type { Hex } from "viem";
import { encodeFunctionData, erc20Abi, pad, toHex } from "viem";
import { assemble } from "./assembler.ts";
import type { GigagasBlock } from "./gigagas-blocks.ts";
import { signer } from "./signer.ts";

const FEE = 10n ** 9n;
const TOKEN: Hex = `0x${"70".repeat(20)}`;

/** transfer(to, amount) of a token that keeps balances by address, with some work besides: about 30 000 gas. */
const TOKEN_CODE = assemble([
  ...["CALLER", "SLOAD", 0x24n, "CALLDATALOAD", "SWAP1", "SUB", "CALLER", "SSTORE"],
  ...[4n, "CALLDATALOAD", "SLOAD", 0x24n, "CALLDATALOAD", "ADD", 4n, "CALLDATALOAD", "SSTORE"],
  ...[100n, { label: "more" }],
  ...["DUP1", 0n, "MSTORE", 0x20n, 0n, "KECCAK256", "POP", 1n, "SWAP1", "SUB", "DUP1", { pushLabel: "more" }, "JUMPI"],
  "STOP",
]);

/** Token transfers of which a share goes to the same recipient. */
export function conflictingBlock(count: number, conflicts: number): GigagasBlock {
  const people = Array.from({ length: count }, (_, index) => signer(index));
  const storage: Record<string, Hex> = {};
  for (const { address } of people) storage[address] = toHex(10n ** 18n);
  const transactions = people.map((person, index) => {
    // Spread over the block, the same in every run.
    const hot = (index * 61) % 100 < conflicts * 100;
    const recipient: Hex = hot ? pad("0xdead", { size: 20 }) : pad(toHex(0x10_0000 + index), { size: 20 });
    return person.sign({
      type: "eip1559",
      chainId: 1,
      nonce: 1,
      to: TOKEN,
      value: 0n,
      gas: 100_000n,
      maxFeePerGas: FEE,
      maxPriorityFeePerGas: 0n,
      data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [recipient, 1n] }),
    });
  });
  return {
    name: `token transfers, ${Math.round(conflicts * 100)} % to one recipient`,
    accounts: [
      ...people.map(({ address }) => ({ address, code: "0x" as const, balance: 10n ** 21n, storage: {} })),
      { address: TOKEN, code: `0x${Buffer.from(TOKEN_CODE).toString("hex")}`, balance: 0n, storage },
    ],
    transactions,
  };
}
