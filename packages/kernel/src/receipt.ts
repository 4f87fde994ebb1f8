export interface Log {
  readonly address: Uint8Array;
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

export interface Receipt {
  readonly type: number;
  /** EIP-658 status from Byzantium on. */
  readonly status?: 0 | 1;
  /** Intermediate state root before Byzantium. */
  readonly stateRoot?: Uint8Array;
  readonly cumulativeGasUsed: bigint;
  readonly gasUsed: bigint;
  readonly effectiveGasPrice: bigint;
  readonly blobGasUsed?: bigint;
  readonly blobGasPrice?: bigint;
  readonly contractAddress?: Uint8Array;
  /** Deposits: the sender's nonce before. */
  readonly depositNonce?: bigint;
  /** Signed transactions on a rollup: the fee for their data, in wei, and the gas that it stands for. */
  readonly l1Fee?: bigint;
  readonly l1GasUsed?: bigint;
  readonly logs: readonly Log[];
  readonly logsBloom: Uint8Array;
}
