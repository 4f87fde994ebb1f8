// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title A collection that its bridge mints and burns, because the original is on the other layer
interface IOptimismMintableERC721 is IERC721 {
    event Mint(address indexed account, uint256 tokenId);
    event Burn(address indexed account, uint256 tokenId);

    function safeMint(address to, uint256 tokenId) external;
    function burn(address from, uint256 tokenId) external;
    function remoteChainId() external view returns (uint256);
    function remoteToken() external view returns (address);
    function bridge() external view returns (address);
}
