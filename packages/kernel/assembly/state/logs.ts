/** Log record: address 20 bytes padded to 24 @0, topic count u32 @24, data length u32 @28, topics n × 32 big-endian @32, then data. */
export function appendLog(address: usize, topics: usize, n: u32, data: usize, len: u32): void { unreachable(); }
export function logCount(): u32 { unreachable(); }
export function logAt(i: u32): usize { unreachable(); }
