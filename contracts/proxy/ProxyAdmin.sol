// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Proxy} from "./Proxy.sol";

/// @title Admin of every proxy of one layer
/// @notice Its owner can replace any implementation: on L1 a multi-signature wallet or a timelock, on L2 the alias of the
/// L1 owner, so that L2 upgrades arrive as deposits.
contract ProxyAdmin is Ownable {
    constructor(address initialOwner) Ownable(initialOwner) {}

    function getProxyImplementation(Proxy proxy) external returns (address) {
        return proxy.implementation();
    }

    function getProxyAdmin(Proxy proxy) external returns (address) {
        return proxy.admin();
    }

    function upgrade(Proxy proxy, address implementation) external onlyOwner {
        proxy.upgradeTo(implementation);
    }

    function upgradeAndCall(Proxy proxy, address implementation, bytes calldata data) external payable onlyOwner {
        proxy.upgradeToAndCall{value: msg.value}(implementation, data);
    }

    function changeProxyAdmin(Proxy proxy, address newAdmin) external onlyOwner {
        proxy.changeAdmin(newAdmin);
    }
}
