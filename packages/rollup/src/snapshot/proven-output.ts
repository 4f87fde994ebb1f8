import { numberToHex, type PublicClient, parseAbi, zeroAddress } from "viem";
import type { Deployment } from "../deploy/deployment.ts";
import { L1Error } from "../l1/errors.ts";
import type { SnapshotClaim } from "./snapshot-blocks.ts";

const FACTORY = parseAbi([
  "function games(uint32 gameType, bytes32 rootClaim, bytes extraData) view returns (address proxy, uint64 timestamp)",
]);
const REGISTRY = parseAbi([
  "function respectedGameType() view returns (uint32)",
  "function isGameClaimValid(address game) view returns (bool)",
  "function getAnchorRoot() view returns (bytes32 root, uint256 l2SequenceNumber)",
]);

/**
 * Whether L1 vouches for the output root at that height as it does when withdrawals are paid: a game for it was won and is
 * final, or it is the anchor. A proposal that can still be disputed is not enough.
 *
 * @throws L1Error
 */
export const isProvenOutput = async (
  l1: PublicClient,
  { addresses, bridge }: Pick<Deployment, "addresses" | "bridge">,
  { number, outputRoot }: SnapshotClaim,
): Promise<boolean> => {
  const registry = { address: addresses.anchorStateRegistry, abi: REGISTRY } as const;
  const factory = { address: addresses.disputeGameFactory, abi: FACTORY } as const;
  try {
    const [root, anchored] = await l1.readContract({ ...registry, functionName: "getAnchorRoot" });
    if (root === outputRoot && anchored === number) return true;
    const respected = await l1.readContract({ ...registry, functionName: "respectedGameType" });
    for (const gameType of new Set([respected, bridge.gameType])) {
      const args = [gameType, outputRoot, numberToHex(number, { size: 32 })] as const;
      const [game] = await l1.readContract({ ...factory, functionName: "games", args });
      if (game === zeroAddress) continue;
      if (await l1.readContract({ ...registry, functionName: "isGameClaimValid", args: [game] })) return true;
    }
    return false;
  } catch (cause) {
    throw new L1Error("L1_UNREACHABLE", "the proposals cannot be read", { cause });
  }
};
