import type { z } from "zod";
import type { Caller } from "../caller.ts";
import type { Namespace } from "../config.ts";
import type { RpcContext } from "../context.ts";
import { invalidParams } from "../errors.ts";
import { firstProblem } from "../schema/scalars.ts";

/**
 * How much work a call may cause: `cheap` answers from memory, `read` touches the database, `execute` runs the EVM,
 * `trace` runs it slowly over many transactions, `write` changes the chain, `wait` may stay open until its timeout.
 */
export type CostClass = "cheap" | "read" | "execute" | "trace" | "write" | "wait";

/** `engine` has a port of its own and cannot be asked for elsewhere. */
type MethodNamespace = Namespace | "engine";

/** One JSON-RPC method as the table holds it. */
export interface Method {
  readonly namespace: MethodNamespace;
  readonly cost: CostClass;
  /** One line for docs/rpc.md. */
  readonly summary: string;
  /** Names of the parameters in order; a trailing `?` marks optional ones. */
  readonly parameters: readonly string[];
  /** Decodes `params` and answers. Throws `RpcError`. */
  invoke(context: RpcContext, caller: Caller, params: readonly unknown[]): unknown;
}

/** Parameters by name, in order. */
export type Schemas = Readonly<Record<string, z.ZodType>>;

export type Decoded<S extends Schemas> = { readonly [K in keyof S]: z.output<S[K]> };

interface MethodDefinition<S extends Schemas> {
  readonly namespace: MethodNamespace;
  readonly cost: CostClass;
  readonly summary: string;
  /** Positional parameters: name → schema, in order. Optional ones come last. */
  readonly params: S;
  handle(params: Decoded<S>, context: RpcContext, caller: Caller): unknown;
}

/**
 * Builds a table row. Parameters are decoded by position; `null` counts as absent; surplus parameters are an error,
 * except `null`s that some libraries append.
 */
export const method = <S extends Schemas>(definition: MethodDefinition<S>): Method => {
  const entries = Object.entries(definition.params);
  const optional = entries.map(([, schema]) => schema.safeParse(undefined).success);
  return {
    namespace: definition.namespace,
    cost: definition.cost,
    summary: definition.summary,
    parameters: entries.map(([name], i) => (optional[i] ? `${name}?` : name)),
    invoke(context, caller, params) {
      if (params.length > entries.length && params.slice(entries.length).some((value) => value !== null)) {
        throw invalidParams(`too many arguments, want at most ${entries.length}`);
      }
      const decoded: Record<string, unknown> = {};
      for (let i = 0; i < entries.length; i++) {
        const [name, schema] = entries[i] as [string, z.ZodType];
        decoded[name] = decodeArgument(schema, params[i] ?? undefined, i, optional[i] === true);
      }
      return definition.handle(decoded as Decoded<S>, context, caller);
    },
  };
};

/** A row whose only parameter is decoded by hand: for paths where a schema would cost more than the method. */
export const rawMethod = (
  definition: Omit<Method, "parameters"> & { readonly parameters: readonly string[] },
): Method => definition;

const decodeArgument = (schema: z.ZodType, value: unknown, position: number, optional: boolean): unknown => {
  if (value === undefined) {
    if (optional) return schema.parse(undefined);
    throw invalidParams(`missing value for required argument ${position}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidParams(`invalid argument ${position}: ${firstProblem(result.error)}`);
};

/** Rows by full method name. */
export type MethodTable = Readonly<Record<string, Method>>;
