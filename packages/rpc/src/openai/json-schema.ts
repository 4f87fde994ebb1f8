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
const KNOWN: ReadonlySet<string> = new Set(["type", "properties", "items", "const", "enum", "anyOf", "x-copy"]);
const MAX_DEPTH = 16;

type Schema = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether `x-copy` stands where the engine knows it: on a string, with no other limit on what it is. */
const isCopy = ({ type, "x-copy": copy, ...rest }: Schema): boolean =>
  copy === "prompt" &&
  (type === "string" || (Array.isArray(type) && type.includes("string"))) &&
  !["const", "enum", "anyOf"].some((key) => Object.hasOwn(rest, key));

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
  const { type, properties, items, anyOf, "x-copy": copy } = schema;
  if (copy !== undefined && !isCopy(schema)) throw unsupported("response_format.json_schema: x-copy");
  if (Object.hasOwn(schema, "const")) return `{"const":${JSON.stringify(schema.const)}}`;
  if (Array.isArray(schema.enum)) return `{"enum":${JSON.stringify(schema.enum)}}`;
  if (Array.isArray(anyOf)) return `{"anyOf":[${anyOf.map(inner).join(",")}]}`;
  if (Array.isArray(type)) {
    const { "x-copy": _, ...rest } = schema;
    const alternatives = type.map((one) => inner({ ...(one === "string" ? schema : rest), type: one }));
    return `{"anyOf":[${alternatives.join(",")}]}`;
  }
  if (copy !== undefined) return '{"type":"string","x-copy":"prompt"}';
  if (type === "object" && isRecord(properties)) {
    const fields = Object.entries(properties).map(([name, value]) => `${JSON.stringify(name)}:${inner(value)}`);
    return `{"type":"object","properties":{${fields.join(",")}}}`;
  }
  if (type === "array") return `{"type":"array","items":${inner(items)}}`;
  return `{"type":${JSON.stringify(type)}}`;
};
