// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The L2 name of an L1 contract
/// @notice A contract's address on L1 says nothing about who controls that address on L2, so deposits by contracts carry a
/// shifted sender.
library AddressAlias {
    uint160 private constant OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// @return The L2 sender of a deposit that the L1 contract `account` makes.
    function applied(address account) internal pure returns (address) {
        unchecked {
            return address(uint160(account) + OFFSET);
        }
    }

    /// @return The L1 contract whose deposits have the L2 sender `account`.
    function undone(address account) internal pure returns (address) {
        unchecked {
            return address(uint160(account) - OFFSET);
        }
    }
}
