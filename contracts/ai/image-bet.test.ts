import { type NamedModel, readDefaultModel, readShapesModel } from "@hyperion/inference";
import {
  bytesToHex,
  decodeErrorResult,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
} from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { CLASSES, generateImages, type LabelledImage } from "../../packages/inference/src/training/images.ts";
import {
  artifact,
  createSoloChain,
  decodeEvents,
  MODEL_REGISTRY,
  type Sent,
  type SoloChain,
} from "../testing/solo-chain.ts";

const bet = artifact("ai/ImageBet");
const precompile = artifact("ai/IInference");
const INFERENCE = "0x0000000000000000000000000000000000000999";
const shapes: NamedModel = readShapesModel();
const MODEL = bytesToHex(shapes.root);
const [picture] = generateImages(5, 1) as [LabelledImage];
const PIXELS = bytesToHex(picture.pixels);

let chain: SoloChain;
const call = (
  to: Hex,
  { abi }: { abi: typeof bet.abi },
  functionName: string,
  args: readonly unknown[],
  value = 0n,
): Promise<Sent> => chain.send(to, encodeFunctionData({ abi, functionName, args }), value);
const look = (model: Hex, image: Hex): Promise<Sent> => call(INFERENCE, precompile, "classifyImage", [model, image]);
const errorOf = (abi: typeof bet.abi, { output }: Sent): string => decodeErrorResult({ abi, data: output }).errorName;

beforeAll(async () => {
  chain = await createSoloChain(readDefaultModel(), shapes);
  const registry = artifact("ai/ModelRegistry");
  const description = { architecture: 2, kiloMacs: 132, location: "" };
  expect((await call(MODEL_REGISTRY, registry, "register", [MODEL, shapes.bytes.length, description])).status).toBe(1);
});

describe("classifyImage", () => {
  it("sees what is in pictures, for gas that does not depend on them", async () => {
    const gas = new Set<bigint>();
    for (const { pixels, label } of generateImages(6, 6)) {
      const { output, gasUsed } = await look(MODEL, bytesToHex(pixels));
      const [best, scores] = decodeFunctionResult({
        abi: precompile.abi,
        functionName: "classifyImage",
        data: output,
      }) as [bigint, bigint[]];
      expect(CLASSES[Number(best)]).toBe(CLASSES[label]);
      expect(scores).toHaveLength(CLASSES.length);
      gas.add(gasUsed - BigInt(pixels.filter((value) => value !== 0).length * 12));
    }
    expect(gas.size).toBe(1);
  });

  it("says why it refuses", async () => {
    expect(errorOf(precompile.abi, await look(MODEL, "0x00"))).toBe("InvalidImage");
    expect(errorOf(precompile.abi, await look(`0x${"11".repeat(32)}`, PIXELS))).toBe("UnknownModel");
    expect(errorOf(precompile.abi, await look(`0x${"00".repeat(32)}`, PIXELS))).toBe("UnknownModel");
    const text = await call(INFERENCE, precompile, "generate", [MODEL, "hello", 4n]);
    expect(errorOf(precompile.abi, text)).toBe("UnknownModel");
  });
});

describe("ImageBet", () => {
  it("pays those who said what the picture shows", async () => {
    const closesAt = 24n;
    const argument = encodeAbiParameters(
      [{ type: "bytes32" }, { type: "bytes32" }, { type: "uint256" }],
      [MODEL, keccak256(PIXELS), closesAt],
    );
    const contract = (await chain.send(undefined, `${bet.bytecode}${argument.slice(2)}`)).contract!;
    const wager = (functionName: string, args: readonly unknown[] = [], value = 0n): Promise<Sent> =>
      call(contract, bet, functionName, args, value);
    expect(errorOf(bet.abi, await wager("settle", [PIXELS]))).toBe("StillOpen");
    // One block of the test's chain lasts a second.
    let sent: Sent | undefined;
    while (!sent || sent.status === 1) sent = await wager("stake", [BigInt(picture.label)], 5n);
    expect(errorOf(bet.abi, sent)).toBe("Closed");
    const other = bytesToHex(generateImages(9, 1)[0]!.pixels);
    expect(errorOf(bet.abi, await wager("settle", [other]))).toBe("OtherImage");
    const settled = await wager("settle", [PIXELS]);
    expect(decodeEvents(bet.abi, settled.logs)).toMatchObject([
      { eventName: "Settled", args: { class: BigInt(picture.label) } },
    ]);
    expect(errorOf(bet.abi, await wager("settle", [PIXELS]))).toBe("Closed");
    expect((await wager("claim")).status).toBe(1);
    expect(errorOf(bet.abi, await wager("claim"))).toBe("NothingToPay");
  });
});
