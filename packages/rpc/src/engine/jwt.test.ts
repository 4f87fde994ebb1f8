import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jwtProblem, readJwtSecret, signJwt } from "./jwt.ts";

const secret = new Uint8Array(32).fill(7);
const NOW = 1_700_000_000;
const bearer = (token: string): string => `Bearer ${token}`;

function token(header: object, claims: object, key: Uint8Array = secret): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

test("a token of the last or next minute admits", () => {
  for (const age of [-60, 0, 60]) expect(jwtProblem(bearer(signJwt(secret, NOW - age)), secret, NOW)).toBeUndefined();
});

test.each<[string, string | undefined]>([
  ["nothing", undefined],
  ["another scheme", `Basic ${signJwt(secret, NOW)}`],
  ["an old token", bearer(signJwt(secret, NOW - 61))],
  ["one of the future", bearer(signJwt(secret, NOW + 61))],
  ["another's", bearer(signJwt(new Uint8Array(32), NOW))],
  ["one that is not signed", bearer(`${token({ alg: "none" }, { iat: NOW }).split(".").slice(0, 2).join(".")}.`)],
  ["another algorithm", bearer(token({ alg: "HS512" }, { iat: NOW }))],
  ["none at all", bearer(token({ alg: "none" }, { iat: NOW }))],
  ["one without a time", bearer(token({ alg: "HS256" }, {}))],
  ["a time that is text", bearer(token({ alg: "HS256" }, { iat: `${NOW}` }))],
  ["a time that is no number", bearer(token({ alg: "HS256" }, { iat: Number.NaN }))],
  ["an expired one", bearer(token({ alg: "HS256" }, { iat: NOW, exp: NOW - 1 }))],
  ["a long one", bearer(`${"a".repeat(100_000)}.a.a`)],
])("%s admits nobody", (_, header) => {
  expect(jwtProblem(header, secret, NOW)).toBeTypeOf("string");
});

test("no change to a token admits", () => {
  const good = bearer(signJwt(secret, NOW));
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
      const changed = good.slice(0, at) + character + good.slice(at + 1);
      const sameBytes = changed.slice(0, 7).toLowerCase() === "bearer " && isSameToken(changed.slice(7), good.slice(7));
      expect(jwtProblem(changed, secret, NOW) === undefined).toBe(sameBytes);
    }),
  );
});

/** The last character of a signature has bits that mean nothing. */
function isSameToken(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => text.split("."));
  const isBase64 = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(left);
  const mac = (parts: string[] | undefined): Buffer => Buffer.from(parts?.[2] ?? "", "base64url");
  return isBase64 && a?.[0] === b?.[0] && a?.[1] === b?.[1] && mac(a).equals(mac(b));
}

test("the secret is made once, for its owner alone, and has 32 bytes", () => {
  const folder = mkdtempSync(join(tmpdir(), "hyperion-jwt-"));
  const path = join(folder, "new", "jwt.hex");
  const made = readJwtSecret(path);
  expect(made).toHaveLength(32);
  expect(readJwtSecret(path)).toEqual(made);
  expect(statSync(path).mode & 0o77).toBe(0);
  writeFileSync(path, readFileSync(path, "utf8").slice(2));
  expect(readJwtSecret(path)).toEqual(made);
  writeFileSync(path, "0x1234");
  expect(() => readJwtSecret(path)).toThrow("does not hold 32 bytes");
  rmSync(folder, { recursive: true });
});
