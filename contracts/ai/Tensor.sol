// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Address of the tensor precompile on every Hyperion chain that has models.
address constant TENSOR = 0x000000000000000000000000000000000000099a;

/// @title Tensor operations of the chain (docs/spec/tensor.md)
/// @notice Tensors are bytes: elements one after another, row by row, big-endian; int8, int16 or int32. Results are exact or
/// saturate, and the same on every node. Gas is per multiply-accumulate or element: see `gas` in the specification.
library Tensor {
    /// @notice Sizes, lengths or ranges do not fit together.
    error InvalidTensor();

    uint8 internal constant INT8 = 1;
    uint8 internal constant INT16 = 2;

    /// @notice Rows of `a` [m][k] times rows of `b` [n][k]: int32 [m][n]. `b` holds a dense layer's weights, one row per output.
    function matmul(uint8 sizeA, uint8 sizeB, uint32 m, uint32 k, uint32 n, bytes memory a, bytes memory b)
        internal
        view
        returns (bytes memory)
    {
        return run(abi.encodePacked(uint8(1), sizeA, sizeB, m, k, n, a, b));
    }

    /// @dev `channels` of the input [height][width][channels], `count` filters [count][kernelHeight][kernelWidth][channels].
    struct Convolution {
        uint32 height;
        uint32 width;
        uint32 channels;
        uint32 count;
        uint32 kernelHeight;
        uint32 kernelWidth;
        uint32 stride;
        uint32 padding;
    }

    /// @notice Slides filters over an image: int32 [outHeight][outWidth][count]; `padding` zeros stand around the image.
    function conv2d(uint8 sizeA, uint8 sizeB, Convolution memory shape, bytes memory image, bytes memory filters)
        internal
        view
        returns (bytes memory)
    {
        bytes memory dims = abi.encodePacked(shape.height, shape.width, shape.channels, shape.count);
        bytes memory window = abi.encodePacked(shape.kernelHeight, shape.kernelWidth, shape.stride, shape.padding);
        return run(abi.encodePacked(uint8(2), sizeA, sizeB, dims, window, image, filters));
    }

    /// @notice The largest element per window and channel of [height][width][channels].
    function maxPool(uint8 size, uint32 height, uint32 width, uint32 channels, uint32 window, uint32 stride, bytes memory x)
        internal
        view
        returns (bytes memory)
    {
        return run(abi.encodePacked(uint8(3), size, height, width, channels, window, stride, x));
    }

    /// @notice int32 sums; a shorter `b` repeats.
    function add(bytes memory a, bytes memory b) internal view returns (bytes memory) {
        return run(abi.encodePacked(uint8(4), words(a), words(b), a, b));
    }

    /// @notice int32 products times 2^-shift, rounded; a shorter `b` repeats.
    function mul(uint8 shift, bytes memory a, bytes memory b) internal view returns (bytes memory) {
        return run(abi.encodePacked(uint8(5), shift, words(a), words(b), a, b));
    }

    /// @notice int32 to `size` bytes: x times multiplier times 2^-shift, rounded, within low and high. ReLU is low 0.
    function requantise(uint8 size, int32 low, int32 high, uint8 shift, bytes memory x, bytes memory multipliers)
        internal
        view
        returns (bytes memory)
    {
        return run(abi.encodePacked(uint8(6), size, low, high, shift, words(x), words(multipliers), x, multipliers));
    }

    /// @notice int8 through a table of 256 elements of `size` bytes, the first for -128: any activation.
    function lookup(uint8 size, bytes memory x, bytes memory table) internal view returns (bytes memory) {
        return run(abi.encodePacked(uint8(7), size, uint32(x.length), x, table));
    }

    /// @notice int32 within low and high.
    function clamp(int32 low, int32 high, bytes memory x) internal view returns (bytes memory) {
        return run(abi.encodePacked(uint8(8), low, high, x));
    }

    /// @notice int8 or int16 to int32.
    function widen(uint8 size, bytes memory x) internal view returns (bytes memory) {
        return run(abi.encodePacked(uint8(9), size, x));
    }

    /// @notice Probabilities in units of 1/65536 of int32 logits in units of 1/65536.
    function softmax(bytes memory x) internal view returns (bytes memory) {
        return run(abi.encodePacked(uint8(10), x));
    }

    /// @notice Index of the largest int32, the first among equals.
    function argmax(bytes memory x) internal view returns (uint256) {
        return uint32(bytes4(run(abi.encodePacked(uint8(11), x))));
    }

    /// @notice Indices and values of the k largest int32.
    function topK(uint8 k, bytes memory x) internal view returns (uint32[] memory indices, int32[] memory values) {
        bytes memory pairs = run(abi.encodePacked(uint8(12), k, x));
        indices = new uint32[](k);
        values = new int32[](k);
        for (uint256 i = 0; i < k; i++) {
            indices[i] = uint32(element(pairs, 2 * i));
            values[i] = element(pairs, 2 * i + 1);
        }
    }

    /// @notice Dot product of two vectors of int8 or int16.
    function dot(uint8 size, bytes memory a, bytes memory b) internal view returns (int64) {
        return int64(uint64(bytes8(run(abi.encodePacked(uint8(13), size, uint32(a.length / size), a, b)))));
    }

    /// @notice Cosine of the angle between two vectors of int8 or int16, in units of 1/65536.
    function cosine(uint8 size, bytes memory a, bytes memory b) internal view returns (int32) {
        return element(run(abi.encodePacked(uint8(14), size, uint32(a.length / size), a, b)), 0);
    }

    /// @notice Element i of an int32 tensor.
    function element(bytes memory x, uint256 i) internal pure returns (int32 value) {
        require(4 * i + 4 <= x.length);
        assembly ("memory-safe") {
            value := sar(224, mload(add(add(x, 32), mul(i, 4))))
        }
    }

    function words(bytes memory x) private pure returns (uint32) {
        if (x.length % 4 != 0) revert InvalidTensor();
        return uint32(x.length / 4);
    }

    /// @notice One call of the precompile.
    function run(bytes memory input) internal view returns (bytes memory) {
        (bool ok, bytes memory output) = TENSOR.staticcall(input);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(output, 32), mload(output))
            }
        }
        return output;
    }
}
