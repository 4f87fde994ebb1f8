// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {ERC721Bridge} from "../bridge/ERC721Bridge.sol";
import {IOptimismMintableERC721} from "../bridge/IOptimismMintableERC721.sol";
import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {Predeploys} from "../messaging/Predeploys.sol";

/// @title Mints what is locked on L1, burns what goes back
contract L2ERC721Bridge is ERC721Bridge {
    error NotTokenOwner();
    error NotMintable(address localToken);
    error WrongTokenPair(address localToken, address remoteToken);

    string public constant version = "1.9.0";

    constructor() {
        _disableInitializers();
    }

    function initialize(address l1ERC721Bridge) external initializer {
        initialisePair(CrossDomainMessenger(Predeploys.L2_CROSS_DOMAIN_MESSENGER), l1ERC721Bridge);
    }

    function take(IERC721 localToken, address remoteToken, uint256 tokenId) internal override {
        if (localToken.ownerOf(tokenId) != msg.sender) revert NotTokenOwner();
        requirePair(address(localToken), remoteToken);
        IOptimismMintableERC721(address(localToken)).burn(msg.sender, tokenId);
    }

    function give(address localToken, address remoteToken, address to, uint256 tokenId) internal override {
        if (!ERC165Checker.supportsInterface(localToken, type(IOptimismMintableERC721).interfaceId)) {
            revert NotMintable(localToken);
        }
        requirePair(localToken, remoteToken);
        IOptimismMintableERC721(localToken).safeMint(to, tokenId);
    }

    function requirePair(address localToken, address remoteToken) private view {
        if (IOptimismMintableERC721(localToken).remoteToken() != remoteToken) {
            revert WrongTokenPair(localToken, remoteToken);
        }
    }
}
