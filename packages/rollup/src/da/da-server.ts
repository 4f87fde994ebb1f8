import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { join } from "node:path";
import { bytesToHex, hexToBytes, isHex, keccak256 } from "viem";
import { FormatError } from "../formats/errors.ts";
import {
  type Commitment,
  type CommitmentKind,
  decodeCommitment,
  encodeCommitment,
  keccakCommitment,
} from "./commitment.ts";

export interface DaServerOptions {
  /** Folder of the payloads, one file each, named after its commitment; created when missing. */
  readonly folder: string;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** What `/put` answers with. */
  readonly kind: CommitmentKind;
  /** Most bytes of a payload. */
  readonly maxBytes: number;
}

export interface DaServer {
  readonly url: string;
  /** Idempotent. */
  close(): Promise<void>;
}

/** An answer other than a payload. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

const REQUEST_TIMEOUT = 30_000;
const MAX_CONNECTIONS = 256;
/** Generic commitments name their layer first; this one is nobody's. */
const DEVELOPMENT_LAYER = 0xff;

/**
 * A server that keeps payloads in a folder and gives them back: `POST /put`, `POST /put/0x…` with a keccak commitment, `GET
 * /get/0x…`. For development: one folder is no data availability. Rejects with Node's error when the port cannot be used.
 */
export const createDaServer = async (options: DaServerOptions): Promise<DaServer> => {
  mkdirSync(options.folder, { recursive: true });
  const http = createServer({ requestTimeout: REQUEST_TIMEOUT }, (request, response) => {
    answer(request, options).then(
      (body) => end(response, 200, body),
      (error: unknown) => {
        if (error instanceof Refusal) end(response, error.status, `${error.message}\n`);
        else end(response, 503, "the payload cannot be kept or read\n");
      },
    );
  });
  http.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port, options.host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${isIPv6(options.host) ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
};

const end = (response: ServerResponse, status: number, body: Uint8Array | string): void => {
  // What is left of a refused body is not read: the connection cannot be used again.
  const headers = status === 200 ? {} : { connection: "close" };
  response.writeHead(status, { ...headers, "content-type": "application/octet-stream" }).end(body);
};

const answer = async (request: IncomingMessage, options: DaServerOptions): Promise<Uint8Array> => {
  const path = (request.url ?? "").split("?", 1)[0]!;
  const [, route, key, ...more] = path.split("/");
  const isPut = request.method === "POST" || request.method === "PUT";
  if (more.length > 0) throw new Refusal(404, "not found");
  if (route === "get" && request.method === "GET" && key) return read(key, options);
  if (route === "put" && isPut) return put(await body(request, options.maxBytes), key, options);
  throw new Refusal(404, "not found");
};

const read = async (key: string, { folder }: DaServerOptions): Promise<Uint8Array> => {
  try {
    return await readFile(join(folder, nameOf(commitmentOf(key))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Refusal(404, "not found");
    throw error;
  }
};

const put = async (payload: Buffer, key: string | undefined, options: DaServerOptions): Promise<Uint8Array> => {
  if (payload.length === 0) throw new Refusal(400, "nothing to keep");
  if (!key) {
    const commitment = options.kind === "keccak" ? keccakCommitment(payload) : developmentCommitment(payload);
    await keep(payload, join(options.folder, nameOf(commitment)));
    return encodeCommitment(commitment);
  }
  const commitment = keccakCommitment(payload);
  if (nameOf(commitmentOf(key)) !== nameOf(commitment)) throw new Refusal(400, "not the commitment to this payload");
  await keep(payload, join(options.folder, nameOf(commitment)));
  return new Uint8Array(0);
};

const developmentCommitment = (payload: Uint8Array): Commitment => ({
  kind: "generic",
  bytes: Uint8Array.from([DEVELOPMENT_LAYER, ...keccak256(payload, "bytes")]),
});

/** Only commitments that this server can have made: others would name files elsewhere, or none. */
const commitmentOf = (key: string): Commitment => {
  try {
    if (!isHex(key) || key.length > 70 || key.length % 2) throw new FormatError("not a commitment");
    return decodeCommitment(hexToBytes(key));
  } catch (error) {
    if (error instanceof FormatError) throw new Refusal(400, "not a commitment");
    throw error;
  }
};

const nameOf = (commitment: Commitment): string => bytesToHex(encodeCommitment(commitment)).slice(2);

/** A payload is there as a whole or not at all, whenever the process ends. */
const keep = async (payload: Uint8Array, path: string): Promise<void> => {
  const temporary = `${path}.${randomBytes(8).toString("hex")}`;
  const file = await open(temporary, "wx");
  try {
    await file.writeFile(payload);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
};

const body = async (request: IncomingMessage, limit: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limit) throw new Refusal(413, "the payload is too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
};
