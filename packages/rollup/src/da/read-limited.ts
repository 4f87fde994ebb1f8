import { AltDaError } from "./errors.ts";

/** The body, read no further than the limit. @throws AltDaError OVERSIZE */
export const readLimited = async (response: Response, limit: number): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > limit) throw new AltDaError("OVERSIZE", `an answer of more than ${limit} bytes`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
};
