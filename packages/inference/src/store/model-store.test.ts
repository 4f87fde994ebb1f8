import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDefaultModel } from "../default-model.ts";
import { ModelHasher, rootOf } from "./model-hasher.ts";
import { ModelStore } from "./model-store.ts";

const model = readDefaultModel();
const folder = (): string => mkdtempSync(join(tmpdir(), "hyperion-models-"));
const isModel = (bytes: Uint8Array | undefined): boolean => Buffer.compare(bytes!, model.bytes) === 0;
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

describe("ModelHasher", () => {
  it("gives the root that the engine gives, however the bytes are cut", () => {
    expect(rootOf(model.bytes)).toEqual(model.root);
    fc.assert(
      fc.property(fc.nat(40_000), fc.array(fc.nat(9_000), { maxLength: 8 }), (length, cuts) => {
        const bytes = bytesOf(length);
        const hasher = new ModelHasher();
        let at = 0;
        for (const cut of cuts) {
          hasher.update(bytes.subarray(at, at + cut));
          at = Math.min(length, at + cut);
        }
        hasher.update(bytes.subarray(at));
        expect(hasher.root()).toEqual(rootOf(bytes));
      }),
      { numRuns: 50 },
    );
  });
});

describe("ModelStore", () => {
  let url: string;
  const server = createServer((request, response) => {
    if (request.url === "/model") response.end(model.bytes);
    else if (request.url === "/cut") response.end(model.bytes.subarray(0, 9_000));
    else response.writeHead(404).end();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it.each(["folder", "memory"])("keeps what it fetched by HTTP or from a file, in %s", async (kind) => {
    const path = kind === "folder" ? folder() : undefined;
    const store = new ModelStore({ folder: path, residentBytes: 0 });
    expect(store.get(model.root)).toBeUndefined();
    await store.fetch(model.root, `${url}/model`, model.bytes.length);
    expect(isModel(store.get(model.root))).toBe(true);
    if (path !== undefined)
      expect(isModel(new ModelStore({ folder: path, residentBytes: 0 }).get(model.root))).toBe(true);
    const file = join(folder(), "blob");
    writeFileSync(file, bytesOf(5_000));
    await store.fetch(rootOf(bytesOf(5_000)), file, 5_000);
    expect(store.get(rootOf(bytesOf(5_000)))).toEqual(bytesOf(5_000));
  });

  it("takes in nothing else than the model, and leaves nothing behind", async () => {
    const path = folder();
    const store = new ModelStore({ folder: path, residentBytes: 0 });
    const limit = model.bytes.length;
    const refused = (source: string, most = limit): Promise<unknown> =>
      store.fetch(model.root, source, most).then(
        () => undefined,
        (error) => error.code,
      );
    expect(await refused(`${url}/cut`)).toBe("DAMAGED_FILE");
    expect(await refused(`${url}/none`)).toBe("DAMAGED_FILE");
    expect(await refused(`${url}/model`, limit - 1)).toBe("TOO_LARGE");
    expect(await refused(join(path, "missing"))).toBe("ENOENT");
    expect(readdirSync(path)).toEqual([]);
    expect(store.has(model.root)).toBe(false);
  });

  it("notices a file that changed", () => {
    const path = folder();
    const store = new ModelStore({ folder: path, residentBytes: 0 });
    const root = store.add(bytesOf(9_000));
    writeFileSync(join(path, readdirSync(path)[0]!), bytesOf(8_999));
    expect(() => store.get(root)).toThrowError(/DAMAGED_FILE/);
  });

  it("keeps the blobs that were used last within its budget", () => {
    const path = folder();
    const store = new ModelStore({ folder: path, residentBytes: 10_000 });
    const [a, b] = [store.add(bytesOf(6_000)), store.add(bytesOf(5_000))];
    const first = store.get(a);
    expect(store.get(a)).toBe(first);
    store.get(b);
    expect(store.get(a)).not.toBe(first);
    expect(store.get(a)).toEqual(first);
  });
});
