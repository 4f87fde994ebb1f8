/** First byte of a deposit: a transaction that L1 orders. */
export const DEPOSIT_TYPE = 0x7e;
