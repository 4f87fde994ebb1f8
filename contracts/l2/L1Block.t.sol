// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "../testing/Test.sol";
import {L1Block} from "./L1Block.sol";

contract L1BlockTest is Test {
    L1Block internal block1;

    struct Values {
        uint32 baseFeeScalar;
        uint32 blobBaseFeeScalar;
        uint64 sequenceNumber;
        uint64 timestamp;
        uint64 number;
        uint256 basefee;
        uint256 blobBaseFee;
        bytes32 hash;
        bytes32 batcherHash;
        uint32 operatorFeeScalar;
        uint64 operatorFeeConstant;
    }

    function setUp() public {
        block1 = new L1Block();
    }

    function packed(bytes4 selector, Values memory v) internal pure returns (bytes memory) {
        bytes memory first = abi.encodePacked(
            selector, v.baseFeeScalar, v.blobBaseFeeScalar, v.sequenceNumber, v.timestamp, v.number, v.basefee
        );
        return abi.encodePacked(
            first, v.blobBaseFee, v.hash, v.batcherHash, v.operatorFeeScalar, v.operatorFeeConstant
        );
    }

    function testFuzz_readsTheAttributes(Values memory v, uint16 footprint) public {
        bytes memory data = packed(0x098999be, v);
        equal(data.length, 176);
        send(data);
        check(v);
        equal(block1.daFootprintGasScalar(), 0);
        send(abi.encodePacked(packed(0x3db6be2b, v), footprint));
        check(v);
        equal(block1.daFootprintGasScalar(), footprint);
    }

    /// @dev Execution clients read these words, by number.
    function testFuzz_keepsFeesWhereClientsLook(Values memory v) public {
        send(packed(0x098999be, v));
        equal(uint256(word(1)), v.basefee);
        equal(uint256(word(7)), v.blobBaseFee);
        equal(
            uint256(word(3)),
            (uint256(v.baseFeeScalar) << 96) | (uint256(v.blobBaseFeeScalar) << 64) | v.sequenceNumber
        );
        equal(uint256(word(8)), (uint256(v.operatorFeeScalar) << 64) | v.operatorFeeConstant);
    }

    function testFuzz_listensToTheDepositorAlone(address stranger, Values memory v) public {
        vm.assume(stranger != block1.DEPOSITOR_ACCOUNT());
        vm.prank(stranger);
        (bool success, bytes memory reason) = address(block1).call(packed(0x098999be, v));
        isTrue(!success, "accepted");
        equal(bytes32(reason), bytes32(L1Block.NotDepositor.selector));
    }

    function send(bytes memory data) internal {
        vm.prank(block1.DEPOSITOR_ACCOUNT());
        (bool success,) = address(block1).call(data);
        isTrue(success, "refused");
    }

    function word(uint256 slot) internal view returns (bytes32) {
        return vm.load(address(block1), bytes32(slot));
    }

    function check(Values memory v) internal view {
        equal(block1.number(), v.number);
        equal(block1.timestamp(), v.timestamp);
        equal(block1.basefee(), v.basefee);
        equal(block1.hash(), v.hash);
        equal(block1.sequenceNumber(), v.sequenceNumber);
        equal(block1.batcherHash(), v.batcherHash);
        equal(block1.blobBaseFee(), v.blobBaseFee);
        equal(block1.baseFeeScalar(), v.baseFeeScalar);
        equal(block1.blobBaseFeeScalar(), v.blobBaseFeeScalar);
        equal(block1.operatorFeeScalar(), v.operatorFeeScalar);
        equal(block1.operatorFeeConstant(), v.operatorFeeConstant);
    }
}
