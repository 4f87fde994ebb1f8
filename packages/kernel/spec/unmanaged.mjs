// Compiler hook: stops the build when anything allocates a managed object. Two instances over one memory would hand out
// the same address, and nothing would ever collect it.
import { Transform } from "assemblyscript/transform";

const ALLOCATOR = "~lib/rt/stub/__new";

export default class RejectManagedAllocation extends Transform {
  afterCompile(module) {
    if (module.getFunction(ALLOCATOR)) throw new Error("managed allocation in kernel code: only raw memory is allowed");
  }
}
