import { ModelError } from "../errors.ts";
import { type FloatConvolution, type FloatNetwork, type FloatPool, outputSide } from "../float-network.ts";
import { type Graph, type Node, readGraph, type Tensor } from "./graph.ts";

/** The network while it is being read: its layers, and the shape behind them. */
interface Builder {
  readonly layers: (FloatConvolution | FloatPool)[];
  height: number;
  width: number;
  channels: number;
  /** The next dense layer sees [height][width][channels] as one vector, which ONNX has as [channels][height][width]. */
  flat: boolean;
}

const MAX_SIDE = 256;

/**
 * A classifier of an ONNX file: one chain of Conv, BatchNormalization, Relu, MaxPool, AveragePool, GlobalAveragePool, Flatten or
 * Reshape, Gemm or MatMul and Add; Softmax at the end, Dropout and Identity are left out. Input [1][channels][height][width] of
 * (value − 128) / 128.
 *
 * @throws ModelError `DAMAGED_FILE`, or `UNSUPPORTED` with what cannot be expressed
 */
export function importOnnx(file: Uint8Array): FloatNetwork {
  const graph = readGraph(file);
  const [, channels = 0, height = 0, width = 0] = graph.shape;
  if (
    graph.shape.length !== 4 ||
    channels < 1 ||
    channels > 4 ||
    height < 1 ||
    width < 1 ||
    Math.max(height, width) > MAX_SIDE
  ) {
    throw unsupported(`an input of shape [${graph.shape.join(", ")}]`);
  }
  const builder: Builder = { layers: [], height, width, channels, flat: false };
  for (const node of chainOf(graph)) {
    const read = Object.hasOwn(READERS, node.operation) ? READERS[node.operation] : undefined;
    if (!read) throw unsupported(`the operation ${node.operation.slice(0, 40)}`);
    read(node, graph.tensors, builder);
  }
  return { height, width, channels, layers: builder.layers };
}

const unsupported = (what: string): ModelError => new ModelError("UNSUPPORTED", `${what} cannot be imported`);

/** The nodes from the input to the output; each takes what the one before gives. */
function chainOf({ nodes, tensors, input, output }: Graph): Node[] {
  const chain: Node[] = [];
  let name = input;
  while (name !== output) {
    const users = nodes.filter(({ inputs }) => inputs.includes(name));
    const [next] = users;
    if (!next || users.length > 1 || chain.length > nodes.length) throw unsupported("a graph that is not one chain");
    if (next.inputs.some((other) => other !== name && other !== "" && !tensors.has(other))) {
      throw unsupported("a node with two inputs that are computed");
    }
    chain.push(next);
    name = next.output;
  }
  return chain;
}

type Reader = (node: Node, tensors: ReadonlyMap<string, Tensor>, builder: Builder) => void;

const skip: Reader = () => {};

const flatten: Reader = (_, __, builder) => {
  builder.flat = true;
};

const READERS: Readonly<Record<string, Reader>> = {
  Conv: convolution,
  BatchNormalization: normalisation,
  Relu: relu,
  MaxPool: (node, _, builder) => pool(node, "max pool", builder),
  AveragePool: (node, _, builder) => pool(node, "average pool", builder),
  GlobalAveragePool: (_, __, builder) => addPool(builder, "average pool", builder.height, builder.width, 1),
  Flatten: flatten,
  Reshape: flatten,
  Gemm: gemm,
  MatMul: matMul,
  Add: addBias,
  Softmax: skip,
  LogSoftmax: skip,
  Dropout: skip,
  Identity: skip,
};

const tensorOf = (tensors: ReadonlyMap<string, Tensor>, name: string | undefined): Tensor => {
  const found = name === undefined ? undefined : tensors.get(name);
  if (!found) throw unsupported("weights that are not in the file");
  return found;
};

function same(values: readonly number[] | undefined, otherwise: number, what: string): number {
  const [first = otherwise] = values ?? [];
  if (values?.some((value) => value !== first) || first < 0) throw unsupported(what);
  return first;
}

function addConvolution(builder: Builder, layer: FloatConvolution): void {
  const { kernelHeight, kernelWidth, stride, padding, outputs } = layer;
  if (stride < 1 || padding >= Math.min(kernelHeight, kernelWidth)) throw unsupported("such a padding or stride");
  builder.layers.push(layer);
  builder.height = outputSide(builder.height, kernelHeight, stride, padding);
  builder.width = outputSide(builder.width, kernelWidth, stride, padding);
  builder.channels = outputs;
  if (builder.height < 1 || builder.width < 1) throw unsupported("a kernel that is larger than the image");
}

function convolution(node: Node, tensors: ReadonlyMap<string, Tensor>, builder: Builder): void {
  const { dims, values } = tensorOf(tensors, node.inputs[1]);
  const [outputs = 0, inputs = 0, kernelHeight = 0, kernelWidth = 0] = dims;
  if (dims.length !== 4 || inputs !== builder.channels || values.length === 0 || builder.flat)
    throw unsupported("such a convolution");
  if (node.integer("group", 1) !== 1 || same(node.integers("dilations"), 1, "dilation") !== 1)
    throw unsupported("groups or dilation");
  if (!["", "NOTSET", "VALID"].includes(node.text("auto_pad"))) throw unsupported("automatic padding");
  const area = kernelHeight * kernelWidth;
  const weights = values.map((_, at) => {
    const [channel, place, output] = [at % inputs, Math.floor(at / inputs) % area, Math.floor(at / (inputs * area))];
    return values[(output * inputs + channel) * area + place]!;
  });
  const bias = node.inputs[2] ? tensorOf(tensors, node.inputs[2]).values : new Float32Array(outputs);
  if (bias.length !== outputs) throw unsupported("such a bias");
  const stride = same(node.integers("strides"), 1, "strides that differ");
  const padding = same(node.integers("pads"), 0, "padding that differs between sides");
  addConvolution(builder, {
    kind: "convolution",
    outputs,
    kernelHeight,
    kernelWidth,
    stride,
    padding,
    weights,
    bias,
    relu: false,
  });
}

