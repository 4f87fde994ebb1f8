/** What reading a blob came to (docs/spec/model.md). */
export const STATUS_OK: u32 = 0;
/** Shorter than a header, wrong magic or version, unknown architecture, flag or tokenizer. */
export const STATUS_FORMAT: u32 = 1;
/** A dimension is zero, over its limit, or not the multiple that the kernels need. */
export const STATUS_SHAPE: u32 = 2;
/** The length is not the one that the header implies, or padding is not zero. */
export const STATUS_LENGTH: u32 = 3;
/** A token id, a piece, or the order of pieces or merges is wrong. */
export const STATUS_TOKENIZER: u32 = 4;
/** A numeric table or exponent is out of range. */
export const STATUS_RANGE: u32 = 5;
