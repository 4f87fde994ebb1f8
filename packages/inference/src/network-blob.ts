/** One layer of a feed-forward network (docs/spec/model.md, "Architecture 2"). */
export interface NetworkLayer {
  readonly kind: "convolution" | "max pool" | "average pool";
  /** Filters; for pools the channels of their input. */
  readonly outputs: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly shift: number;
  /** Least value behind the layer: 0 is ReLU, −128 nothing. */
  readonly low: number;
  /** Convolutions: [outputs][kernelHeight][kernelWidth][channels]. */
  readonly weights?: Int8Array;
  /** Convolutions: [outputs]. */
  readonly bias?: Int32Array;
  /** Convolutions: [outputs]; average pools: one. */
  readonly multipliers?: Int32Array;
}

export interface NetworkParts {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
  readonly layers: readonly NetworkLayer[];
}

const MAGIC = 0x4d505948;
const VERSION = 1;
const ARCHITECTURE = 2;
const HEADER_SIZE = 128;
const ROW = 32;
const ALIGNMENT = 64;
const KINDS: readonly NetworkLayer["kind"][] = ["convolution", "max pool", "average pool"];

/** Encodes a blob. What it says is checked when it is loaded. */
export function encodeNetwork({ height, width, channels, classes, layers }: NetworkParts): Uint8Array {
  const header = new Uint8Array(HEADER_SIZE);
  setWords(header, 0, [MAGIC, VERSION, ARCHITECTURE, 0, height, width, channels, layers.length, classes]);
  const table = new Uint8Array(layers.length * ROW);
  for (const [i, layer] of layers.entries()) {
    const { kind, outputs, kernelHeight, kernelWidth, stride, padding, shift, low } = layer;
    setWords(table, i * ROW, [
      KINDS.indexOf(kind) + 1,
      outputs,
      kernelHeight,
      kernelWidth,
      stride,
      padding,
      shift,
      low,
    ]);
  }
  const sections = layers.flatMap(({ weights, bias, multipliers }) =>
    [weights, bias, multipliers].filter((part) => part !== undefined),
  );
  const parts: Uint8Array[] = [header];
  let length = HEADER_SIZE;
  for (const section of [table, ...sections.map(bytesOf)]) {
    const gap = (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
    parts.push(new Uint8Array(gap), section);
    length += gap + section.length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Whether a blob's header names this architecture. */
export function isNetwork(blob: Uint8Array): boolean {
  if (blob.length < HEADER_SIZE) return false;
  const view = new DataView(blob.buffer, blob.byteOffset, HEADER_SIZE);
  return view.getUint32(0, true) === MAGIC && view.getUint32(8, true) === ARCHITECTURE;
}

/** Size of the images that a network takes, and its classes. The blob must be valid. */
export function networkShape(blob: Uint8Array): Omit<NetworkParts, "layers"> {
  const view = new DataView(blob.buffer, blob.byteOffset, HEADER_SIZE);
  const word = (at: number): number => view.getUint32(at, true);
  return { height: word(16), width: word(20), channels: word(24), classes: word(32) };
}

/** Number of layers of a network. The blob must be valid. */
export function networkDepth(blob: Uint8Array): number {
  return new DataView(blob.buffer, blob.byteOffset, HEADER_SIZE).getUint32(28, true);
}

function setWords(bytes: Uint8Array, at: number, words: readonly number[]): void {
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setInt32(at + 4 * i, word, true);
}

const bytesOf = (part: Int8Array | Int32Array): Uint8Array => {
  if (part instanceof Int8Array) return new Uint8Array(part.buffer, part.byteOffset, part.length);
  const bytes = new Uint8Array(part.length * 4);
  setWords(bytes, 0, [...part]);
  return bytes;
};
