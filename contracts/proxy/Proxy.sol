// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Proxy as Delegation} from "@openzeppelin/contracts/proxy/Proxy.sol";

/// @title The one upgradeable proxy of both layers
/// @notice Only its admin sees the functions below; everyone else's calls go to the implementation. It has no immutables,
/// so that a genesis state may place its code at any address and set the two ERC-1967 slots.
contract Proxy is Delegation {
    error NoImplementation();

    constructor(address firstAdmin) {
        ERC1967Utils.changeAdmin(firstAdmin);
    }

    receive() external payable {
        _fallback();
    }

    function upgradeTo(address newImplementation) external asAdmin {
        ERC1967Utils.upgradeToAndCall(newImplementation, "");
    }

    function upgradeToAndCall(address newImplementation, bytes calldata data) external payable asAdmin {
        ERC1967Utils.upgradeToAndCall(newImplementation, data);
    }

    function changeAdmin(address newAdmin) external asAdmin {
        ERC1967Utils.changeAdmin(newAdmin);
    }

    function admin() external asAdmin returns (address) {
        return ERC1967Utils.getAdmin();
    }

    function implementation() external asAdmin returns (address) {
        return ERC1967Utils.getImplementation();
    }

    /// @dev The zero address can only come from eth_call, where it lets anyone read admin and implementation.
    modifier asAdmin() {
        if (msg.sender == ERC1967Utils.getAdmin() || msg.sender == address(0)) {
            _;
        } else {
            _fallback();
        }
    }

    function _implementation() internal view override returns (address current) {
        current = ERC1967Utils.getImplementation();
        if (current == address(0)) revert NoImplementation();
    }
}
