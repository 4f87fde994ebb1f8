// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Tensor} from "./Tensor.sol";

/// @title A perceptron in a contract: 16 features, 32 hidden units, 2 classes
/// @notice The weights were trained off chain (packages/inference, `npm run train-perceptron`) and lie in the code of a contract of
/// their own. `score` runs them with the chain's tensor operations, `scorePlain` in Solidity alone: same result, for comparison of gas.
contract RiskScore {
    uint32 public constant INPUTS = 16;
    uint32 public constant HIDDEN = 32;
    uint32 public constant CLASSES = 2;
    uint8 private constant SHIFT = 16;

    // Weights: int8 [32][16], int32 [32] bias, int32 multiplier, int8 [2][32], int32 [2] bias.
    uint256 private constant BIAS1 = 512;
    uint256 private constant MULTIPLIER = 640;
    uint256 private constant WEIGHTS2 = 644;
    uint256 private constant BIAS2 = 708;
    uint256 private constant LENGTH = 716;

    address private immutable _weights;

    error InvalidLength(uint256 length);

    constructor(bytes memory weights) {
        if (weights.length != LENGTH) revert InvalidLength(weights.length);
        // Creation code that returns what follows it; the first byte of the new code stops whoever calls it.
        bytes memory creation = abi.encodePacked(hex"61", uint16(LENGTH + 1), hex"80600a3d393df300", weights);
        address code;
        assembly ("memory-safe") {
            code := create(0, add(creation, 32), mload(creation))
        }
        _weights = code;
    }

    /// @param features int8 [16]
    /// @return risky whether the second class is the more likely one
    /// @return margin how much its output is larger
    function score(bytes calldata features) external view returns (bool risky, int256 margin) {
        bytes memory hidden = Tensor.matmul(
            Tensor.INT8, Tensor.INT8, 1, INPUTS, HIDDEN, _checked(features), _slice(0, BIAS1)
        );
        hidden = Tensor.add(hidden, _slice(BIAS1, MULTIPLIER));
        hidden = Tensor.requantise(Tensor.INT8, 0, 127, SHIFT, hidden, _slice(MULTIPLIER, WEIGHTS2));
        bytes memory out =
            Tensor.matmul(Tensor.INT8, Tensor.INT8, 1, HIDDEN, CLASSES, hidden, _slice(WEIGHTS2, BIAS2));
        out = Tensor.add(out, _slice(BIAS2, LENGTH));
        margin = int256(Tensor.element(out, 1)) - Tensor.element(out, 0);
        risky = margin > 0;
    }

    function scorePlain(bytes calldata features) external view returns (bool risky, int256 margin) {
        bytes memory x = _checked(features);
        bytes memory w = _slice(0, LENGTH);
        int256[CLASSES] memory out;
        for (uint256 j = 0; j < CLASSES; j++) out[j] = _word(w, BIAS2 + 4 * j);
        int256 multiplier = _word(w, MULTIPLIER);
        unchecked {
            for (uint256 i = 0; i < HIDDEN; i++) {
                int256 sum = _word(w, BIAS1 + 4 * i);
                for (uint256 k = 0; k < INPUTS; k++) sum += _byte(w, i * INPUTS + k) * _byte(x, k);
                int256 value = (sum * multiplier + int256(1 << (SHIFT - 1))) >> SHIFT;
                if (value <= 0) continue;
                if (value > 127) value = 127;
                for (uint256 j = 0; j < CLASSES; j++) out[j] += value * _byte(w, WEIGHTS2 + j * HIDDEN + i);
            }
        }
        margin = out[1] - out[0];
        risky = margin > 0;
    }

    function _checked(bytes calldata features) private pure returns (bytes memory) {
        if (features.length != INPUTS) revert InvalidLength(features.length);
        return features;
    }

    /// @dev Bytes of the weights; behind the byte that stops callers.
    function _slice(uint256 from, uint256 to) private view returns (bytes memory part) {
        part = new bytes(to - from);
        address code = _weights;
        assembly ("memory-safe") {
            extcodecopy(code, add(part, 32), add(from, 1), sub(to, from))
        }
    }

    function _byte(bytes memory data, uint256 i) private pure returns (int256 value) {
        assembly ("memory-safe") {
            value := signextend(0, shr(248, mload(add(add(data, 32), i))))
        }
    }

    function _word(bytes memory data, uint256 i) private pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(224, mload(add(add(data, 32), i)))
        }
    }
}
