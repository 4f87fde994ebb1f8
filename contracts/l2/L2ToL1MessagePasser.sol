// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VersionedNonce} from "../messaging/VersionedNonce.sol";
import {WithdrawalTransaction} from "../messaging/Withdrawal.sol";

/// @title Where withdrawals start
/// @notice Records the hash of each withdrawal in `sentMessages`, slot 0. Its storage root is in every block header
/// (`withdrawalsRoot`, Isthmus) and in every output root, which is what the portal on L1 checks proofs against.
contract L2ToL1MessagePasser {
    event MessagePassed(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 withdrawalHash
    );
    event WithdrawerBalanceBurnt(uint256 indexed amount);

    uint16 public constant MESSAGE_VERSION = VersionedNonce.MESSAGE_VERSION;
    string public constant version = "1.2.0";
    uint256 private constant RECEIVE_GAS_LIMIT = 100_000;

    mapping(bytes32 withdrawalHash => bool) public sentMessages;
    uint240 private withdrawals;

    /// @notice Withdraws the value to the sender's address on L1.
    receive() external payable {
        initiateWithdrawal(msg.sender, RECEIVE_GAS_LIMIT, "");
    }

    /// @notice Removes the ether of withdrawals from L2's supply. Anyone may call it.
    function burn() external {
        uint256 balance = address(this).balance;
        new Furnace{value: balance}();
        emit WithdrawerBalanceBurnt(balance);
    }

    /// @notice Records a call of `target` on L1 with the value, at least `gasLimit` gas and `data`.
    function initiateWithdrawal(address target, uint256 gasLimit, bytes memory data) public payable {
        uint256 nonce = messageNonce();
        bytes32 withdrawalHash = WithdrawalTransaction(nonce, msg.sender, target, msg.value, gasLimit, data).hash();
        sentMessages[withdrawalHash] = true;
        emit MessagePassed(nonce, msg.sender, target, msg.value, gasLimit, data, withdrawalHash);
        ++withdrawals;
    }

    function messageNonce() public view returns (uint256) {
        return VersionedNonce.versioned(withdrawals);
    }
}

/// @dev EIP-6780: a contract that destroys itself in the transaction that made it takes its ether along.
contract Furnace {
    constructor() payable {
        selfdestruct(payable(address(this)));
    }
}
