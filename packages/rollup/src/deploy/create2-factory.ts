import { GENESIS_CONTRACTS } from "@hyperion/chain";
import { type Address, type Hex, recoverTransactionAddress, type TransactionSerialized } from "viem";
import { DeployError } from "./errors.ts";
import type { L1Account } from "./l1-account.ts";

/** The factory that every EVM chain has, or can be given, at one address. Called with salt ‖ creation code. */
export const CREATE2_FACTORY: Address = GENESIS_CONTRACTS.find(({ name }) => name === "create2Factory")!.address;

/** Creates it: signed for no chain in particular, by a key that nobody has. */
const CREATION =
  "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222" as TransactionSerialized;
/** 100 000 gas at 100 gwei. */
const CREATION_COST = 10n ** 16n;

/** @throws DeployError when the L1 refuses the transaction, as nodes do that demand replay protection (EIP-155) */
export const ensureCreate2Factory = async ({ client, send }: L1Account): Promise<void> => {
  const exists = async (): Promise<boolean> => (await client.getCode({ address: CREATE2_FACTORY })) !== undefined;
  if (await exists()) return;
  const creator = await recoverTransactionAddress({ serializedTransaction: CREATION });
  const missing = CREATION_COST - (await client.getBalance({ address: creator }));
  if (missing > 0n) await send([{ to: creator, data: "0x", value: missing }]);
  try {
    const hash: Hex = await client.sendRawTransaction({ serializedTransaction: CREATION });
    await client.waitForTransactionReceipt({ hash });
  } catch (cause) {
    throw new DeployError("NO_CREATE2_FACTORY", `L1 has no CREATE2 factory at ${CREATE2_FACTORY} and takes none.`, {
      cause,
    });
  }
  if (!(await exists())) {
    throw new DeployError("NO_CREATE2_FACTORY", `The CREATE2 factory could not be created at ${CREATE2_FACTORY}.`);
  }
};
