// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StandardBridge} from "../bridge/StandardBridge.sol";
import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {Predeploys} from "../messaging/Predeploys.sol";
import {SystemConfig} from "./SystemConfig.sol";

/// @title The bridge on L1
contract L1StandardBridge is StandardBridge {
    event ETHDepositInitiated(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ETHWithdrawalFinalized(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ERC20DepositInitiated(
        address indexed l1Token,
        address indexed l2Token,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );
    event ERC20WithdrawalFinalized(
        address indexed l1Token,
        address indexed l2Token,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );

    string public constant version = "2.7.0";

    SystemConfig public systemConfig;

    constructor() {
        _disableInitializers();
    }

    function initialize(CrossDomainMessenger messenger_, SystemConfig systemConfig_) external initializer {
        systemConfig = systemConfig_;
        initialisePair(messenger_, Predeploys.L2_STANDARD_BRIDGE);
    }

    function depositETH(uint32 minGasLimit, bytes calldata extraData) external payable onlyExternalAccount {
        initiateEther(msg.sender, minGasLimit, extraData);
    }

    function depositETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable {
        initiateEther(to, minGasLimit, extraData);
    }

    function depositERC20(
        address l1Token,
        address l2Token,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external onlyExternalAccount {
        initiateToken(l1Token, l2Token, msg.sender, amount, minGasLimit, extraData);
    }

    function depositERC20To(
        address l1Token,
        address l2Token,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external {
        initiateToken(l1Token, l2Token, to, amount, minGasLimit, extraData);
    }

    function l2TokenBridge() external view returns (address) {
        return otherBridge;
    }

    function paused() public view override returns (bool) {
        return systemConfig.paused();
    }

    function emitEtherInitiated(address from, address to, uint256 amount, bytes memory extraData) internal override {
        emit ETHDepositInitiated(from, to, amount, extraData);
        super.emitEtherInitiated(from, to, amount, extraData);
    }

    function emitEtherFinalized(address from, address to, uint256 amount, bytes memory extraData) internal override {
        emit ETHWithdrawalFinalized(from, to, amount, extraData);
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
        emit ERC20DepositInitiated(localToken, remoteToken, from, to, amount, extraData);
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
        emit ERC20WithdrawalFinalized(localToken, remoteToken, from, to, amount, extraData);
        super.emitTokenFinalized(localToken, remoteToken, from, to, amount, extraData);
    }
}
