// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {ExternalAccount} from "../messaging/ExternalAccount.sol";

/// @title One half of a pair of contracts, one per layer, that speak through the messengers
abstract contract CrossDomainBridge is Initializable {
    error OnlyOtherBridge();
    error OnlyExternalAccount();
    error BridgePaused();

    CrossDomainMessenger public messenger;
    address public otherBridge;
    uint256[48] private gap;

    function paused() public view virtual returns (bool) {
        return false;
    }

    function initialisePair(CrossDomainMessenger messenger_, address otherBridge_) internal onlyInitializing {
        messenger = messenger_;
        otherBridge = otherBridge_;
    }

    modifier onlyOtherBridge() {
        if (msg.sender != address(messenger) || messenger.xDomainMessageSender() != otherBridge) {
            revert OnlyOtherBridge();
        }
        if (paused()) revert BridgePaused();
        _;
    }

    /// @dev Without a recipient the assets go to the caller's own address on the other layer, which a contract may not own.
    modifier onlyExternalAccount() {
        if (!ExternalAccount.isCaller()) revert OnlyExternalAccount();
        _;
    }
}
