// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AddressAlias} from "../messaging/AddressAlias.sol";
import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {Predeploys} from "../messaging/Predeploys.sol";
import {L2ToL1MessagePasser} from "./L2ToL1MessagePasser.sol";

/// @title Messenger of L2: sends by withdrawal, receives deposits of the L1 messenger
contract L2CrossDomainMessenger is CrossDomainMessenger {
    string public constant version = "2.2.0";

    constructor() {
        _disableInitializers();
    }

    function initialize(CrossDomainMessenger l1Messenger_) external initializer {
        initialiseMessenger(l1Messenger_);
    }

    function l1CrossDomainMessenger() external view returns (CrossDomainMessenger) {
        return otherMessenger;
    }

    function sendToOther(uint64 gasLimit, uint256 value, bytes memory data) internal override {
        L2ToL1MessagePasser(payable(Predeploys.L2_TO_L1_MESSAGE_PASSER)).initiateWithdrawal{value: value}(
            address(otherMessenger), gasLimit, data
        );
    }

    function isFromOther() internal view override returns (bool) {
        return AddressAlias.undone(msg.sender) == address(otherMessenger);
    }

    function isBlockedTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == Predeploys.L2_TO_L1_MESSAGE_PASSER;
    }
}
