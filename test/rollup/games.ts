import { contractArtifact } from "@hyperion/rollup";
import { type Hex, hexToBigInt } from "viem";
import type { RollupProcesses } from "./rollup-processes.ts";

const { abi: factoryAbi } = contractArtifact("l1/dispute/DisputeGameFactory");
const { abi: gameAbi } = contractArtifact("l1/dispute/PermissionedProposalGame");

/** A proposal on L1. */
export interface Game {
  readonly l2Block: bigint;
  /** Resolved, and nothing of its bond left to be claimed. */
  readonly isSettled: boolean;
}

/** Every game of the factory, oldest first. */
export const gamesOn = async ({ l1, deployment }: RollupProcesses): Promise<readonly Game[]> => {
  const factory = { address: deployment.addresses.disputeGameFactory, abi: factoryAbi } as const;
  const count = (await l1.readContract({ ...factory, functionName: "gameCount" })) as bigint;
  const games: Game[] = [];
  for (let index = 0n; index < count; index++) {
    const created = await l1.readContract({ ...factory, functionName: "gameAtIndex", args: [index] });
    const [, , address] = created as readonly [number, bigint, Hex];
    const read = (functionName: string, args: readonly unknown[] = []): Promise<unknown> =>
      l1.readContract({ address, abi: gameAbi, functionName, args });
    const creator = await read("gameCreator");
    const isSettled = (await read("status")) !== 0 && (await read("credit", [creator])) === 0n;
    games.push({ l2Block: hexToBigInt((await read("extraData")) as Hex), isSettled });
  }
  return games;
};
