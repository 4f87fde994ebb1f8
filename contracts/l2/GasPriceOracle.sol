// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Predeploys} from "../messaging/Predeploys.sol";
import {FastLz} from "./FastLz.sol";
import {L1Block} from "./L1Block.sol";

/// @title What a transaction pays besides gas: its data on L1 (Fjord) and the operator fee (Isthmus)
contract GasPriceOracle {
    error NotDepositor();
    error AlreadyActive();

    uint256 public constant DECIMALS = 6;
    string public constant version = "1.6.0";
    bool public constant isEcotone = true;
    bool public constant isFjord = true;
    bool public constant isIsthmus = true;

    /// @dev Linear regression of Brotli-compressed batches over FastLZ sizes, scaled by 10⁶.
    int256 private constant COST_INTERCEPT = -42_585_600;
    uint256 private constant COST_PER_BYTE = 836_500;
    uint256 private constant MIN_TRANSACTION_SIZE = 100;
    /// @dev Signature and its RLP prefixes, which unsigned data lacks.
    uint256 private constant SIGNATURE_BYTES = 68;
    uint256 private constant GAS_PER_BYTE = 16;
    uint256 private constant JOVIAN_OPERATOR_FACTOR = 100;

    L1Block private constant L1_BLOCK = L1Block(Predeploys.L1_BLOCK);

    bool public isJovian;

    /// @notice Called once by the upgrade transaction.
    function setJovian() external {
        if (msg.sender != L1_BLOCK.DEPOSITOR_ACCOUNT()) revert NotDepositor();
        if (isJovian) revert AlreadyActive();
        isJovian = true;
    }

    /// @param data An unsigned transaction in RLP.
    /// @return Its L1 fee in wei.
    function getL1Fee(bytes memory data) external view returns (uint256) {
        return feeOf(FastLz.compressedLength(data) + SIGNATURE_BYTES);
    }

    /// @notice The fee of an unsigned transaction of that many bytes which does not compress at all.
    function getL1FeeUpperBound(uint256 unsignedTxSize) external view returns (uint256) {
        uint256 size = unsignedTxSize + SIGNATURE_BYTES;
        return feeOf(size + size / 255 + 16);
    }

    /// @notice The estimated size on L1 in gas of calldata, for tools older than blobs.
    function getL1GasUsed(bytes memory data) external pure returns (uint256) {
        return estimatedSize(FastLz.compressedLength(data) + SIGNATURE_BYTES) * GAS_PER_BYTE / 10 ** DECIMALS;
    }

    function getOperatorFee(uint256 gasUsed) external view returns (uint256) {
        uint256 scalar = L1_BLOCK.operatorFeeScalar();
        uint256 share = isJovian
            ? Math.saturatingMul(gasUsed, scalar * JOVIAN_OPERATOR_FACTOR)
            : Math.saturatingMul(gasUsed, scalar) / 10 ** DECIMALS;
        return Math.saturatingAdd(share, L1_BLOCK.operatorFeeConstant());
    }

    function gasPrice() external view returns (uint256) {
        return block.basefee;
    }

    function baseFee() external view returns (uint256) {
        return block.basefee;
    }

    function l1BaseFee() external view returns (uint256) {
        return L1_BLOCK.basefee();
    }

    function blobBaseFee() external view returns (uint256) {
        return L1_BLOCK.blobBaseFee();
    }

    function baseFeeScalar() external view returns (uint32) {
        return L1_BLOCK.baseFeeScalar();
    }

    function blobBaseFeeScalar() external view returns (uint32) {
        return L1_BLOCK.blobBaseFeeScalar();
    }

    function decimals() external pure returns (uint256) {
        return DECIMALS;
    }

    function feeOf(uint256 compressedSize) private view returns (uint256) {
        uint256 price = GAS_PER_BYTE * L1_BLOCK.baseFeeScalar() * L1_BLOCK.basefee()
            + L1_BLOCK.blobBaseFeeScalar() * L1_BLOCK.blobBaseFee();
        return estimatedSize(compressedSize) * price / 10 ** (2 * DECIMALS);
    }

    /// @return Bytes on L1, scaled by 10⁶.
    function estimatedSize(uint256 compressedSize) private pure returns (uint256) {
        int256 estimate = COST_INTERCEPT + int256(COST_PER_BYTE * compressedSize);
        int256 least = int256(MIN_TRANSACTION_SIZE * 10 ** DECIMALS);
        return uint256(estimate < least ? least : estimate);
    }
}
