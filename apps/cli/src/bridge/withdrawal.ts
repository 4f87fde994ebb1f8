import { PREDEPLOY_ADDRESSES } from "@hyperion/rollup";
import { type Address, type Hex, parseAbi, type TransactionReceipt } from "viem";
import {
  buildProveWithdrawal,
  finalizeWithdrawal,
  type GetWithdrawalStatusReturnType,
  getGame,
  getWithdrawalStatus,
  getWithdrawals,
  initiateWithdrawal,
  proveWithdrawal,
} from "viem/op-stack";
import { type Bridge, mined } from "./connect-bridge.ts";

export type WithdrawalStatus = GetWithdrawalStatusReturnType;

/** Told of every new stage. */
export type OnWithdrawalStage = (status: WithdrawalStatus) => void;

const L2_BRIDGE = parseAbi([
  "function withdrawTo(address l2Token, address to, uint256 amount, uint32 minGasLimit, bytes extraData) payable",
]);
const GAS_ON_L1 = 100_000n;
const TOKEN_GAS_ON_L1 = 300_000;
const POLL_MS = 500;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));

/** Burns ether on L2. What has to happen on L1 is `completeWithdrawal`. */
export const withdrawEther = async ({ l2, l2Wallet }: Bridge, to: Address, wei: bigint): Promise<TransactionReceipt> =>
  mined(l2, await initiateWithdrawal(l2Wallet, { request: { to, value: wei, gas: GAS_ON_L1, data: "0x" } }));

/** Burns the representation of an L1 token. */
export const withdrawToken = async (
  { l2, l2Wallet }: Bridge,
  l2Token: Address,
  to: Address,
  amount: bigint,
): Promise<TransactionReceipt> =>
  mined(
    l2,
    await l2Wallet.writeContract({
      ...{ address: PREDEPLOY_ADDRESSES.standardBridge, abi: L2_BRIDGE, functionName: "withdrawTo" },
      args: [l2Token, to, amount, TOKEN_GAS_ON_L1, "0x"],
    }),
  );

export const withdrawalStatus = ({ l1, targetChain }: Bridge, receipt: TransactionReceipt): Promise<WithdrawalStatus> =>
  getWithdrawalStatus(l1, { receipt, targetChain });

/** What moves a withdrawal out of a stage; the others pass with time. */
const STEPS: Partial<Record<WithdrawalStatus, (bridge: Bridge, receipt: TransactionReceipt) => Promise<Hex>>> = {
  "ready-to-prove": async ({ account, l1, l2, l1Wallet, targetChain }, receipt) => {
    const [withdrawal] = getWithdrawals(receipt);
    const game = await getGame(l1, { l2BlockNumber: receipt.blockNumber, targetChain });
    // The portal takes no proof in the block of the game itself.
    while ((await l1.getBlock()).timestamp <= game.timestamp) await pause();
    const proof = await buildProveWithdrawal(l2, { account, game, withdrawal: withdrawal! });
    return proveWithdrawal(l1Wallet, { ...proof, targetChain });
  },
  "ready-to-finalize": async ({ l1Wallet, targetChain }, receipt) => {
    const [withdrawal] = getWithdrawals(receipt);
    return finalizeWithdrawal(l1Wallet, { withdrawal: withdrawal!, targetChain });
  },
};

/** Proves and finalizes a withdrawal on L1, and waits for what has to pass in between: on a chain that matters, days. */
export const completeWithdrawal = async (
  bridge: Bridge,
  receipt: TransactionReceipt,
  onStage: OnWithdrawalStage,
): Promise<void> => {
  let last: WithdrawalStatus | undefined;
  for (;;) {
    const status = await withdrawalStatus(bridge, receipt);
    if (status !== last) onStage(status);
    last = status;
    if (status === "finalized") return;
    const step = STEPS[status];
    if (step) await mined(bridge.l1, await step(bridge, receipt));
    else await pause();
  }
};
