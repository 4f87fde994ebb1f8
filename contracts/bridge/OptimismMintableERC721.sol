// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IOptimismMintableERC721} from "./IOptimismMintableERC721.sol";

/// @title The other layer's ERC-721 collection
/// @notice Metadata stay where the original is: the base URI is an EIP-681 call of its `tokenURI`.
contract OptimismMintableERC721 is ERC721, IOptimismMintableERC721 {
    error OnlyBridge();

    string public constant version = "1.4.0";
    address public immutable bridge;
    uint256 public immutable remoteChainId;
    address public immutable remoteToken;

    constructor(
        address bridge_,
        uint256 remoteChainId_,
        address remoteToken_,
        string memory name_,
        string memory symbol_
    ) ERC721(name_, symbol_) {
        bridge = bridge_;
        remoteChainId = remoteChainId_;
        remoteToken = remoteToken_;
    }

    function safeMint(address to, uint256 tokenId) external onlyBridge {
        _safeMint(to, tokenId);
        emit Mint(to, tokenId);
    }

    function burn(address from, uint256 tokenId) external onlyBridge {
        _burn(tokenId);
        emit Burn(from, tokenId);
    }

    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == type(IOptimismMintableERC721).interfaceId || super.supportsInterface(interfaceId);
    }

    function _baseURI() internal view override returns (string memory) {
        return string.concat(
            "ethereum:",
            Strings.toHexString(remoteToken),
            "@",
            Strings.toString(remoteChainId),
            "/tokenURI?uint256="
        );
    }

    modifier onlyBridge() {
        if (msg.sender != bridge) revert OnlyBridge();
        _;
    }
}
