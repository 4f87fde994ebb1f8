import { ModelError } from "../errors.ts";
import { bytesOf, type Field, floatsIn, floatsOf, integersOf, readFields, textOf } from "./protobuf.ts";

/** Numbers of the graph. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

export interface Node {
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly output: string;
  integer(name: string, otherwise: number): number;
  integers(name: string): readonly number[] | undefined;
  float(name: string, otherwise: number): number;
  text(name: string): string;
}

/** An ONNX graph as far as small classifiers need it. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Name and shape of the one input that is no tensor; 0 stands for a free dimension. */
  readonly input: string;
  readonly shape: readonly number[];
  readonly output: string;
}

const FLOAT = 1;
const INT64 = 7;
const MAX_ELEMENTS = 1 << 24;
const MAX_NODES = 1_000;

/** Reads an ONNX file. Throws `ModelError`: `DAMAGED_FILE`, or `UNSUPPORTED` for what is no plain graph of floats. */
export function readGraph(file: Uint8Array): Graph {
  const [graph] = bytesOf(readFields(file), 7);
  if (!graph) throw new ModelError("DAMAGED_FILE", "the file has no ONNX graph");
  const fields = readFields(graph);
  const tensors = new Map(bytesOf(fields, 5).map(readTensor));
  const nodes = bytesOf(fields, 1).map(readNode);
  if (nodes.length > MAX_NODES) throw new ModelError("UNSUPPORTED", `a graph of ${nodes.length} nodes`);
  const inputs = bytesOf(fields, 11)
    .map(readFields)
    .filter((input) => !tensors.has(textOf(input, 1)));
  const outputs = bytesOf(fields, 12).map(readFields);
  const [input] = inputs;
  const [output] = outputs;
  if (!input || !output || inputs.length > 1 || outputs.length > 1) {
    throw new ModelError("UNSUPPORTED", "a graph with another number of inputs and outputs than one");
  }
  return { nodes, tensors, input: textOf(input, 1), shape: shapeOf(input), output: textOf(output, 1) };
}

/** ValueInfoProto → TypeProto → Tensor → TensorShapeProto → Dimension. */
function shapeOf(input: readonly Field[]): number[] {
  const inner = (fields: readonly Field[], number: number): Field[] =>
    readFields(bytesOf(fields, number)[0] ?? new Uint8Array(0));
  const shape = inner(inner(inner(input, 2), 1), 2);
  return bytesOf(shape, 1).map((dimension) => integersOf(readFields(dimension), 1)[0] ?? 0);
}

function readTensor(bytes: Uint8Array): [string, Tensor] {
  const fields = readFields(bytes);
  const name = textOf(fields, 8);
  const dims = integersOf(fields, 1);
  const type = integersOf(fields, 2)[0];
  const elements = dims.reduce((product, dim) => (dim < 0 ? NaN : product * dim), 1);
  if (!(elements <= MAX_ELEMENTS)) throw new ModelError("UNSUPPORTED", `the tensor ${name.slice(0, 60)} is too large`);
  if (bytesOf(fields, 13).length > 0) throw new ModelError("UNSUPPORTED", "tensors in files of their own");
  const values = valuesOf(fields, type, name);
  if (values.length !== elements) throw new ModelError("DAMAGED_FILE", `the tensor ${name.slice(0, 60)} is incomplete`);
  if (!values.every(Number.isFinite))
    throw new ModelError("UNSUPPORTED", `the tensor ${name.slice(0, 60)} is not finite`);
  return [name, { dims, values }];
}

function valuesOf(fields: readonly Field[], type: number | undefined, name: string): Float32Array {
  const [raw] = bytesOf(fields, 9);
  if (type === FLOAT) return raw ? floatsIn(raw) : Float32Array.from(floatsOf(fields, 4));
  if (type !== INT64)
    throw new ModelError("UNSUPPORTED", `the tensor ${name.slice(0, 60)} has elements of type ${type}`);
  if (!raw) return Float32Array.from(integersOf(fields, 7));
  if (raw.length % 8 !== 0) throw new ModelError("DAMAGED_FILE", `the tensor ${name.slice(0, 60)} is incomplete`);
  return Float32Array.from(new BigInt64Array(Uint8Array.from(raw).buffer), Number);
}

function readNode(bytes: Uint8Array): Node {
  const fields = readFields(bytes);
  const attributes = new Map(
    bytesOf(fields, 5).map((attribute) => {
      const inner = readFields(attribute);
      return [textOf(inner, 1), inner] as const;
    }),
  );
  const decoder = new TextDecoder();
  return {
    operation: textOf(fields, 4),
    inputs: bytesOf(fields, 1).map((name) => decoder.decode(name)),
    output: decoder.decode(bytesOf(fields, 2)[0] ?? new Uint8Array(0)),
    integer: (name, otherwise) => integersOf(attributes.get(name) ?? [], 3)[0] ?? otherwise,
    integers: (name) => (attributes.has(name) ? integersOf(attributes.get(name)!, 8) : undefined),
    float: (name, otherwise) => floatsOf(attributes.get(name) ?? [], 2)[0] ?? otherwise,
    text: (name) => textOf(attributes.get(name) ?? [], 4),
  };
}
