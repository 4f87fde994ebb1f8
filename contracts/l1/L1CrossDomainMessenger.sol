// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {Predeploys} from "../messaging/Predeploys.sol";
import {OptimismPortal} from "./OptimismPortal.sol";
import {SystemConfig} from "./SystemConfig.sol";

/// @title Messenger of L1: sends by deposit, receives withdrawals of the L2 messenger
contract L1CrossDomainMessenger is CrossDomainMessenger {
    string public constant version = "2.10.0";

    SystemConfig public systemConfig;
    OptimismPortal public portal;

    constructor() {
        _disableInitializers();
    }

    function initialize(SystemConfig systemConfig_, OptimismPortal portal_) external initializer {
        systemConfig = systemConfig_;
        portal = portal_;
        initialiseMessenger(CrossDomainMessenger(Predeploys.L2_CROSS_DOMAIN_MESSENGER));
    }

    // solhint-disable-next-line func-name-mixedcase
    function PORTAL() external view returns (OptimismPortal) {
        return portal;
    }

    function paused() public view override returns (bool) {
        return systemConfig.paused();
    }

    function sendToOther(uint64 gasLimit, uint256 value, bytes memory data) internal override {
        portal.depositTransaction{value: value}(address(otherMessenger), value, gasLimit, false, data);
    }

    function isFromOther() internal view override returns (bool) {
        return msg.sender == address(portal) && portal.l2Sender() == address(otherMessenger);
    }

    function isBlockedTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == address(portal);
    }
}
