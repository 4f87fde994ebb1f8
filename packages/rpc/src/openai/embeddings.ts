import { z } from "zod";
import { decodeBody, type Endpoint } from "./exchange.ts";
import { unsupported } from "./problem.ts";

const schema = z.object({
  model: z.string().max(200).nullish(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(64)]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().nullish(),
});

/** A direction as floats of length one. */
const unitVector = (vector: Int16Array): Float32Array => {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum) || 1;
  return Float32Array.from(vector, (value) => value / length);
};

const base64 = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");

/** POST /v1/embeddings. */
export const embeddings: Endpoint = async ({ service, signal, body }) => {
  const { model: name, input, encoding_format, dimensions } = decodeBody(schema, body);
  if (dimensions != null) throw unsupported("dimensions");
  const model = service.find(name ?? undefined);
  const { vectors, promptTokens } = await service.embed(model, typeof input === "string" ? [input] : input, { signal });
  return {
    object: "list",
    model: model.name,
    data: vectors.map(unitVector).map((vector, index) => ({
      object: "embedding",
      index,
      embedding: encoding_format === "base64" ? base64(vector) : [...vector],
    })),
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
};
