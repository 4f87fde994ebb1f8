/** `classifyImage` of IInference.sol: which class a network of the registry, or the engine's own, sees in an image. */
import { OUT_OF_GAS, SUCCESS } from "../evm/status";
import {
  INVALID_CALLDATA,
  INVALID_IMAGE,
  STRING,
  STRING_LENGTH,
  encodeError,
  encodeError2,
  loadString,
  output,
  storeSigned,
  storeWord,
} from "./abi";
import { pay, refuse, reserveGas, revert, succeed } from "./call";
import { chooseNetwork, payRegistry, refuseUnknown } from "./choice";
import { calldataGas } from "./gas";
import { Network, imageBytes, runNetwork } from "./network";

/** classifyImage(bytes32 model, bytes image) */
export function classifyImage(args: usize, length: u32): u32 {
  if (length < 64 || !loadString(args, length, 32)) return refuse(encodeError(INVALID_CALLDATA));
  if (!payRegistry(args)) return OUT_OF_GAS;
  const network = chooseNetwork(args);
  if (changetype<usize>(network) == 0) return refuseUnknown(args);
  if (!pay(calldataGas(length))) return OUT_OF_GAS;
  const expected = imageBytes(network);
  if (STRING_LENGTH != expected) return revert(encodeError2(INVALID_IMAGE, STRING_LENGTH, expected));
  const status = reserveGas(network.gas);
  if (status != SUCCESS) return status;
  pay(network.gas);
  runNetwork(network, STRING);
  return succeed(encodeScores(network));
}

/** abi.encode(uint256 best, int256[] scores); returns its length. */
function encodeScores(network: Network): u32 {
  let best: u32 = 0;
  for (let i: u32 = 0; i < network.classes; i++) {
    const score = load<i32>(network.scores + (<usize>i << 2));
    if (score > load<i32>(network.scores + (<usize>best << 2))) best = i;
    storeSigned(output() + 96 + <usize>i * 32, score);
  }
  storeWord(output(), best);
  storeWord(output() + 32, 64);
  storeWord(output() + 64, network.classes);
  return 96 + network.classes * 32;
}
