/** The precompile at 0x…099a: tensor operations for contracts (docs/spec/tensor.md; contracts/ai/Tensor.sol). */
import { OUT_OF_GAS } from "../evm/status";
import { INVALID, begin, finish, takeByte } from "./call";
import { add, clamp, lookUp, multiply, requantise, widen } from "./elements";
import { convolve, multiplyMatrices, poolLargest } from "./layers";
import { argMax, cosine, dotProduct, softmax, topK } from "./reductions";

/**
 * Runs the precompile on `length` bytes at `input` with `gas` ≥ 0; gas left and output through precompiles/result.ts.
 *
 * @returns SUCCESS, REVERT when the input is not as specified, or OUT_OF_GAS
 */
export function runTensor(input: usize, length: u32, gas: i64): u32 {
  return finish(begin(input, length, gas) ? perform(takeByte()) : OUT_OF_GAS);
}

function perform(operation: u32): u32 {
  switch (operation) {
    case 1: return multiplyMatrices();
    case 2: return convolve();
    case 3: return poolLargest();
    case 4: return add();
    case 5: return multiply();
    case 6: return requantise();
    case 7: return lookUp();
    case 8: return clamp();
    case 9: return widen();
    case 10: return softmax();
    case 11: return argMax();
    case 12: return topK();
    case 13: return dotProduct();
    case 14: return cosine();
    default: return INVALID;
  }
}
