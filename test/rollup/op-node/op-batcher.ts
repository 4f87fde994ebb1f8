/** op-node's and op-batcher's code as a peer of benchmarks. */
export { opNodeDecoder } from "./op-node-build.ts";
export { type ChannelBlock, spanChannelSize } from "./op-node-decoder.ts";
