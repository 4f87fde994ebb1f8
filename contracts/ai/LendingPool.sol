// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The smallest pool that a lending intent can be routed to: it holds ether per depositor
contract LendingPool {
    error InsufficientDeposit(uint256 wanted, uint256 available);
    error TransferFailed();

    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    mapping(address account => uint256) public deposits;

    function deposit(address account) external payable {
        deposits[account] += msg.value;
        emit Deposited(account, msg.value);
    }

    function withdraw(uint256 amount) external {
        uint256 available = deposits[msg.sender];
        if (amount > available) revert InsufficientDeposit(amount, available);
        deposits[msg.sender] = available - amount;
        emit Withdrawn(msg.sender, amount);
        (bool paid,) = msg.sender.call{value: amount}("");
        if (!paid) revert TransferFailed();
    }
}
