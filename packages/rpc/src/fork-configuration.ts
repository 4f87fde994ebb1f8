import { activeFork } from "@hyperion/chain";
import type { RpcContext } from "./context.ts";
import { blobParametersAt, configurationTimes, forkHash, isAtLeast } from "./fork-schedule.ts";
import { type Json, optional } from "./format/json.ts";
import { data, quantity } from "./hex.ts";
import { activePrecompiles } from "./precompiles.ts";

/** Mainnet's deposit contract, used by chains that name none (EIP-6110). */
const MAINNET_DEPOSIT_CONTRACT = "0x00000000219ab540356cbb839cbe05303d7705fa";

const CANCUN_CONTRACTS = { BEACON_ROOTS_ADDRESS: "0x000f3df6d732807ef1319fb7b8bb8522d0beac02" } as const;

const PRAGUE_CONTRACTS = {
  CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS: "0x0000bbddc7ce488642fb579f8b00f3a590007251",
  HISTORY_STORAGE_ADDRESS: "0x0000f90827f1c53a10cb7a02335b175320002935",
  WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS: "0x00000961ef480eb55e80d19ad83579a64c007002",
} as const;

/** The configuration that is in force from `time` on, as EIP-7910 describes it. */
const configurationAt = ({ chain, extraForkBlocks }: RpcContext, time: bigint, at: bigint): Json => {
  const { config } = chain;
  const fork = activeFork(config, chain.head().header.number, at);
  const blobs = blobParametersAt(config, at);
  const deposit = config.depositContract ? data(config.depositContract) : MAINNET_DEPOSIT_CONTRACT;
  const precompiles = activePrecompiles(fork, config.inference !== undefined);
  return {
    activationTime: Number(time),
    ...optional("blobSchedule", blobs, ({ target, max, baseFeeUpdateFraction }) => ({
      baseFeeUpdateFraction: Number(baseFeeUpdateFraction),
      max,
      target,
    })),
    chainId: quantity(config.chainId),
    forkId: forkHash(config, chain.genesis(), extraForkBlocks, at),
    precompiles: Object.fromEntries(precompiles.map(({ name, address }) => [name, data(address)])),
    systemContracts: {
      ...(isAtLeast(fork, "cancun") ? CANCUN_CONTRACTS : {}),
      ...(isAtLeast(fork, "prague") ? { ...PRAGUE_CONTRACTS, DEPOSIT_CONTRACT_ADDRESS: deposit } : {}),
    },
  };
};

/** eth_config (EIP-7910): the current, the next and the last known fork configuration. */
export const forkConfiguration = (context: RpcContext): Json => {
  const { chain } = context;
  const now = chain.head().header.timestamp;
  const { current, next, last } = configurationTimes(chain.config, chain.genesis().header.timestamp, now);
  return {
    current: configurationAt(context, current, now),
    next: next === undefined ? null : configurationAt(context, next, next),
    last: last === undefined ? null : configurationAt(context, last, last),
  };
};
