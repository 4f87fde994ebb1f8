// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Tells a key's account from a contract
library ExternalAccount {
    /// @dev EIP-7702: the code of a key's account that delegates.
    uint256 private constant DELEGATION_LENGTH = 23;
    bytes3 private constant DELEGATION_PREFIX = 0xef0100;

    /// @return Whether the caller is an account with a key, possibly with an EIP-7702 delegation: then its address has the
    /// same owner on both layers.
    function isCaller() internal view returns (bool) {
        if (msg.sender == tx.origin) return true;
        if (msg.sender.code.length != DELEGATION_LENGTH) return false;
        return bytes3(msg.sender.code) == DELEGATION_PREFIX;
    }
}
