import type { ChainApi } from "@hyperion/chain";
import type { AdaptiveCompiler } from "@hyperion/metisvm";
import type { RpcMetrics } from "@hyperion/rpc";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const RPC_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** Every metric of a node; served by GET /metrics in the Prometheus text format. */
export interface NodeMetrics {
  readonly rpc: RpcMetrics;
}

/** Peers whose unsafe blocks a node follows. */
export interface PeersView {
  readonly peers: readonly { readonly state: string }[];
  /** Blocks by which the node is behind the best of them. */
  readonly lag: number;
  /** Nodes that read this node's own stream. */
  readonly readers: number;
}

export const createMetrics = (chain: ChainApi, compiler?: AdaptiveCompiler, peers?: PeersView): NodeMetrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  observeChain(registry, chain);
  if (compiler) observeCompiler(registry, compiler);
  if (peers) observePeers(registry, peers);
  return { rpc: rpcMetrics(registry) };
};

const observeChain = (registry: Registry, chain: ChainApi): void => {
  const registers = [registry];
  new Gauge({
    name: "hyperion_chain_head_number",
    help: "Number of the newest block",
    registers,
    collect() {
      this.set(Number(chain.head().header.number));
    },
  });
  new Gauge({
    name: "hyperion_pool_transactions",
    help: "Transactions in the pool by state",
    labelNames: ["state"],
    registers,
    collect() {
      const { pending, queued } = chain.pool.status();
      this.set({ state: "pending" }, pending);
      this.set({ state: "queued" }, queued);
    },
  });
  const blocks = new Counter({ name: "hyperion_chain_blocks_total", help: "Blocks that became head", registers });
  const transactions = new Counter({
    name: "hyperion_chain_transactions_total",
    help: "Transactions in blocks that became head",
    registers,
  });
  const gas = new Counter({ name: "hyperion_chain_gas_total", help: "Gas used by blocks that became head", registers });
  const reorgs = new Counter({
    name: "hyperion_chain_reorgs_total",
    help: "Switches of the canonical chain",
    registers,
  });
  chain.on("newHead", (block) => {
    blocks.inc();
    transactions.inc(block.transactionCount);
    gas.inc(Number(block.header.gasUsed));
  });
  chain.on("reorg", () => reorgs.inc());
};

const observePeers = (registry: Registry, view: PeersView): void => {
  const registers = [registry];
  new Gauge({
    name: "hyperion_peers",
    help: "Peers whose unsafe blocks are followed, by state",
    labelNames: ["state"],
    registers,
    collect() {
      for (const state of ["connecting", "connected", "waiting", "shunned"]) {
        this.set({ state }, view.peers.filter((peer) => peer.state === state).length);
      }
    },
  });
  new Gauge({
    name: "hyperion_peers_lag_blocks",
    help: "Blocks by which the unsafe head is behind the best peer's",
    registers,
    collect() {
      this.set(view.lag);
    },
  });
  new Gauge({
    name: "hyperion_peers_readers",
    help: "Nodes that read this node's unsafe blocks",
    registers,
    collect() {
      this.set(view.readers);
    },
  });
};

const observeCompiler = (registry: Registry, compiler: AdaptiveCompiler): void => {
  const registers = [registry];
  const total = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  new Gauge({
    name: "hyperion_jit_functions",
    help: "Contracts compiled since the start, by tier",
    labelNames: ["tier"],
    registers,
    collect() {
      const { simple, window } = compiler.statistics.functions;
      this.set({ tier: "simple" }, simple);
      this.set({ tier: "window" }, window);
    },
  });
  total("hyperion_jit_refused", "Contracts too large or too slow to compile", () => compiler.statistics.refused);
  total("hyperion_jit_waiting", "Contracts that wait to be compiled", () => compiler.statistics.waiting);
  total("hyperion_jit_bytes", "Bytes of all modules made", () => compiler.statistics.bytes);
  total(
    "hyperion_jit_seconds",
    "Time spent compiling, in the background",
    () => compiler.statistics.milliseconds / 1000,
  );
};

type Series = Histogram.Internal<"method" | "outcome">;

const rpcMetrics = (registry: Registry): RpcMetrics => {
  const registers = [registry];
  const duration = new Histogram({
    name: "hyperion_rpc_request_seconds",
    help: "Time to answer a JSON-RPC request by method and outcome",
    labelNames: ["method", "outcome"],
    buckets: RPC_SECONDS,
    registers,
  });
  // Finding a series by its labels costs more than observing: each is looked up once.
  const known = { ok: new Map<string, Series>(), error: new Map<string, Series>() };
  const series = (method: string, outcome: "ok" | "error"): Series => {
    const found = known[outcome].get(method) ?? duration.labels(method, outcome);
    known[outcome].set(method, found);
    return found;
  };
  const open = new Gauge({
    name: "hyperion_rpc_connections",
    help: "Open connections by kind",
    labelNames: ["kind"],
    registers,
  });
  return {
    start: (method) => {
      const started = performance.now();
      return (ok) => series(method, ok ? "ok" : "error").observe((performance.now() - started) / 1000);
    },
    connections: (kind, delta) => open.inc({ kind }, delta),
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
};
