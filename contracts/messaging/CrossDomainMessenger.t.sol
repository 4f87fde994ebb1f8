// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BothLayers} from "../testing/BothLayers.sol";
import {AddressAlias} from "./AddressAlias.sol";
import {CrossDomainMessenger} from "./CrossDomainMessenger.sol";

/// @dev Notes who called it with how much gas; can be told to fail.
contract Target {
    error Closed();

    CrossDomainMessenger private immutable messenger;
    bool public closed;
    uint256 public calls;
    uint256 public gasSeen;
    address public sender;

    constructor(CrossDomainMessenger messenger_) {
        messenger = messenger_;
    }

    function setClosed(bool closed_) external {
        closed = closed_;
    }

    function hit(bytes calldata) external payable {
        uint256 gas = gasleft();
        if (closed) revert Closed();
        ++calls;
        gasSeen = gas;
        sender = messenger.xDomainMessageSender();
    }
}

contract CrossDomainMessengerTest is BothLayers {
    Target internal onL2;
    Target internal onL1;

    function setUp() public override {
        super.setUp();
        onL2 = new Target(l2Messenger);
        onL1 = new Target(l1Messenger);
    }

    function sendDown(address target, bytes memory message, uint32 minGas, uint256 value) internal {
        vm.prank(ALICE, ALICE);
        l1Messenger.sendMessage{value: value}(target, message, minGas);
    }

    function test_carriesMessagesDown() public {
        sendDown(address(onL2), abi.encodeCall(Target.hit, ("")), 200_000, 3 ether);
        equal(carryOver(), 1);
        equal(onL2.calls(), 1);
        equal(onL2.sender(), ALICE);
        equal(address(onL2).balance, 3 ether);
        equal(address(portal).balance, 3 ether);
    }

    function test_carriesMessagesUp() public {
        vm.deal(address(portal), 2 ether);
        vm.prank(ALICE, ALICE);
        l2Messenger.sendMessage{value: 2 ether}(address(onL1), abi.encodeCall(Target.hit, ("")), 200_000);
        equal(address(passer).balance, 2 ether);
        equal(carryOver(), 1);
        equal(onL1.calls(), 1);
        equal(onL1.sender(), ALICE);
        equal(address(onL1).balance, 2 ether);
    }

    function testFuzz_theTargetGetsTheGasThatWasAskedFor(uint32 minGas, uint16 length) public {
        minGas = uint32(bound(minGas, 100_000, 5_000_000));
        bytes memory padding = new bytes(bound(length, 0, 4_000));
        for (uint256 i = 0; i < padding.length; ++i) {
            padding[i] = 0xff;
        }
        sendDown(address(onL2), abi.encodeCall(Target.hit, (padding)), minGas, 0);
        equal(carryOver(), 1);
        equal(onL2.calls(), 1);
        // What the target spends on decoding its own call before it looks.
        isTrue(onL2.gasSeen() + 2_000 >= minGas, "too little gas");
    }

    function test_aFailedMessageKeepsItsValueAndCanBeReplayed() public {
        onL2.setClosed(true);
        bytes memory message = abi.encodeCall(Target.hit, (""));
        uint256 nonce = l1Messenger.messageNonce();
        sendDown(address(onL2), message, 200_000, 1 ether);
        carryOver();
        bytes32 messageHash = hashOf(nonce, ALICE, address(onL2), 1 ether, 200_000, message);
        isTrue(l2Messenger.failedMessages(messageHash), "failed");
        equal(address(l2Messenger).balance, 1 ether);

        l2Messenger.relayMessage(nonce, ALICE, address(onL2), 1 ether, 200_000, message);
        isTrue(!l2Messenger.successfulMessages(messageHash), "still failing");
        onL2.setClosed(false);
        vm.expectRevert(CrossDomainMessenger.ValueOnReplay.selector);
        l2Messenger.relayMessage{value: 1}(nonce, ALICE, address(onL2), 1 ether, 200_000, message);
        l2Messenger.relayMessage(nonce, ALICE, address(onL2), 1 ether, 200_000, message);
        equal(onL2.calls(), 1);
        equal(address(onL2).balance, 1 ether);
        vm.expectRevert(CrossDomainMessenger.MessageAlreadyRelayed.selector);
        l2Messenger.relayMessage(nonce, ALICE, address(onL2), 1 ether, 200_000, message);
    }

    function testFuzz_nobodyCanInventMessages(address sender, uint256 nonce, uint128 value) public {
        nonce = (uint256(1) << 240) | uint240(nonce);
        vm.expectRevert(CrossDomainMessenger.MessageNotFailed.selector);
        l2Messenger.relayMessage(nonce, sender, address(onL2), value, 0, "");
        vm.expectRevert(CrossDomainMessenger.MessageNotFailed.selector);
        l1Messenger.relayMessage(nonce, sender, address(onL1), value, 0, "");
        // The L1 messenger's own address is nobody on L2: only its alias is.
        vm.prank(address(l1Messenger));
        vm.expectRevert(CrossDomainMessenger.MessageNotFailed.selector);
        l2Messenger.relayMessage(nonce, sender, address(onL2), 0, 0, "");
        // The portal calls, but for another sender than the L2 messenger.
        vm.prank(address(portal));
        vm.expectRevert(CrossDomainMessenger.MessageNotFailed.selector);
        l1Messenger.relayMessage(nonce, sender, address(onL1), 0, 0, "");
    }

    function test_neverCallsWhatTrustsIt() public {
        address other = AddressAlias.applied(address(l1Messenger));
        uint256 nonce = uint256(1) << 240;
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(other);
            vm.expectRevert(CrossDomainMessenger.BlockedTarget.selector);
            l2Messenger.relayMessage(nonce, ALICE, i == 0 ? address(l2Messenger) : address(passer), 0, 0, "");
        }
    }

    function test_refusesUnknownVersions() public {
        vm.expectRevert(abi.encodeWithSelector(CrossDomainMessenger.UnsupportedMessageVersion.selector, uint16(0)));
        l2Messenger.relayMessage(1, ALICE, address(onL2), 0, 0, "");
        vm.expectRevert(abi.encodeWithSelector(CrossDomainMessenger.UnsupportedMessageVersion.selector, uint16(2)));
        l2Messenger.relayMessage(uint256(2) << 240, ALICE, address(onL2), 0, 0, "");
    }

    function test_hasNoSenderBetweenMessages() public {
        vm.expectRevert(CrossDomainMessenger.NoMessageInFlight.selector);
        l2Messenger.xDomainMessageSender();
    }

    function test_relaysNothingOnL1WhilePaused() public {
        vm.prank(GUARDIAN);
        config.pause();
        vm.expectRevert(CrossDomainMessenger.RelayPaused.selector);
        l1Messenger.relayMessage(uint256(1) << 240, ALICE, address(onL1), 0, 0, "");
    }

    function hashOf(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 minGas,
        bytes memory message
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encodeWithSignature(
                "relayMessage(uint256,address,address,uint256,uint256,bytes)",
                nonce,
                sender,
                target,
                value,
                minGas,
                message
            )
        );
    }
}
