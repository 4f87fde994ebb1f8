import { type MethodTable, method } from "../methods/method.ts";
import { hash } from "../schema/scalars.ts";
import type { Engine } from "./engine.ts";
import {
  capabilities,
  executionPayload,
  executionRequests,
  forkchoiceState,
  payloadAttributes,
  payloadId,
  versionedHashes,
} from "./engine-schema.ts";

/** engine_: for the consensus client alone, on a port of its own. */
export const engineMethods = (engine: Engine): MethodTable => {
  const table: MethodTable = {
    engine_exchangeCapabilities: method({
      namespace: "engine",
      cost: "cheap",
      summary: "The engine methods that are served.",
      params: { capabilities },
      handle: () => Object.keys(table).filter((name) => name !== "engine_exchangeCapabilities"),
    }),
    engine_forkchoiceUpdatedV3: method({
      namespace: "engine",
      cost: "write",
      summary: "Sets the heads; with attributes builds the block on top.",
      params: { state: forkchoiceState, attributes: payloadAttributes.nullish() },
      handle: ({ state, attributes }) => engine.forkchoiceUpdated(state, attributes ?? undefined),
    }),
    engine_getPayloadV3: method({
      namespace: "engine",
      cost: "read",
      summary: "A block that was built, of the fork Cancun.",
      params: { id: payloadId },
      handle: ({ id }) => engine.getPayload(id, 3),
    }),
    engine_getPayloadV4: method({
      namespace: "engine",
      cost: "read",
      summary: "A block that was built, of Prague and later forks.",
      params: { id: payloadId },
      handle: ({ id }) => engine.getPayload(id, 4),
    }),
    engine_newPayloadV3: method({
      namespace: "engine",
      cost: "write",
      summary: "Executes a block of the fork Cancun.",
      params: { payload: executionPayload, versionedHashes, parentBeaconBlockRoot: hash },
      handle: ({ payload, versionedHashes: hashes, parentBeaconBlockRoot }) =>
        engine.newPayload(payload, hashes, { parentBeaconBlockRoot }, 3),
    }),
    engine_newPayloadV4: method({
      namespace: "engine",
      cost: "write",
      summary: "Executes a block of Prague and later forks.",
      params: { payload: executionPayload, versionedHashes, parentBeaconBlockRoot: hash, executionRequests },
      handle: ({ payload, versionedHashes: hashes, ...companions }) =>
        engine.newPayload(payload, hashes, companions, 4),
    }),
  };
  return table;
};
