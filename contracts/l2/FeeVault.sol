// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Predeploys} from "../messaging/Predeploys.sol";
import {SafeCall} from "../messaging/SafeCall.sol";
import {ProxyAdmin} from "../proxy/ProxyAdmin.sol";
import {L2ToL1MessagePasser} from "./L2ToL1MessagePasser.sol";

/// @title Collects one kind of fee for one recipient
/// @notice Anyone may pay the recipient out. The owner of the proxy admin decides who it is and on which layer.
abstract contract FeeVault {
    error BelowMinimum(uint256 balance, uint256 minimum);
    error NotOwner();
    error PaymentFailed();

    enum WithdrawalNetwork {
        L1,
        L2
    }

    event Withdrawal(uint256 value, address to, address from, WithdrawalNetwork withdrawalNetwork);
    event MinWithdrawalAmountUpdated(uint256 oldMinWithdrawalAmount, uint256 newMinWithdrawalAmount);
    event RecipientUpdated(address oldRecipient, address newRecipient);
    event WithdrawalNetworkUpdated(WithdrawalNetwork oldWithdrawalNetwork, WithdrawalNetwork newWithdrawalNetwork);

    string public constant version = "1.6.0";
    uint256 private constant WITHDRAWAL_GAS_LIMIT = 400_000;

    uint256 public totalProcessed;
    uint256 public minWithdrawalAmount;
    address public recipient;
    WithdrawalNetwork public withdrawalNetwork;

    receive() external payable {}

    function withdraw() external returns (uint256 value) {
        value = address(this).balance;
        if (value < minWithdrawalAmount) revert BelowMinimum(value, minWithdrawalAmount);
        totalProcessed += value;
        emit Withdrawal(value, recipient, msg.sender, withdrawalNetwork);
        if (withdrawalNetwork == WithdrawalNetwork.L2) {
            if (!SafeCall.call(recipient, gasleft(), value, "")) revert PaymentFailed();
        } else {
            L2ToL1MessagePasser(payable(Predeploys.L2_TO_L1_MESSAGE_PASSER)).initiateWithdrawal{value: value}(
                recipient, WITHDRAWAL_GAS_LIMIT, ""
            );
        }
    }

    function setMinWithdrawalAmount(uint256 amount) external onlyOwner {
        emit MinWithdrawalAmountUpdated(minWithdrawalAmount, amount);
        minWithdrawalAmount = amount;
    }

    function setRecipient(address newRecipient) external onlyOwner {
        emit RecipientUpdated(recipient, newRecipient);
        recipient = newRecipient;
    }

    function setWithdrawalNetwork(WithdrawalNetwork network) external onlyOwner {
        emit WithdrawalNetworkUpdated(withdrawalNetwork, network);
        withdrawalNetwork = network;
    }

    // solhint-disable func-name-mixedcase
    function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256) {
        return minWithdrawalAmount;
    }

    function RECIPIENT() external view returns (address) {
        return recipient;
    }

    function WITHDRAWAL_NETWORK() external view returns (WithdrawalNetwork) {
        return withdrawalNetwork;
    }
    // solhint-enable func-name-mixedcase

    modifier onlyOwner() {
        if (msg.sender != ProxyAdmin(Predeploys.PROXY_ADMIN).owner()) revert NotOwner();
        _;
    }
}
