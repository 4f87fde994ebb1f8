import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, hexToBytes, keccak256 } from "viem";
import { afterEach, describe, expect, test } from "vitest";
import type { L1Source } from "../derive/l1-source.ts";
import { encodeFrames } from "../formats/frame.ts";
import { SimulatedL1 } from "../testing/simulated-l1.ts";
import { AltDaClient } from "./alt-da-client.ts";
import { AltDaSource, MAX_KECCAK_PAYLOAD } from "./alt-da-source.ts";
import {
  type Commitment,
  commitmentPayload,
  decodeCommitment,
  encodeCommitment,
  keccakCommitment,
} from "./commitment.ts";
import { createDaServer, type DaServer } from "./da-server.ts";

const folder = mkdtempSync(join(tmpdir(), "hyperion-da-"));
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(folder, { recursive: true, force: true });
});

const payload = Uint8Array.from({ length: 1_000 }, (_, i) => i);
const commitment = keccakCommitment(payload);

async function server(kind: "keccak" | "generic" = "keccak", maxBytes = 10_000): Promise<DaServer> {
  const running = await createDaServer({ folder, host: "127.0.0.1", port: 0, kind, maxBytes });
  closers.push(() => running.close());
  return running;
}

/** A server that does as told. */
async function hostile(listener: RequestListener): Promise<string> {
  const http: Server = createServer(listener);
  closers.push(() => {
    http.closeAllConnections();
    http.close();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

const keccak = (...urls: string[]): AltDaClient =>
  new AltDaClient({ urls, kind: "keccak", timeout: 300, maxBytes: 5_000 });
const generic = (...urls: string[]): AltDaClient =>
  new AltDaClient({ urls, kind: "generic", timeout: 300, maxBytes: 5_000 });

describe("commitments", () => {
  test("are type byte and hash, or type byte and anything", () => {
    expect(bytesToHex(encodeCommitment(commitment))).toBe(`0x00${keccak256(payload).slice(2)}`);
    expect(bytesToHex(commitmentPayload({ kind: "generic", bytes: Uint8Array.of(9, 8) }))).toBe("0x01010908");
    expect(decodeCommitment(encodeCommitment(commitment))).toEqual(commitment);
  });

  test.each(["", "00", `00${"11".repeat(31)}`, `00${"11".repeat(33)}`, "01", "0203"])("are not 0x%s", (hex) => {
    expect(() => decodeCommitment(Buffer.from(hex, "hex"))).toThrow("not a commitment");
  });
});

describe("client and server", () => {
  test.each(["keccak", "generic"] as const)(
    "keep and give back under %s commitments, also after a restart",
    async (kind) => {
      const first = await server(kind);
      const stored = await (kind === "keccak" ? keccak : generic)(first.url).put(payload);
      expect(stored.kind).toBe(kind);
      await first.close();
      const second = await server(kind);
      expect(await (kind === "keccak" ? keccak : generic)(second.url).get(stored)).toEqual(payload);
      await generic(second.url)
        .put(payload)
        .catch(() => {});
      expect(readdirSync(folder).every((name) => /^0[01](ff)?[0-9a-f]{64}$/.test(name))).toBe(true);
    },
  );

  test.each<[string, string, RequestInit, number]>([
    ["what it does not have", `/get/${bytesToHex(encodeCommitment(commitment))}`, {}, 404],
    ["a path", "/get/..%2f..%2fetc%2fpasswd", {}, 400],
    ["a long name", `/get/0x01${"aa".repeat(200)}`, {}, 400],
    ["what is no commitment", "/get/0x02aa", {}, 400],
    ["another commitment's payload", `/put/0x00${"11".repeat(32)}`, { method: "POST", body: "data" }, 400],
    ["nothing", "/put", { method: "POST" }, 400],
    ["too much", "/put", { method: "POST", body: "x".repeat(10_001) }, 413],
    ["other methods", "/put", { method: "DELETE" }, 404],
    ["other paths", "/put/0x00/1", { method: "POST", body: "x" }, 404],
  ])("refuse %s", async (_, path, init, status) => {
    const { url } = await server();
    expect((await fetch(url + path, init)).status).toBe(status);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a server that", () => {
  test("lies is found out, and passed over for one that does not", async () => {
    const liar = await hostile((_, response) => response.end("other data"));
    await expect(keccak(liar).get(commitment)).rejects.toMatchObject({ code: "MISMATCH" });
    const honest = await server();
    await keccak(honest.url).put(payload);
    expect(await keccak(liar, honest.url).get(commitment)).toEqual(payload);
  });

  test("answers with no commitment is refused", async () => {
    for (const text of ["", "x", "\u0000".repeat(33), "\u0001"]) {
      const url = await hostile((_, response) => response.end(text));
      await expect(generic(url).put(payload)).rejects.toMatchObject({ code: "MISMATCH" });
    }
  });

  test("is down, or breaks off, is unreachable", async () => {
    await expect(keccak("http://127.0.0.1:1").get(commitment)).rejects.toMatchObject({ code: "UNREACHABLE" });
    const broken = await hostile((_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("begin");
      setTimeout(() => response.destroy(), 20);
    });
    await expect(keccak(broken).get(commitment)).rejects.toMatchObject({ code: "UNREACHABLE" });
    await expect(keccak().get(commitment)).rejects.toMatchObject({ code: "UNREACHABLE" });
  });

  test("is slow, from the start or byte by byte, is given up", async () => {
    const silent = await hostile(() => {});
    const dripping = await hostile((_, response) => {
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    for (const url of [silent, dripping]) {
      await expect(keccak(url).get(commitment)).rejects.toMatchObject({ code: "UNREACHABLE" });
    }
  });

  test("answers without end is read no further than the limit", async () => {
    let written = 0;
    const endless = await hostile((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.on("drain", more);
      more();
    });
    await expect(keccak(endless).get(commitment)).rejects.toMatchObject({ code: "OVERSIZE" });
    expect(written).toBeLessThan(20_000_000);
    await expect(keccak(endless).put(new Uint8Array(5_001))).rejects.toMatchObject({ code: "OVERSIZE" });
  });

  test.each([
    [503, "UNAVAILABLE"],
    [500, "UNREACHABLE"],
    [404, "NOT_FOUND"],
    [400, "REFUSED"],
    [302, "UNREACHABLE"],
  ])("answers %i is %s", async (status, code) => {
    const url = await hostile((_, response) => response.writeHead(status, { location: "http://127.0.0.1:1/" }).end());
    await expect(keccak(url).get(commitment)).rejects.toMatchObject({ code });
    await expect(keccak(url).put(payload)).rejects.toMatchObject({ code });
  });
});

describe("AltDaSource", () => {
  const BATCHER = "0xba7c000000000000000000000000000000000001";
  const frames = encodeFrames([{ channelId: `0x${"01".repeat(16)}`, number: 0, data: payload, isLast: true }]);

  async function payloads(altDa: AltDaClient, ...data: Uint8Array[]): Promise<readonly Uint8Array[]> {
    const l1: SimulatedL1 & L1Source = new SimulatedL1(1_000n);
    const block = l1.mine(
      [],
      data.map((bytes) => ({ from: BATCHER, data: bytes })),
    );
    return new AltDaSource(l1, altDa).payloads(block, BATCHER, BATCHER);
  }

  test("puts payloads in the place of their commitments and leaves the rest", async () => {
    const { url } = await server();
    const stored = await keccak(url).put(frames);
    const other: Commitment = { kind: "generic", bytes: Uint8Array.of(1) };
    const found = await payloads(
      keccak(url),
      frames,
      commitmentPayload(stored),
      commitmentPayload(other),
      Uint8Array.of(1, 7),
    );
    expect(found).toEqual([frames, frames]);
  });

  test("waits for data that is not there, rather than go on without", async () => {
    const { url } = await server();
    await expect(payloads(keccak(url), commitmentPayload(commitment))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("leaves out what is too long to be challenged", async () => {
    const long = new Uint8Array(MAX_KECCAK_PAYLOAD + 1);
    const { url } = await server("keccak", 200_000);
    const client = new AltDaClient({ urls: [url], kind: "keccak" });
    const stored = [await client.put(long), await client.put(long.subarray(1))];
    expect(await payloads(client, ...stored.map(commitmentPayload))).toEqual([
      hexToBytes(`0x${"00".repeat(MAX_KECCAK_PAYLOAD)}`),
    ]);
  });
});
