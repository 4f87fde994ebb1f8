import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  createClassifier,
  encodeNetwork,
  type FloatNetwork,
  floatActivations,
  importOnnx,
  type NetworkParts,
  quantiseNetwork,
} from "@hyperion/inference";
import { bytesToHex, type Hex } from "viem";

/** A network over images in words. */
export interface NetworkReport {
  readonly model: string;
  readonly root: Hex;
  readonly bytes: number;
  readonly shape: Omit<NetworkParts, "layers">;
  readonly gas: number;
  /** Share of the given images of which integers and floats see the same class. */
  readonly sameClass?: number;
}

const NOISE_IMAGES = 64;

/** Makes a blob of an ONNX file. The images set the scales of activations, and are what both arithmetics are compared on. */
export const importNetwork = (path: string, model: string, images: string | undefined): NetworkReport => {
  const network = importOnnx(new Uint8Array(readFileSync(path)));
  const samples = images === undefined ? noise(network) : imagesIn(images, network);
  const blob = encodeNetwork(quantiseNetwork(network, samples));
  const classifier = createClassifier(blob);
  mkdirSync(dirname(model), { recursive: true });
  writeFileSync(model, blob);
  const same = samples.filter(
    (image) => best(classifier.classify(image)!) === best(floatActivations(network, image).at(-1)!),
  );
  return { ...networkReport(model, blob), sameClass: same.length / samples.length };
};

/** Describes a blob of a network. Throws `ModelError` when it is not valid. */
export const networkReport = (model: string, blob: Uint8Array): NetworkReport => {
  const { id, shape, gas } = createClassifier(blob);
  return { model, root: bytesToHex(id), bytes: blob.length, shape, gas: Number(gas) };
};

export const describeNetwork = ({ model, root, bytes, shape, gas, sameClass }: NetworkReport): string => {
  const { height, width, channels, classes } = shape;
  const rows = {
    Model: model,
    Root: root,
    Size: `${bytes} bytes`,
    Images: `${height} x ${width} pixels, ${channels} channels`,
    Classes: `${classes}`,
    Gas: `${gas} for one image`,
    ...(sameClass !== undefined && {
      "Against floats": `same class in ${(100 * sameClass).toFixed(1)} % of the images`,
    }),
  };
  return Object.entries(rows)
    .map(([label, value]) => `  ${label.padEnd(16)}${value}\n`)
    .join("");
};

const imagesIn = (folder: string, { height, width, channels }: FloatNetwork): Uint8Array[] => {
  const images = readdirSync(folder).map((name) => new Uint8Array(readFileSync(join(folder, name))));
  if (images.length === 0 || images.some(({ length }) => length !== height * width * channels)) {
    throw new Error(`Every file in ${folder} has to hold ${height * width * channels} bytes: one image.`);
  }
  return images;
};

const noise = ({ height, width, channels }: FloatNetwork): Uint8Array[] =>
  Array.from({ length: NOISE_IMAGES }, (_, seed) =>
    Uint8Array.from({ length: height * width * channels }, (_, i) => Math.imul(i + 1, 0x9e3779b1 + 2 * seed) >>> 24),
  );

const best = (scores: ArrayLike<number>): number => Array.from(scores).indexOf(Math.max(...Array.from(scores)));
