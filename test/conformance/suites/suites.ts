import type { Suite } from "../suite.ts";

/** The suites by name, loaded when asked for. */
export const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  state: async () => (await import("./state.ts")).stateSuite,
  blockchain: async () => (await import("./blockchain.ts")).blockchainSuite,
  transaction: async () => (await import("./transaction.ts")).transactionSuite,
  trie: async () => (await import("./trie.ts")).trieSuite,
  rlp: async () => (await import("./rlp.ts")).rlpSuite,
  rpc: async () => (await import("./rpc.ts")).rpcSuite,
  mainnet: async () => (await import("./mainnet.ts")).mainnetSuite,
  "evm-bench": async () => (await import("./evm-bench.ts")).evmBenchSuite,
};
