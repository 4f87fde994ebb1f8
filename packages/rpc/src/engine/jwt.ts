import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The file of the secret that an execution node shares with its consensus client cannot be used. */
export class JwtSecretError extends Error {
  readonly code = "INVALID_JWT_SECRET";
  readonly shortMessage: string;

  constructor(path: string) {
    super(`${path} does not hold 32 bytes in hex`);
    this.name = "JwtSecretError";
    this.shortMessage = "the file does not hold 32 bytes in hex";
  }
}

const SECRET_LENGTH = 32;
/** Seconds that the clocks of the two may differ. */
const TOLERANCE = 60;
const MAX_TOKEN = 4_096;

/** Reads the secret, or makes one for its owner alone. @throws JwtSecretError, and Node's errors */
export const readJwtSecret = (path: string): Uint8Array => {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `0x${randomBytes(SECRET_LENGTH).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  }
  const match = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(readFileSync(path, "utf8").trim());
  if (!match) throw new JwtSecretError(path);
  return new Uint8Array(Buffer.from(match[1]!, "hex"));
};

/** A token as the Engine API wants it: HS256 with nothing but the time of issue, in seconds. */
export const signJwt = (secret: Uint8Array, issuedAt: number): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iat: issuedAt })}`;
  return `${signed}.${signature(signed, secret).toString("base64url")}`;
};

/**
 * Why the value of an Authorization header admits nobody; `undefined` when it does.
 *
 * @param now seconds
 */
export const jwtProblem = (authorization: string | undefined, secret: Uint8Array, now: number): string | undefined => {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization?.slice(0, MAX_TOKEN) ?? "")?.[1];
  if (token === undefined) return "missing token";
  const [header, claims, mac] = token.split(".") as [string, string, string];
  if (fieldOf(header, "alg") !== "HS256") return "the token is not signed with HS256";
  const given = Buffer.from(mac, "base64url");
  const expected = signature(`${header}.${claims}`, secret);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "invalid signature";
  const issuedAt = fieldOf(claims, "iat");
  if (typeof issuedAt !== "number") return "missing issued-at";
  if (!(Math.abs(now - issuedAt) <= TOLERANCE)) return "stale token";
  const expiry = fieldOf(claims, "exp");
  return typeof expiry === "number" && expiry < now ? "token is expired" : undefined;
};

const signature = (text: string, secret: Uint8Array): Buffer => createHmac("sha256", secret).update(text).digest();

const fieldOf = (part: string, name: string): unknown => {
  try {
    return (JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown> | null)?.[name];
  } catch {
    return undefined;
  }
};
