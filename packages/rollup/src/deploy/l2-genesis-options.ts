import type { Address } from "viem";

/** Where the fees of one kind go: to `recipient` on that layer, in payments of at least `minimum` wei. */
export interface FeeVaultOptions {
  readonly recipient: Address;
  readonly minimum: bigint;
  readonly network: "l1" | "l2";
}

/** What the L2 genesis follows from. The same options give the same block on every machine. */
export interface L2GenesisOptions {
  readonly chainId: number;
  /** Seconds; the L1 origin's. */
  readonly timestamp: bigint;
  readonly gasLimit: bigint;
  /** Wei. */
  readonly baseFee: bigint;
  /** Holocene's EIP-1559 parameters, in the header's extra data. */
  readonly eip1559: { readonly denominator: number; readonly elasticity: number };
  readonly jovian: boolean;
  readonly l1: {
    readonly chainId: number;
    readonly crossDomainMessenger: Address;
    readonly standardBridge: Address;
    readonly erc721Bridge: Address;
  };
  /** May replace every predeploy. For an L1 contract this is its alias (`AddressAlias`). */
  readonly proxyAdminOwner: Address;
  readonly feeVaults: {
    readonly sequencer: FeeVaultOptions;
    readonly baseFee: FeeVaultOptions;
    readonly l1Fee: FeeVaultOptions;
    readonly operatorFee: FeeVaultOptions;
  };
  /** Balances besides the predeploys: for development chains. Real ether comes over the bridge. */
  readonly funded?: readonly { readonly address: Address; readonly wei: bigint }[];
}
