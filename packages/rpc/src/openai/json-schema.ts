import { unsupported } from "./problem.ts";

/** Keywords that say nothing about what may be generated, since every property is always there, in its order. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "$schema",
  "additionalProperties",
  "default",
  "description",
  "examples",
  "required",
  "title",
]);
const KNOWN: ReadonlySet<string> = new Set(["type", "properties", "items", "const", "enum", "anyOf"]);
const MAX_DEPTH = 16;

type Schema = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The schema of a client as the engine reads it (docs/spec/inference.md, "Schemas"): the same language, written without what
 * has no effect.
 *
 * @throws ApiError for what the engine has no word for
 */
export const engineSchema = (schema: unknown, depth = 0): string => {
  if (!isRecord(schema) || depth > MAX_DEPTH) throw unsupported("response_format.json_schema.schema");
  for (const key of Object.keys(schema)) {
    if (!KNOWN.has(key) && !WITHOUT_EFFECT.has(key)) throw unsupported(`response_format.json_schema: ${key}`);
  }
  const inner = (value: unknown): string => engineSchema(value, depth + 1);
  const { type, properties, items, anyOf } = schema;
  if (Object.hasOwn(schema, "const")) return `{"const":${JSON.stringify(schema.const)}}`;
  if (Array.isArray(schema.enum)) return `{"enum":${JSON.stringify(schema.enum)}}`;
  if (Array.isArray(anyOf)) return `{"anyOf":[${anyOf.map(inner).join(",")}]}`;
  if (Array.isArray(type)) return `{"anyOf":[${type.map((one) => inner({ ...schema, type: one })).join(",")}]}`;
  if (type === "object" && isRecord(properties)) {
    const fields = Object.entries(properties).map(([name, value]) => `${JSON.stringify(name)}:${inner(value)}`);
    return `{"type":"object","properties":{${fields.join(",")}}}`;
  }
  if (type === "array") return `{"type":"array","items":${inner(items)}}`;
  return `{"type":${JSON.stringify(type)}}`;
};
