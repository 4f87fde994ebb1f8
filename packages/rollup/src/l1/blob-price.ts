/** From a timestamp on, how fast the price of blobs follows their use (EIP-4844, EIP-7840, EIP-7892). */
export interface BlobFraction {
  readonly timestamp: bigint;
  readonly baseFeeUpdateFraction: bigint;
}

const PRAGUE_FRACTION = 5_007_716n;
const PRAGUE: readonly BlobFraction[] = [{ timestamp: 0n, baseFeeUpdateFraction: PRAGUE_FRACTION }];

/** Blob schedules of public L1s by chain id; L1s that are not listed stay at Prague's, which Osaka leaves alone. */
const SCHEDULES: Readonly<Record<string, readonly BlobFraction[]>> = {
  1: [
    { timestamp: 0n, baseFeeUpdateFraction: 3_338_477n },
    { timestamp: 1_746_612_311n, baseFeeUpdateFraction: PRAGUE_FRACTION },
    { timestamp: 1_765_290_071n, baseFeeUpdateFraction: 8_346_193n },
    { timestamp: 1_767_747_671n, baseFeeUpdateFraction: 11_684_671n },
  ],
};

export const blobSchedule = (l1ChainId: bigint): readonly BlobFraction[] => SCHEDULES[l1ChainId.toString()] ?? PRAGUE;

/** Wei per blob gas: EIP-4844's e^(excess / fraction) in integers. */
export const blobBaseFee = (excess: bigint, timestamp: bigint, schedule: readonly BlobFraction[]): bigint => {
  const fraction = schedule.findLast((entry) => entry.timestamp <= timestamp)?.baseFeeUpdateFraction ?? PRAGUE_FRACTION;
  let sum = 0n;
  for (let term = fraction, i = 1n; term > 0n; i++) {
    sum += term;
    term = (term * excess) / (fraction * i);
  }
  return sum / fraction;
};
