/** What of the chain a span batch leaves out of its bytes. */
export interface BatchContext {
  readonly chainId: bigint;
  readonly genesisTime: bigint;
  readonly blockTime: bigint;
}
