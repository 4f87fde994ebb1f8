/** The encodings of GGUF tensors that can be imported. Blocks are decoded to f32 in the order of the elements. */
export interface TensorType {
  readonly name: string;
  /** Number in the file. */
  readonly id: number;
  /** Elements and bytes of a block. */
  readonly elements: number;
  readonly bytes: number;
  decode(view: DataView, at: number, out: Float32Array, first: number): void;
}

const SUPER = 256;

/** IEEE 754 half precision at `at`. */
export function halfAt(view: DataView, at: number): number {
  const bits = view.getUint16(at, true);
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Scale and minimum (6 bits each) of sub-block `index` of a Q4_K block whose 12 packed bytes begin at `at`. */
export function scaleAndMinimum(view: DataView, at: number, index: number): readonly [scale: number, minimum: number] {
  const byte = (i: number): number => view.getUint8(at + i);
  if (index < 4) return [byte(index) & 63, byte(index + 4) & 63];
  const low = byte(index + 4);
  return [(low & 15) | ((byte(index - 4) >> 6) << 4), (low >> 4) | ((byte(index) >> 6) << 4)];
}

const scratch = new DataView(new ArrayBuffer(4));

const TYPES: readonly TensorType[] = [
  {
    ...{ name: "F32", id: 0, elements: 1, bytes: 4 },
    decode(view, at, out, i) {
      out[i] = view.getFloat32(at, true);
    },
  },
  {
    ...{ name: "F16", id: 1, elements: 1, bytes: 2 },
    decode(view, at, out, i) {
      out[i] = halfAt(view, at);
    },
  },
  {
    ...{ name: "BF16", id: 30, elements: 1, bytes: 2 },
    decode(view, at, out, i) {
      scratch.setUint32(0, view.getUint16(at, true) << 16);
      out[i] = scratch.getFloat32(0);
    },
  },
  {
    ...{ name: "Q4_0", id: 2, elements: 32, bytes: 18 },
    decode(view, at, out, first) {
      const scale = halfAt(view, at);
      for (let i = 0; i < 16; i++) {
        const byte = view.getUint8(at + 2 + i);
        out[first + i] = scale * ((byte & 15) - 8);
        out[first + 16 + i] = scale * ((byte >> 4) - 8);
      }
    },
  },
  {
    ...{ name: "Q8_0", id: 8, elements: 32, bytes: 34 },
    decode(view, at, out, first) {
      const scale = halfAt(view, at);
      for (let i = 0; i < 32; i++) out[first + i] = scale * view.getInt8(at + 2 + i);
    },
  },
  {
    ...{ name: "Q4_K", id: 12, elements: SUPER, bytes: 144 },
    decode(view, at, out, first) {
      const [scale, minimum] = [halfAt(view, at), halfAt(view, at + 2)];
      for (let sub = 0; sub < 8; sub++) {
        const [s, m] = scaleAndMinimum(view, at + 4, sub);
        for (let i = 0; i < 32; i++) {
          const byte = view.getUint8(at + 16 + 32 * (sub >> 1) + i);
          out[first + 32 * sub + i] = scale * s * (sub & 1 ? byte >> 4 : byte & 15) - minimum * m;
        }
      }
    },
  },
  {
    ...{ name: "Q6_K", id: 14, elements: SUPER, bytes: 210 },
    decode(view, at, out, first) {
      const scale = halfAt(view, at + 208);
      for (let i = 0; i < SUPER; i++) {
        // Halves of 128: four rows of 32, whose low bits share 64 bytes and whose high bits share 32.
        const [half, row, column] = [i >> 7, (i >> 5) & 3, i & 31];
        const low = view.getUint8(at + 64 * half + 32 * (row & 1) + column) >> (row < 2 ? 0 : 4);
        const high = view.getUint8(at + 128 + 32 * half + column) >> (2 * row);
        out[first + i] = scale * view.getInt8(at + 192 + (i >> 4)) * (((low & 15) | ((high & 3) << 4)) - 32);
      }
    },
  },
];

const BY_ID: ReadonlyMap<number, TensorType> = new Map(TYPES.map((type) => [type.id, type]));

export function tensorType(id: number): TensorType | undefined {
  return BY_ID.get(id);
}

export const tensorTypeNames: readonly string[] = TYPES.map(({ name }) => name);
