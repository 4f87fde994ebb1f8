import type { FloatConvolution, FloatNetwork } from "../float-network.ts";

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
};
const message = (number: number, bytes: ArrayLike<number>): Buffer =>
  Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), Uint8Array.from(bytes)]);
const text = (number: number, value: string): Buffer => message(number, Buffer.from(value));
const integer = (number: number, value: number): Buffer => Buffer.from([...varint(number * 8), ...varint(value)]);
const float = (number: number, value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([Buffer.from(varint(number * 8 + 5)), bytes]);
};

type Attributes = Readonly<Record<string, number | readonly number[]>>;

const attribute = ([name, value]: [string, number | readonly number[]]): Buffer => {
  const content =
    typeof value === "number"
      ? Number.isInteger(value)
        ? [integer(3, value)]
        : [float(2, value)]
      : value.map((item) => integer(8, item));
  return message(5, Buffer.concat([text(1, name), ...content]));
};

const tensor = (name: string, dims: readonly number[], values: Float32Array): Buffer => {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const content = [...dims.map((dim) => integer(1, dim)), integer(2, 1), text(8, name), message(9, raw)];
  return message(5, Buffer.concat(content));
};

/** [output][row][column][channel] to [output][channel][row][column]. */
const channelsFirst = (values: Float32Array, channels: number, area: number): Float32Array =>
  values.map((_, at) => {
    const [place, channel, output] = [at % area, Math.floor(at / area) % channels, Math.floor(at / (area * channels))];
    return values[(output * area + place) * channels + channel]!;
  });

/** An ONNX file of a network. Every convolution but the dense one is followed by a normalisation that `importOnnx` has to undo. */
export function onnxFile({ height, width, channels, layers }: FloatNetwork): Uint8Array {
  const parts: Buffer[] = [];
  let name = "input";
  let count = 0;
  const node = (operation: string, inputs: readonly string[], attributes: Attributes = {}): void => {
    const output = `${operation}${count++}`;
    const content = [name, ...inputs].map((input) => text(1, input));
    parts.push(
      message(
        1,
        Buffer.concat([...content, text(2, output), text(4, operation), ...Object.entries(attributes).map(attribute)]),
      ),
    );
    name = output;
  };
  let inputs = channels;
  const convolution = (layer: FloatConvolution, isLast: boolean): void => {
    const { kernelHeight: kh, kernelWidth: kw, stride, padding, outputs, weights, bias } = layer;
    const [w, b] = [`w${count}`, `b${count}`];
    const values = channelsFirst(weights, inputs, kh * kw);
    if (isLast) {
      parts.push(tensor(w, [outputs, weights.length / outputs], values), tensor(b, [outputs], bias));
      node("Flatten", []);
      node("Gemm", [w, b], { transB: 1 });
    } else {
      // (2 x + mean − mean) / √(4 − ε + ε) = x
      const doubled = values.map((value) => 2 * value);
      const mean = Float32Array.from({ length: outputs }, (_, j) => j / 8);
      parts.push(
        tensor(w, [outputs, inputs, kh, kw], doubled),
        tensor(
          b,
          [outputs],
          mean.map((m, j) => 2 * bias[j]! + m),
        ),
      );
      node("Conv", [w, b], {
        kernel_shape: [kh, kw],
        strides: [stride, stride],
        pads: [padding, padding, padding, padding],
      });
      const constants = { scale: 1, shift: 0, variance: 4 - 1e-3 };
      for (const [key, value] of Object.entries(constants))
        parts.push(tensor(`${key}${w}`, [outputs], new Float32Array(outputs).fill(value)));
      parts.push(tensor(`mean${w}`, [outputs], mean));
      node("BatchNormalization", [`scale${w}`, `shift${w}`, `mean${w}`, `variance${w}`], { epsilon: 1e-3 });
    }
    if (layer.relu) node("Relu", []);
    inputs = outputs;
  };
  for (const [i, layer] of layers.entries()) {
    if (layer.kind === "convolution") convolution(layer, i === layers.length - 1);
    else {
      const { kernelHeight, kernelWidth, stride } = layer;
      node(layer.kind === "max pool" ? "MaxPool" : "AveragePool", [], {
        kernel_shape: [kernelHeight, kernelWidth],
        strides: [stride, stride],
      });
    }
  }
  node("Softmax", []);
  const dims = [1, channels, height, width].map((dim) => message(1, integer(1, dim)));
  const shape = message(2, message(1, Buffer.concat([integer(1, 1), message(2, Buffer.concat(dims))])));
  parts.push(message(11, Buffer.concat([text(1, "input"), shape])), message(12, text(1, name)));
  return new Uint8Array(Buffer.concat([integer(1, 8), message(7, Buffer.concat(parts))]));
}
