import { type Address, type Hex, parseAbi, type TransactionReceipt } from "viem";
import { depositTransaction, getL2TransactionHashes } from "viem/op-stack";
import { type Bridge, mined } from "./connect-bridge.ts";

/** Told of every stage in words. */
export type OnStage = (stage: string) => void;

export interface Deposited {
  readonly l1Transaction: Hex;
  readonly l2Transaction: Hex;
}

const L1_BRIDGE = parseAbi([
  "function depositERC20To(address l1Token, address l2Token, address to, uint256 amount, uint32 minGasLimit, bytes extraData)",
]);
const ERC20 = parseAbi([
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
]);
const TRANSFER_GAS = 50_000n;
const TOKEN_GAS = 300_000;

/** Ether: minted on L2 as soon as a block has taken the deposit's L1 block as its origin. */
export const depositEther = async (bridge: Bridge, to: Address, wei: bigint, onStage: OnStage): Promise<Deposited> => {
  onStage("Depositing on L1");
  const hash = await depositTransaction(bridge.l1Wallet, {
    request: { to, mint: wei, value: wei, gas: TRANSFER_GAS },
    targetChain: bridge.targetChain,
  });
  return arrived(bridge, await mined(bridge.l1, hash), onStage);
};

/** A token of L1, as its representation on L2. */
export const depositToken = async (
  bridge: Bridge,
  token: { readonly l1: Address; readonly l2: Address },
  to: Address,
  amount: bigint,
  onStage: OnStage,
): Promise<Deposited> => {
  const { l1, l1Wallet, account, l1StandardBridge: spender } = bridge;
  const contract = { address: token.l1, abi: ERC20 } as const;
  const args = [account.address, spender] as const;
  if ((await l1.readContract({ ...contract, functionName: "allowance", args })) < amount) {
    onStage("Approving the bridge on L1");
    await mined(l1, await l1Wallet.writeContract({ ...contract, functionName: "approve", args: [spender, amount] }));
  }
  onStage("Depositing on L1");
  const hash = await l1Wallet.writeContract({
    ...{ address: spender, abi: L1_BRIDGE, functionName: "depositERC20To" },
    args: [token.l1, token.l2, to, amount, TOKEN_GAS, "0x"],
  });
  return arrived(bridge, await mined(l1, hash), onStage);
};

const arrived = async ({ l2 }: Bridge, receipt: TransactionReceipt, onStage: OnStage): Promise<Deposited> => {
  const [l2Transaction] = getL2TransactionHashes(receipt);
  if (!l2Transaction) throw new Error("The transaction on L1 deposited nothing.");
  onStage("Waiting for L2");
  await mined(l2, l2Transaction);
  return { l1Transaction: receipt.transactionHash, l2Transaction };
};
