import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface StateVariable {
  readonly label: string;
  readonly slot: number;
  readonly offset: number;
  readonly type: string;
}

/** Contracts behind proxies: an upgrade that moves a variable reads another's value. */
const UPGRADEABLE = [
  "ai/ModelRegistry",
  "bridge/OptimismMintableERC20Factory",
  "bridge/OptimismMintableERC721Factory",
  "l1/L1CrossDomainMessenger",
  "l1/L1ERC721Bridge",
  "l1/L1StandardBridge",
  "l1/OptimismPortal",
  "l1/SystemConfig",
  "l1/dispute/AnchorStateRegistry",
  "l1/dispute/DisputeGameFactory",
  "l2/BaseFeeVault",
  "l2/GasPriceOracle",
  "l2/L1Block",
  "l2/L1FeeVault",
  "l2/L2CrossDomainMessenger",
  "l2/L2ERC721Bridge",
  "l2/L2StandardBridge",
  "l2/L2ToL1MessagePasser",
  "l2/OperatorFeeVault",
  "l2/SequencerFeeVault",
];

/** One line per variable: contract, slot:offset, type, name. */
const layoutOf = (name: string): readonly string[] => {
  const path = join(import.meta.dirname, "dist", `${name}.json`);
  const { storageLayout } = JSON.parse(readFileSync(path, "utf8")) as { storageLayout: readonly StateVariable[] };
  return storageLayout.map(({ label, slot, offset, type }) => `${name} ${slot}:${offset} ${type} ${label}\n`);
};

describe("storage layout", () => {
  it("of upgradeable contracts is the one that storage-layout.txt pins", async () => {
    await expect(UPGRADEABLE.flatMap(layoutOf).join("")).toMatchFileSnapshot("storage-layout.txt");
  });
});
