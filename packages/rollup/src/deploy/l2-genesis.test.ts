import { Kernel, presetConfig } from "@hyperion/kernel";
import {
  bytesToHex,
  type DecodeFunctionResultReturnType,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  zeroAddress,
} from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { contractArtifact } from "./contract-artifact.ts";
import { l2Alloc } from "./l2-alloc.ts";
import { createL2Genesis, type L2Genesis } from "./l2-genesis.ts";
import type { L2GenesisOptions } from "./l2-genesis-options.ts";
import { PREDEPLOY_ADDRESSES, PREDEPLOYS } from "./predeploys.ts";

const address = (digit: string): Hex => `0x${digit.repeat(40)}`;
const vault = { recipient: address("5"), minimum: 10n ** 18n, network: "l2" } as const;
const options: L2GenesisOptions = {
  ...{ chainId: 901, timestamp: 1_700_000_000n, gasLimit: 60_000_000n, baseFee: 10n ** 9n, jovian: false },
  eip1559: { denominator: 250, elasticity: 6 },
  l1: {
    ...{ chainId: 900, crossDomainMessenger: address("1") },
    ...{ standardBridge: address("2"), erc721Bridge: address("3") },
  },
  proxyAdminOwner: address("4"),
  feeVaults: { sequencer: vault, baseFee: vault, l1Fee: vault, operatorFee: { ...vault, network: "l1" } },
  funded: [{ address: address("6"), wei: 7n }],
};

let genesis: L2Genesis;
let kernel: Kernel;

beforeAll(async () => {
  genesis = await createL2Genesis(options);
  const config = presetConfig("Prague", BigInt(options.chainId))!;
  kernel = await Kernel.create({ config, oracle: { preimage: () => undefined, blockHash: () => undefined } });
  const { header, hash } = kernel.genesis(genesis.block);
  const attributes = { timestamp: header.timestamp + 2n, coinbase: new Uint8Array(20), gasLimit: header.gasLimit };
  const random = { prevRandao: new Uint8Array(32), parentBeaconBlockRoot: new Uint8Array(32), withdrawals: [] };
  kernel.beginBlock(header, hash, { ...attributes, ...random });
});

const attempt = (
  artifact: string,
  to: Hex,
  functionName: string,
  args: readonly unknown[] = [],
  from = zeroAddress,
) => {
  const { abi } = contractArtifact(artifact);
  const data = hexToBytes(encodeFunctionData({ abi, functionName, args }));
  const outcome = kernel.call({ from: hexToBytes(from), to: hexToBytes(to), data, gas: 20_000_000n });
  if ("valid" in outcome && !outcome.valid) throw new Error(outcome.message);
  return outcome;
};

const read = (name: string, functionName: string, args?: readonly unknown[]): DecodeFunctionResultReturnType => {
  const { artifact, address } = PREDEPLOYS.find((predeploy) => predeploy.name === name)!;
  const outcome = attempt(artifact, address, functionName, args);
  if (outcome.halt !== "success") throw new Error(`${name}.${functionName}: ${outcome.halt}`);
  return decodeFunctionResult({
    ...{ abi: contractArtifact(artifact).abi, functionName },
    data: bytesToHex(outcome.output),
  }) as DecodeFunctionResultReturnType;
};

