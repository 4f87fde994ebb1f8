// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {CrossDomainBridge} from "./CrossDomainBridge.sol";

/// @title ERC-721 tokens whose originals are on L1, from one layer to the other
abstract contract ERC721Bridge is CrossDomainBridge {
    error NoRemoteToken();
    error NoRecipient();

    event ERC721BridgeInitiated(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 tokenId,
        bytes extraData
    );
    event ERC721BridgeFinalized(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 tokenId,
        bytes extraData
    );

    function bridgeERC721(
        address localToken,
        address remoteToken,
        uint256 tokenId,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external onlyExternalAccount {
        initiate(localToken, remoteToken, msg.sender, tokenId, minGasLimit, extraData);
    }

    function bridgeERC721To(
        address localToken,
        address remoteToken,
        address to,
        uint256 tokenId,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external {
        if (to == address(0)) revert NoRecipient();
        initiate(localToken, remoteToken, to, tokenId, minGasLimit, extraData);
    }

    function finalizeBridgeERC721(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 tokenId,
        bytes calldata extraData
    ) external onlyOtherBridge {
        give(localToken, remoteToken, to, tokenId);
        emit ERC721BridgeFinalized(localToken, remoteToken, from, to, tokenId, extraData);
    }

    // solhint-disable func-name-mixedcase
    function MESSENGER() external view returns (address) {
        return address(messenger);
    }

    function OTHER_BRIDGE() external view returns (address) {
        return otherBridge;
    }
    // solhint-enable func-name-mixedcase

    /// @dev Locks or burns the caller's token.
    function take(IERC721 localToken, address remoteToken, uint256 tokenId) internal virtual;

    /// @dev Unlocks or mints the token.
    function give(address localToken, address remoteToken, address to, uint256 tokenId) internal virtual;

    function initiate(
        address localToken,
        address remoteToken,
        address to,
        uint256 tokenId,
        uint32 minGasLimit,
        bytes calldata extraData
    ) private {
        if (remoteToken == address(0)) revert NoRemoteToken();
        take(IERC721(localToken), remoteToken, tokenId);
        emit ERC721BridgeInitiated(localToken, remoteToken, msg.sender, to, tokenId, extraData);
        messenger.sendMessage(
            otherBridge,
            abi.encodeCall(
                this.finalizeBridgeERC721, (remoteToken, localToken, msg.sender, to, tokenId, extraData)
            ),
            minGasLimit
        );
    }
}
