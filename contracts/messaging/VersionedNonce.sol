// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A nonce whose top two bytes say how the message is encoded
library VersionedNonce {
    uint16 internal constant MESSAGE_VERSION = 1;

    function versioned(uint240 nonce) internal pure returns (uint256) {
        return (uint256(MESSAGE_VERSION) << 240) | nonce;
    }

    function version(uint256 nonce) internal pure returns (uint16) {
        return uint16(nonce >> 240);
    }
}
