// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StandardBridge} from "../bridge/StandardBridge.sol";
import {IOptimismMintableERC20} from "../bridge/IOptimismMintableERC20.sol";
import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {Predeploys} from "../messaging/Predeploys.sol";

/// @title The bridge on L2
contract L2StandardBridge is StandardBridge {
    error UnexpectedValue();

    event WithdrawalInitiated(
        address indexed l1Token,
        address indexed l2Token,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );
    event DepositFinalized(
        address indexed l1Token,
        address indexed l2Token,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );

    string public constant version = "1.13.0";
    /// @dev What stands for ether on L2 in calls that name a token.
    address private constant ETHER = 0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000;

    constructor() {
        _disableInitializers();
    }

    function initialize(address otherBridge_) external initializer {
        initialisePair(CrossDomainMessenger(Predeploys.L2_CROSS_DOMAIN_MESSENGER), otherBridge_);
    }

    /// @notice Withdraws a token that is a representation of an L1 token, or ether.
    function withdraw(address l2Token, uint256 amount, uint32 minGasLimit, bytes calldata extraData)
        external
        payable
        onlyExternalAccount
    {
        initiateWithdrawal(l2Token, msg.sender, amount, minGasLimit, extraData);
    }

    function withdrawTo(address l2Token, address to, uint256 amount, uint32 minGasLimit, bytes calldata extraData)
        external
        payable
    {
        initiateWithdrawal(l2Token, to, amount, minGasLimit, extraData);
    }

    function l1TokenBridge() external view returns (address) {
        return otherBridge;
    }

    function emitEtherInitiated(address from, address to, uint256 amount, bytes memory extraData) internal override {
        emit WithdrawalInitiated(address(0), ETHER, from, to, amount, extraData);
        super.emitEtherInitiated(from, to, amount, extraData);
    }

    function emitEtherFinalized(address from, address to, uint256 amount, bytes memory extraData) internal override {
        emit DepositFinalized(address(0), ETHER, from, to, amount, extraData);
        super.emitEtherFinalized(from, to, amount, extraData);
    }

    function emitTokenInitiated(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal override {
        emit WithdrawalInitiated(remoteToken, localToken, from, to, amount, extraData);
        super.emitTokenInitiated(localToken, remoteToken, from, to, amount, extraData);
    }

    function emitTokenFinalized(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal override {
        emit DepositFinalized(remoteToken, localToken, from, to, amount, extraData);
        super.emitTokenFinalized(localToken, remoteToken, from, to, amount, extraData);
    }

    function initiateWithdrawal(
        address l2Token,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) private {
        if (l2Token == ETHER) {
            if (msg.value != amount) revert ValueMismatch();
            initiateEther(to, minGasLimit, extraData);
        } else {
            if (msg.value != 0) revert UnexpectedValue();
            address l1Token = IOptimismMintableERC20(l2Token).remoteToken();
            initiateToken(l2Token, l1Token, to, amount, minGasLimit, extraData);
        }
    }
}
