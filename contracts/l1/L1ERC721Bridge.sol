// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ERC721Bridge} from "../bridge/ERC721Bridge.sol";
import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {Predeploys} from "../messaging/Predeploys.sol";
import {SystemConfig} from "./SystemConfig.sol";

/// @title Locks ERC-721 tokens while they are on L2
contract L1ERC721Bridge is ERC721Bridge {
    error NotLocked(address localToken, address remoteToken, uint256 tokenId);

    string public constant version = "2.8.0";

    /// @notice Which tokens are locked, for which representation.
    mapping(address localToken => mapping(address remoteToken => mapping(uint256 tokenId => bool))) public deposits;
    SystemConfig public systemConfig;

    constructor() {
        _disableInitializers();
    }

    function initialize(CrossDomainMessenger messenger_, SystemConfig systemConfig_) external initializer {
        systemConfig = systemConfig_;
        initialisePair(messenger_, Predeploys.L2_ERC721_BRIDGE);
    }

    function paused() public view override returns (bool) {
        return systemConfig.paused();
    }

    function take(IERC721 localToken, address remoteToken, uint256 tokenId) internal override {
        deposits[address(localToken)][remoteToken][tokenId] = true;
        localToken.transferFrom(msg.sender, address(this), tokenId);
    }

    function give(address localToken, address remoteToken, address to, uint256 tokenId) internal override {
        if (!deposits[localToken][remoteToken][tokenId]) revert NotLocked(localToken, remoteToken, tokenId);
        deposits[localToken][remoteToken][tokenId] = false;
        IERC721(localToken).safeTransferFrom(address(this), to, tokenId);
    }
}
