/** `npm run train-shapes`: makes models/shapes.model and models/shapes.eval.json from the seed. */
import { writeFileSync } from "node:fs";
import { createClassifier } from "../classifier.ts";
import { floatActivations } from "../float-network.ts";
import { encodeNetwork } from "../network-blob.ts";
import { quantiseNetwork } from "../quantise-network.ts";
import { trainNetwork } from "./cnn.ts";
import { CHANNELS, CLASSES, generateImages, type LabelledImage, SIDE } from "./images.ts";

const MODELS = new URL("../../models/", import.meta.url);
const RECIPE = { filters: [8, 16], epochs: 9, rate: 0.0006, seed: 5 } as const;
const SEEN = { seed: 1, count: 12_000 };
const UNSEEN = { seed: 2, count: 5_000 };

const images = generateImages(SEEN.seed, SEEN.count);
const network = trainNetwork(
  images,
  { ...RECIPE, side: SIDE, channels: CHANNELS, classes: CLASSES.length },
  (epoch, loss) => console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}`),
);
const blob = encodeNetwork(
  quantiseNetwork(
    network,
    images.slice(0, 200).map(({ pixels }) => pixels),
  ),
);
const classifier = createClassifier(blob);
const best = (scores: ArrayLike<number>): number => Array.from(scores).indexOf(Math.max(...Array.from(scores)));
const unseen = generateImages(UNSEEN.seed, UNSEEN.count);
const share = (isRight: (image: LabelledImage) => boolean): number => unseen.filter(isRight).length / unseen.length;
const report = {
  classes: CLASSES,
  recipe: { ...RECIPE, images: SEEN },
  unseen: {
    ...UNSEEN,
    integers: share(({ pixels, label }) => best(classifier.classify(pixels)!) === label),
    floats: share(({ pixels, label }) => best(floatActivations(network, pixels).at(-1)!) === label),
    sameClass: share(
      ({ pixels }) => best(classifier.classify(pixels)!) === best(floatActivations(network, pixels).at(-1)!),
    ),
  },
};
writeFileSync(new URL("shapes.model", MODELS), blob);
writeFileSync(new URL("shapes.eval.json", MODELS), `${JSON.stringify(report, null, 2)}\n`);
console.log(report.unseen);
