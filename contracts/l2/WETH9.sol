// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Wrapped ether
/// @notice The ABI every exchange knows. Without a constructor, so that its code can be placed in a genesis state.
contract WETH9 {
    error InsufficientBalance(uint256 wanted, uint256 available);
    error InsufficientAllowance(uint256 wanted, uint256 available);
    error TransferFailed();

    event Approval(address indexed src, address indexed guy, uint256 wad);
    event Transfer(address indexed src, address indexed dst, uint256 wad);
    event Deposit(address indexed dst, uint256 wad);
    event Withdrawal(address indexed src, uint256 wad);

    string public constant name = "Wrapped Ether";
    string public constant symbol = "WETH";
    uint8 public constant decimals = 18;

    mapping(address owner => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    receive() external payable {
        deposit();
    }

    fallback() external payable {
        deposit();
    }

    function withdraw(uint256 amount) external {
        take(msg.sender, amount);
        emit Withdrawal(msg.sender, amount);
        (bool paid,) = msg.sender.call{value: amount}("");
        if (!paid) revert TransferFailed();
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return transferFrom(msg.sender, to, amount);
    }

    function totalSupply() external view returns (uint256) {
        return address(this).balance;
    }

    function deposit() public payable {
        balanceOf[msg.sender] += msg.value;
        emit Deposit(msg.sender, msg.value);
    }

    function transferFrom(address from, address to, uint256 amount) public returns (bool) {
        if (from != msg.sender) spend(from, amount);
        take(from, amount);
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
        return true;
    }

    function take(address from, uint256 amount) private {
        uint256 available = balanceOf[from];
        if (amount > available) revert InsufficientBalance(amount, available);
        balanceOf[from] = available - amount;
    }

    /// @dev The largest allowance is never used up.
    function spend(address from, uint256 amount) private {
        uint256 available = allowance[from][msg.sender];
        if (available == type(uint256).max) return;
        if (amount > available) revert InsufficientAllowance(amount, available);
        allowance[from][msg.sender] = available - amount;
    }
}
