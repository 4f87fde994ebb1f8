/**
 * Differences between two JSON-RPC responses. Of an error the code counts, its data where the expected one has data, and
 * that there is a message: the wording is the implementation's own.
 */
export function differences(expected, actual) {
  return [...compare("", withoutMessage(expected), withoutMessage(actual))];
}
function withoutMessage(response) {
  if (!isObject(response) || !isObject(response.error ?? null)) return response;
  const { message, ...error } = response.error;
  return { ...response, error: { ...error, message: typeof message === "string" && message !== "" } };
}
function* compare(path, expected, actual) {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) yield `${path}: ${expected.length} items expected, ${actual.length} actual`;
    for (const [index, item] of expected.entries()) {
      if (index < actual.length) yield* compare(`${path}[${index}]`, item, actual[index]);
    }
  } else if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      if (path === ".error" && key === "data" && !("data" in expected)) continue;
      if (!(key in expected)) yield `${path}.${key}: not expected, actual ${print(actual[key])}`;
      else yield* compare(`${path}.${key}`, expected[key], actual[key]);
    }
  } else if (expected !== actual) {
    yield `${path}: expected ${print(expected)}, actual ${print(actual)}`;
  }
}
/** Members the Ethereum execution APIs leave to the implementation: eth_capabilities' history expiry policy. */
const OPTIONAL = new Set(["deleteStrategy"]);
/** Differences in kind only: members present, types of values, hex where hex is expected. */
export function shapeDifferences(expected, actual) {
  return [...compareShape("", expected, actual)];
}
function* compareShape(path, expected, actual) {
  if (kind(expected) !== kind(actual)) {
    yield `${path}: expected ${kind(expected)}, actual ${kind(actual)} ${print(actual)}`;
  } else if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length > 0 && actual.length > 0) yield* compareShape(`${path}[0]`, expected[0], actual[0]);
  } else if (isObject(expected) && isObject(actual)) {
    for (const [key, value] of Object.entries(expected)) {
      if (key in actual || !OPTIONAL.has(key)) yield* compareShape(`${path}.${key}`, value, actual[key]);
    }
  }
}
function kind(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "string" && /^0x[0-9a-f]*$/i.test(value)) return "hex string";
  return typeof value;
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function print(value) {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
//# sourceMappingURL=compare.js.map
