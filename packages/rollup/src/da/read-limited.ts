import { AltDaError } from "./errors.ts";

/** The body, read no further than the limit, nor beyond the signal. @throws AltDaError OVERSIZE, UNREACHABLE */
export const readLimited = async (response: Response, limit: number, signal: AbortSignal): Promise<Uint8Array> => {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  // fetch() holds its signal weakly once it has answered: an abort may come to nothing after a collection of garbage.
  const cancel = (): void => void reader?.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
      length += part.value.length;
      if (length > limit) throw new AltDaError("OVERSIZE", `an answer of more than ${limit} bytes`);
      parts.push(part.value);
    }
    if (signal.aborted) throw new AltDaError("UNREACHABLE", "the answer does not end in time");
    return new Uint8Array(Buffer.concat(parts));
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
};
