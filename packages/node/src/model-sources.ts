import { type BlobSource, ModelError } from "@hyperion/inference";
import { AltDaClient, AltDaError, type Commitment, decodeCommitment, FormatError } from "@hyperion/rollup";
import { type Hex, hexToBytes } from "viem";
import type { NodeConfig } from "./config/schema.ts";

/** Where a model is, as its publisher says: an address, or `da:0x` and the commitment of an alt-DA server. */
const DA_LOCATION = /^da:(0x(?:[0-9a-f]{2})+)$/i;
const HTTP_LOCATION = /^https?:\/\//;

/**
 * Every place to look for a model, in order: this node's own sources, then the publisher's, whom nobody has to trust: of an
 * alt-DA commitment only the servers that the node is configured with are asked, one by one, as each may lie.
 */
export const modelSources = (
  root: Hex,
  location: string,
  { sources, fetch, daServers }: NodeConfig["inference"],
): readonly (string | BlobSource)[] => {
  const own = sources.map((source) => `${source.replace(/\/$/, "")}/${root}.model`);
  if (fetch && HTTP_LOCATION.test(location)) return [...own, location];
  const commitment = commitmentIn(location);
  return commitment ? [...own, ...daServers.map((url) => daSource(url, location, commitment))] : own;
};

const commitmentIn = (location: string): Commitment | undefined => {
  const [, bytes] = DA_LOCATION.exec(location) ?? [];
  try {
    return bytes === undefined ? undefined : decodeCommitment(hexToBytes(bytes as Hex));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
};

const daSource = (url: string, location: string, commitment: Commitment): BlobSource => ({
  name: `${location} at ${url}`,
  async *read(limit) {
    const client = new AltDaClient({ urls: [url], kind: commitment.kind, maxBytes: limit });
    try {
      yield await client.get(commitment);
    } catch (cause) {
      if (!(cause instanceof AltDaError) || cause.code !== "OVERSIZE") throw cause;
      throw new ModelError("TOO_LARGE", `${location} is longer than the ${limit} bytes of the model`, { cause });
    }
  },
});
