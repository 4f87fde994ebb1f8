/** Addresses of an image (docs/spec/rv64-image.md, "Memory"). */
export const STACK_TOP = 0x0010_0000;
export const DATA_BASE = 0x0010_0000;
export const DATA_LIMIT = 0x0020_0000;
export const TEXT_BASE = 0x0020_0000;
export const TEXT_LIMIT = 0x0100_0000;
/** Where address 0 of the module's memory is. */
export const MEMORY_BASE = 0x0100_0000;

/** What an offset of 12 bits reaches around the register GP, in the middle. */
export const WINDOW = 4096;

export const PAGE = 65_536;
/** 2 GiB less a page: an address with bit 31 set is always out of bounds, so that it may be sign-extended. */
export const MAXIMUM_PAGES = 32_767;
/** MEMORY_LIMIT is this much less than the memory's size. */
export const GUARD = 2048;