describe("L2 genesis", () => {
  it("is the same for the same options and another for others", async () => {
    expect((await createL2Genesis({ ...options })).hash).toBe(genesis.hash);
    expect((await createL2Genesis({ ...options, proxyAdminOwner: address("7") })).hash).not.toBe(genesis.hash);
    expect((await createL2Genesis({ ...options, chainId: 902 })).hash).toBe(genesis.hash);
  });

  it("commits to the message passer's storage in the header", () => {
    const proof = kernel.proof(hexToBytes(PREDEPLOY_ADDRESSES.messagePasser), []);
    expect(bytesToHex(proof.storageRoot)).toBe(genesis.messagePasserStorageRoot);
    expect(bytesToHex(genesis.block.header.withdrawalsRoot!)).toBe(genesis.messagePasserStorageRoot);
  });

  it("has the EIP-1559 parameters in the extra data", async () => {
    expect(bytesToHex(genesis.block.header.extraData)).toBe("0x00000000fa00000006");
    const jovian = await createL2Genesis({ ...options, jovian: true });
    expect(bytesToHex(jovian.block.header.extraData)).toBe("0x01000000fa000000060000000000000000");
  });

  it.each(PREDEPLOYS.filter(({ name }) => !["weth", "multicall3", "proxyAdmin"].includes(name)))(
    "$name answers behind its proxy",
    ({ name }) => {
      expect(read(name, "version")).toMatch(/^\d+\.\d+\.\d+$/);
    },
  );

  it("knows its counterparts, its owner and where fees go", () => {
    expect(read("crossDomainMessenger", "otherMessenger")).toBe(options.l1.crossDomainMessenger);
    expect(read("standardBridge", "otherBridge")).toBe(options.l1.standardBridge);
    expect(read("erc721Bridge", "otherBridge")).toBe(options.l1.erc721Bridge);
    expect(read("mintableErc721Factory", "remoteChainID")).toBe(900n);
    expect(read("proxyAdmin", "owner")).toBe(options.proxyAdminOwner);
    expect(read("proxyAdmin", "getProxyAdmin", [PREDEPLOY_ADDRESSES.l1Block])).toMatch(/18$/);
    expect(read("operatorFeeVault", "recipient")).toBe(vault.recipient);
    expect(read("operatorFeeVault", "withdrawalNetwork")).toBe(0);
    expect(read("sequencerFeeVault", "withdrawalNetwork")).toBe(1);
    expect(read("weth", "symbol")).toBe("WETH");
    expect(read("multicall3", "getChainId")).toBe(901n);
    expect(read("crossDomainMessenger", "messageNonce")).toBe(1n << 240n);
  });

  it("leaves no initialiser to call, on proxies or implementations", () => {
    for (const { artifact, address, initialisable } of PREDEPLOYS.filter(({ initialisable }) => initialisable)) {
      expect(initialisable).toBe(true);
      const { inputs } = contractArtifact(artifact).abi.find(
        (item) => item.type === "function" && item.name === "initialize",
      ) as { inputs: readonly { type: string }[] };
      const args = inputs.map(({ type }) => (type === "uint256" ? 1n : zeroAddress));
      const implementation = `0xc0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3${address.slice(-4)}` as const;
      for (const to of [address, implementation]) {
        expect(attempt(artifact, to, "initialize", args).halt).toBe("revert");
      }
    }
  });

  it("keeps L1Block's fee parameters in the slots that execution clients read", () => {
    const at = (label: string) => {
      const { slot, offset, bytes } = contractArtifact("l2/L1Block").storageLayout.find((v) => v.label === label)!;
      return { slot, offset, bytes };
    };
    expect(at("number")).toEqual({ slot: 0, offset: 0, bytes: 8 });
    expect(at("timestamp")).toEqual({ slot: 0, offset: 8, bytes: 8 });
    expect(at("basefee")).toEqual({ slot: 1, offset: 0, bytes: 32 });
    expect(at("hash")).toEqual({ slot: 2, offset: 0, bytes: 32 });
    expect(at("sequenceNumber")).toEqual({ slot: 3, offset: 0, bytes: 8 });
    expect(at("blobBaseFeeScalar")).toEqual({ slot: 3, offset: 8, bytes: 4 });
    expect(at("baseFeeScalar")).toEqual({ slot: 3, offset: 12, bytes: 4 });
    expect(at("batcherHash")).toEqual({ slot: 4, offset: 0, bytes: 32 });
    expect(at("blobBaseFee")).toEqual({ slot: 7, offset: 0, bytes: 32 });
    expect(at("operatorFeeConstant")).toEqual({ slot: 8, offset: 0, bytes: 8 });
    expect(at("operatorFeeScalar")).toEqual({ slot: 8, offset: 8, bytes: 4 });
  });

  it("refuses an account that occurs twice", () => {
    const funded = [{ address: PREDEPLOY_ADDRESSES.weth, wei: 1n }];
    expect(() => l2Alloc({ ...options, funded })).toThrow(/twice/);
  });
});
