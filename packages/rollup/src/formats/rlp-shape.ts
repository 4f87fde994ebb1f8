import { RlpError, type RlpItem, rlpBytes, rlpList, rlpQuantity } from "@hyperion/chain";

/** What an RLP item has to be. @throws RlpError */
export type RlpShape = (bytes: Uint8Array, item: RlpItem) => void;

/** Minimal big-endian integer. */
export const quantityShape =
  (maxBytes: number = Number.POSITIVE_INFINITY): RlpShape =>
  (bytes, item) => {
    rlpQuantity(bytes, item);
    if (item.end - item.payload > maxBytes) throw new RlpError(`number exceeds ${maxBytes} bytes`);
  };

/** String of that length, or of any. */
export const stringShape =
  (length?: number): RlpShape =>
  (bytes, item) => {
    const found = rlpBytes(bytes, item).length;
    if (length !== undefined && found !== length) throw new RlpError(`${found} bytes in place of ${length}`);
  };

/** Any number of items alike. */
export const listShape =
  (shape: RlpShape): RlpShape =>
  (bytes, item) => {
    for (const part of rlpList(bytes, item.start, item.end)) shape(bytes, part);
  };

/** A list of exactly these items. */
export const tupleShape =
  (...shapes: readonly RlpShape[]): RlpShape =>
  (bytes, item) => {
    const parts = rlpList(bytes, item.start, item.end);
    if (parts.length !== shapes.length) throw new RlpError(`${parts.length} items in place of ${shapes.length}`);
    for (const [index, shape] of shapes.entries()) shape(bytes, parts[index]!);
  };
