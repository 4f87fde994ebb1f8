/** Microseconds of a clock that all threads share, modulo 2^32. For reports on how a batch ran; no result depends on it. */
// @ts-ignore: decorator
@external("host", "clock")
export declare function hostClock(): u32;
