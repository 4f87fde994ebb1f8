// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A call from L2 to L1, as the message passer records it and the portal carries it out.
struct WithdrawalTransaction {
    uint256 nonce;
    address sender;
    address target;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

using {hash} for WithdrawalTransaction global;

/// @dev Key of the withdrawal on both layers.
function hash(WithdrawalTransaction memory withdrawal) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            withdrawal.nonce,
            withdrawal.sender,
            withdrawal.target,
            withdrawal.value,
            withdrawal.gasLimit,
            withdrawal.data
        )
    );
}
