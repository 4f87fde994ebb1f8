import { PREDEPLOY_ADDRESSES } from "@hyperion/rollup";
import { type Address, parseAbi, parseAbiItem, parseEventLogs } from "viem";
import { type Bridge, mined } from "./connect-bridge.ts";

const ERC20 = parseAbi([
  "function name() view returns (string)",
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
]);
const CREATED = parseAbiItem(
  "event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer)",
);
const FACTORY = parseAbi([
  "function createOptimismMintableERC20WithDecimals(address remoteToken, string name, string symbol, uint8 decimals) returns (address)",
]);

export const decimalsOf = (client: Bridge["l1"], token: Address): Promise<number> =>
  client.readContract({ address: token, abi: ERC20, functionName: "decimals" });

/** What stands for an L1 token on L2; created by the factory where nothing does yet. */
export const l2TokenOf = async ({ l1, l2, l2Wallet }: Bridge, l1Token: Address): Promise<Address> => {
  const factory = PREDEPLOY_ADDRESSES.mintableErc20Factory;
  const known = await l2.getLogs({ address: factory, event: CREATED, args: { remoteToken: l1Token }, fromBlock: 0n });
  const [first] = known;
  if (first?.args.localToken) return first.args.localToken;
  const contract = { address: l1Token, abi: ERC20 } as const;
  const [name, symbol, decimals] = await Promise.all([
    l1.readContract({ ...contract, functionName: "name" }),
    l1.readContract({ ...contract, functionName: "symbol" }),
    l1.readContract({ ...contract, functionName: "decimals" }),
  ]);
  const hash = await l2Wallet.writeContract({
    ...{ address: factory, abi: FACTORY, functionName: "createOptimismMintableERC20WithDecimals" },
    args: [l1Token, name, symbol, decimals],
  });
  const { logs } = await mined(l2, hash);
  const [event] = parseEventLogs({ abi: [CREATED], logs });
  if (!event) throw new Error("The factory on L2 created no token.");
  return event.args.localToken;
};