const lastConvolution = ({ layers }: Builder): FloatConvolution => {
  const last = layers.at(-1);
  if (last?.kind !== "convolution" || last.relu)
    throw unsupported("an operation that does not follow a layer with weights");
  return last;
};

/** Folds y = scale · (x − mean) / √(variance + ε) + shift into the layer before. */
function normalisation(node: Node, tensors: ReadonlyMap<string, Tensor>, builder: Builder): void {
  const last = lastConvolution(builder);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) => tensorOf(tensors, node.inputs[i]).values);
  if ([scale, shift, mean, variance].some((values) => values?.length !== last.outputs))
    throw unsupported("such a normalisation");
  const factors = scale!.map((value, j) => value / Math.sqrt(Math.max(0, variance![j]!) + node.float("epsilon", 1e-5)));
  const depth = last.weights.length / last.outputs;
  const weights = last.weights.map((value, at) => value * factors[Math.floor(at / depth)]!);
  const bias = last.bias.map((value, j) => (value - mean![j]!) * factors[j]! + shift![j]!);
  builder.layers.splice(-1, 1, { ...last, weights, bias });
}

function relu(_: Node, __: ReadonlyMap<string, Tensor>, builder: Builder): void {
  builder.layers.splice(-1, 1, { ...lastConvolution(builder), relu: true });
}

function pool(node: Node, kind: FloatPool["kind"], builder: Builder): void {
  const [kernelHeight = 0, kernelWidth = 0] = node.integers("kernel_shape") ?? [];
  if (same(node.integers("pads"), 0, "padding") !== 0 || node.integer("ceil_mode", 0) !== 0)
    throw unsupported("padding of a pool");
  addPool(builder, kind, kernelHeight, kernelWidth, same(node.integers("strides"), 1, "strides that differ"));
}

function addPool(
  builder: Builder,
  kind: FloatPool["kind"],
  kernelHeight: number,
  kernelWidth: number,
  stride: number,
): void {
  if (
    kernelHeight < 1 ||
    kernelWidth < 1 ||
    stride < 1 ||
    kernelHeight > builder.height ||
    kernelWidth > builder.width
  ) {
    throw unsupported("such a pool");
  }
  builder.layers.push({ kind, kernelHeight, kernelWidth, stride });
  builder.height = outputSide(builder.height, kernelHeight, stride, 0);
  builder.width = outputSide(builder.width, kernelWidth, stride, 0);
}

function gemm(node: Node, tensors: ReadonlyMap<string, Tensor>, builder: Builder): void {
  if (node.integer("transA", 0) !== 0 || node.float("alpha", 1) !== 1 || node.float("beta", 1) !== 1)
    throw unsupported("such a Gemm");
  const bias = node.inputs[2] ? tensorOf(tensors, node.inputs[2]).values : undefined;
  dense(builder, tensorOf(tensors, node.inputs[1]), node.integer("transB", 0) === 1, bias);
}

function matMul(node: Node, tensors: ReadonlyMap<string, Tensor>, builder: Builder): void {
  dense(builder, tensorOf(tensors, node.inputs[1]), false, undefined);
}

/** A dense layer is a convolution whose kernel is the whole input. */
function dense(builder: Builder, { dims, values }: Tensor, transposed: boolean, given: Float32Array | undefined): void {
  const { height, width, channels } = builder;
  const area = height * width;
  const [rows = 0, columns = 0] = dims;
  const [outputs, inputs] = transposed ? [rows, columns] : [columns, rows];
  if (dims.length !== 2 || inputs !== area * channels || outputs < 1) throw unsupported("such a dense layer");
  const weights = new Float32Array(outputs * inputs);
  for (let j = 0; j < outputs; j++) {
    for (let place = 0; place < area; place++) {
      for (let channel = 0; channel < channels; channel++) {
        const from = channel * area + place;
        weights[(j * area + place) * channels + channel] = values[transposed ? j * inputs + from : from * outputs + j]!;
      }
    }
  }
  const bias = given ?? new Float32Array(outputs);
  if (bias.length !== outputs) throw unsupported("such a bias");
  const shape = { outputs, kernelHeight: height, kernelWidth: width, stride: 1, padding: 0 };
  addConvolution(builder, { kind: "convolution", ...shape, weights, bias, relu: false });
}

function addBias(node: Node, tensors: ReadonlyMap<string, Tensor>, builder: Builder): void {
  const last = lastConvolution(builder);
  const { values } = tensorOf(
    tensors,
    node.inputs.find((name) => tensors.has(name)),
  );
  if (values.length !== last.outputs) throw unsupported("such an Add");
  builder.layers.splice(-1, 1, { ...last, bias: last.bias.map((value, j) => value + values[j]!) });
}
