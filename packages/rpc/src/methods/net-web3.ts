import { data } from "../hex.ts";
import { keccak256 } from "../keccak.ts";
import { bytes } from "../schema/scalars.ts";
import { type MethodTable, method } from "./method.ts";

/** net_ and web3_. */
export const netWeb3Methods: MethodTable = {
  net_version: method({
    namespace: "net",
    cost: "cheap",
    summary: "Chain id in decimal.",
    params: {},
    handle: (_, { chain }) => chain.config.chainId.toString(),
  }),
  net_listening: method({
    namespace: "net",
    cost: "cheap",
    summary: "Whether the node accepts connections.",
    params: {},
    handle: () => true,
  }),
  net_peerCount: method({
    namespace: "net",
    cost: "cheap",
    summary: "Number of peers on the execution network: this node follows an ordering service instead.",
    params: {},
    handle: () => "0x0",
  }),
  web3_clientVersion: method({
    namespace: "web3",
    cost: "cheap",
    summary: "Name and version of the node.",
    params: {},
    handle: (_, { clientVersion }) => clientVersion,
  }),
  web3_sha3: method({
    namespace: "web3",
    cost: "cheap",
    summary: "Keccak-256 of bytes.",
    params: { bytes },
    handle: (params) => data(keccak256(params.bytes)),
  }),
};
