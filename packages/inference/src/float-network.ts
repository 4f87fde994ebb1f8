/** A network over images in floating point: what importers and trainers make, before it becomes integers. */

export interface FloatConvolution {
  readonly kind: "convolution";
  readonly outputs: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  /** [outputs][kernelHeight][kernelWidth][channels]. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly relu: boolean;
}

export interface FloatPool {
  readonly kind: "max pool" | "average pool";
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
}

export interface FloatNetwork {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The last one is a convolution to 1 × 1. Pixels come in as (value − 128) / 128. */
  readonly layers: readonly (FloatConvolution | FloatPool)[];
}

/** Size of what one layer makes. */
export function outputSide(side: number, kernel: number, stride: number, padding: number): number {
  return Math.floor((side + 2 * padding - kernel) / stride) + 1;
}

/** What every layer gives for u8 [height][width][channels], in order. */
export function floatActivations(
  { height, width, channels, layers }: FloatNetwork,
  pixels: Uint8Array,
): Float32Array[] {
  let [h, w, c] = [height, width, channels];
  let x: Float32Array = Float32Array.from(pixels, (value) => (value - 128) / 128);
  return layers.map((layer) => {
    const { kernelHeight, kernelWidth, stride } = layer;
    const padding = layer.kind === "convolution" ? layer.padding : 0;
    const outputs = layer.kind === "convolution" ? layer.outputs : c;
    const oh = outputSide(h, kernelHeight, stride, padding);
    const ow = outputSide(w, kernelWidth, stride, padding);
    const out = new Float32Array(oh * ow * outputs);
    let at = 0;
    for (let y = 0; y < oh; y++) {
      for (let column = 0; column < ow; column++) {
        const [top, left] = [y * stride - padding, column * stride - padding];
        for (let j = 0; j < outputs; j++) out[at++] = element(layer, x, [h, w, c], top, left, j);
      }
    }
    [h, w, c, x] = [oh, ow, outputs, out];
    return out;
  });
}

function element(
  layer: FloatConvolution | FloatPool,
  x: Float32Array,
  [h, w, c]: readonly [number, number, number],
  top: number,
  left: number,
  j: number,
): number {
  const { kernelHeight, kernelWidth } = layer;
  let sum = layer.kind === "convolution" ? layer.bias[j]! : 0;
  let largest = -Infinity;
  for (let dy = 0; dy < kernelHeight; dy++) {
    for (let dx = 0; dx < kernelWidth; dx++) {
      const [row, column] = [top + dy, left + dx];
      if (row < 0 || row >= h || column < 0 || column >= w) continue;
      const pixel = (row * w + column) * c;
      if (layer.kind === "convolution") {
        const weight = ((j * kernelHeight + dy) * kernelWidth + dx) * c;
        for (let i = 0; i < c; i++) sum += x[pixel + i]! * layer.weights[weight + i]!;
      } else {
        sum += x[pixel + j]!;
        largest = Math.max(largest, x[pixel + j]!);
      }
    }
  }
  if (layer.kind === "convolution") return layer.relu ? Math.max(0, sum) : sum;
  return layer.kind === "max pool" ? largest : sum / (kernelHeight * kernelWidth);
}
