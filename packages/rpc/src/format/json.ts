/** A JSON object on its way out. */
export type Json = { [key: string]: unknown };

/** `{ [key]: format(value) }`, or nothing when the value is absent. */
export const optional = <T>(key: string, value: T | undefined, format: (value: T) => unknown): Json =>
  value === undefined ? {} : { [key]: format(value) };
