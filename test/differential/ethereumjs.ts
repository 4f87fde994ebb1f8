import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import type { EVM } from "@ethereumjs/evm";
import { createEVM } from "@ethereumjs/evm";
import { MerkleStateManager } from "@ethereumjs/statemanager";
import { Account, Address, bigIntToBytes, bytesToHex, hexToBytes, setLengthLeft } from "@ethereumjs/util";
import { testBlockHash } from "../conformance/environment.ts";
import { FUZZ_BLOCK } from "./block.ts";
import type { Outcome } from "./outcome.ts";
import { executionGas, floorGas, intrinsicGas } from "./outcome.ts";
import type { FuzzedFork, Scenario } from "./scenario.ts";
import { hasRulesOf, SENDER } from "./scenario.ts";

const HARDFORKS: Readonly<Record<FuzzedFork, Hardfork>> = {
  Byzantium: Hardfork.Byzantium,
  Istanbul: Hardfork.Istanbul,
  Berlin: Hardfork.Berlin,
  London: Hardfork.London,
  Shanghai: Hardfork.Shanghai,
  Cancun: Hardfork.Cancun,
  Prague: Hardfork.Prague,
  Osaka: Hardfork.Osaka,
};
/** Addresses 1 to 9, with KZG 10, with BLS12-381 17, and P256VERIFY apart from them. */
function precompileAddresses(fork: FuzzedFork): Uint8Array[] {
  const last = hasRulesOf(fork, "Prague") ? 17 : hasRulesOf(fork, "Cancun") ? 10 : 9;
  const numbers = Array.from({ length: last }, (_, index) => BigInt(index + 1));
  if (hasRulesOf(fork, "Osaka")) numbers.push(0x100n);
  return numbers.map((number) => setLengthLeft(bigIntToBytes(number), 20));
}

const blockchain = {
  getBlock: async (number: number) => ({ hash: () => testBlockHash(BigInt(number)) }),
  putBlock: async () => {},
  shallowCopy() {
    return this;
  },
};

/** Runs the scenario as a transaction would: warm addresses, refund, destroyed and empty accounts. */
export async function runOnEthereumjs(scenario: Scenario): Promise<Outcome> {
  const common = new Common({ chain: Mainnet, hardfork: HARDFORKS[scenario.fork] });
  const stateManager = new MerkleStateManager({ common });
  const evm = await createEVM({ common, stateManager, blockchain });
  await loadState(stateManager, scenario);
  warm(evm, scenario);
  const block = { header: { ...FUZZ_BLOCK, coinbase: new Address(FUZZ_BLOCK.coinbase), getBlobGasPrice: () => 1n } };
  const { execResult } = await evm.runCall({
    caller: new Address(SENDER),
    to: new Address(scenario.accounts[0]!.address),
    data: scenario.data,
    value: scenario.value,
    gasLimit: executionGas(scenario),
    block,
  });
  await finishTransaction(evm, execResult);
  return {
    success: execResult.exceptionError === undefined,
    output: bytesToHex(execResult.returnValue),
    gasUsed: charged(scenario, execResult.executionGasUsed, execResult.gasRefund ?? 0n),
    logs: (execResult.logs ?? []).map(([address, topics, data]) =>
      [bytesToHex(address), ...topics.map((topic) => bytesToHex(topic)), bytesToHex(data)].join(" "),
    ),
    stateRoot: bytesToHex(await stateManager.getStateRoot()),
  };
}

async function loadState(stateManager: MerkleStateManager, scenario: Scenario): Promise<void> {
  await stateManager.putAccount(new Address(SENDER), new Account(0n, 10n ** 18n));
  for (const { address, balance, nonce, code, storage } of scenario.accounts) {
    const at = new Address(address);
    await stateManager.putAccount(at, new Account(nonce, balance));
    await stateManager.putCode(at, code);
    for (const [slot, value] of storage) {
      if (value !== 0n)
        await stateManager.putStorage(at, setLengthLeft(bigIntToBytes(BigInt(slot)), 32), bigIntToBytes(value));
    }
  }
  await stateManager.flush();
}

function warm(evm: EVM, scenario: Scenario): void {
  const warmCoinbase = hasRulesOf(scenario.fork, "Shanghai");
  const accounts = [SENDER, scenario.accounts[0]!.address, ...(warmCoinbase ? [FUZZ_BLOCK.coinbase] : [])];
  for (const address of [...precompileAddresses(scenario.fork), ...accounts]) {
    evm.journal.addAlwaysWarmAddress(Buffer.from(address).toString("hex"));
  }
}

type ExecResult = Awaited<ReturnType<EVM["runCall"]>>["execResult"];

async function finishTransaction(evm: EVM, execResult: ExecResult): Promise<void> {
  for (const address of execResult.selfdestruct?.keys() ?? []) {
    const kept = evm.common.isActivatedEIP(6780) && !execResult.createdAddresses?.has(address);
    if (!kept) await evm.journal.deleteAccount(new Address(hexToBytes(address)));
  }
  await evm.journal.cleanup();
}

function charged(scenario: Scenario, spent: bigint, refund: bigint): bigint {
  const used = intrinsicGas(scenario) + spent;
  const quotient = hasRulesOf(scenario.fork, "London") ? 5n : 2n;
  const refunded = refund < used / quotient ? refund : used / quotient;
  const after = used - refunded;
  return after > floorGas(scenario) ? after : floorGas(scenario);
}
