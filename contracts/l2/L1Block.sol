// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What L2 knows of the L1 block that it follows
/// @notice Written by the first transaction of every block. Execution clients read the fee parameters straight from
/// these slots: their order is part of the protocol.
contract L1Block {
    error NotDepositor();

    /// @notice Sender of the attributes transaction; no key can sign for it.
    address public constant DEPOSITOR_ACCOUNT = 0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001;
    string public constant version = "1.7.0";

    // Slot 0
    uint64 public number;
    uint64 public timestamp;
    // Slots 1 and 2
    uint256 public basefee;
    bytes32 public hash;
    // Slot 3
    /// @notice L2 blocks since the L1 origin changed.
    uint64 public sequenceNumber;
    uint32 public blobBaseFeeScalar;
    uint32 public baseFeeScalar;
    // Slot 4
    /// @notice The batcher's address, left-padded.
    bytes32 public batcherHash;
    // Slots 5 and 6: fee parameters before Ecotone, always zero here
    uint256 public l1FeeOverhead;
    uint256 public l1FeeScalar;
    // Slot 7
    uint256 public blobBaseFee;
    // Slot 8
    uint64 public operatorFeeConstant;
    uint32 public operatorFeeScalar;
    /// @notice Jovian: gas per byte of compressed data that a block's footprint counts.
    uint16 public daFootprintGasScalar;

    /// @notice Arguments are packed behind the selector, 176 bytes in all.
    function setL1BlockValuesIsthmus() external onlyDepositor {
        setCommonValues();
    }

    /// @notice As Isthmus, with the footprint scalar behind, 178 bytes in all.
    function setL1BlockValuesJovian() external onlyDepositor {
        setCommonValues();
        daFootprintGasScalar = uint16(bytes2(msg.data[176:178]));
    }

    function gasPayingToken() external pure returns (address, uint8) {
        return (0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE, 18);
    }

    function gasPayingTokenName() external pure returns (string memory) {
        return "Ether";
    }

    function gasPayingTokenSymbol() external pure returns (string memory) {
        return "ETH";
    }

    function isCustomGasToken() external pure returns (bool) {
        return false;
    }

    function setCommonValues() private {
        bytes calldata data = msg.data;
        baseFeeScalar = uint32(bytes4(data[4:8]));
        blobBaseFeeScalar = uint32(bytes4(data[8:12]));
        sequenceNumber = uint64(bytes8(data[12:20]));
        timestamp = uint64(bytes8(data[20:28]));
        number = uint64(bytes8(data[28:36]));
        basefee = uint256(bytes32(data[36:68]));
        blobBaseFee = uint256(bytes32(data[68:100]));
        hash = bytes32(data[100:132]);
        batcherHash = bytes32(data[132:164]);
        operatorFeeScalar = uint32(bytes4(data[164:168]));
        operatorFeeConstant = uint64(bytes8(data[168:176]));
    }

    modifier onlyDepositor() {
        if (msg.sender != DEPOSITOR_ACCOUNT) revert NotDepositor();
        _;
    }
}
