// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {OptimismMintableERC721} from "./OptimismMintableERC721.sol";

/// @title Makes bridged ERC-721 collections, for anyone
contract OptimismMintableERC721Factory is Initializable {
    error NoRemoteToken();

    event OptimismMintableERC721Created(address indexed localToken, address indexed remoteToken, address deployer);

    string public constant version = "1.5.0";

    address public bridge;
    uint256 public remoteChainID;
    mapping(address localToken => bool) public isOptimismMintableERC721;

    constructor() {
        _disableInitializers();
    }

    function initialize(address bridge_, uint256 remoteChainID_) external initializer {
        bridge = bridge_;
        remoteChainID = remoteChainID_;
    }

    function createOptimismMintableERC721(address remoteToken, string memory name, string memory symbol)
        external
        returns (address localToken)
    {
        if (remoteToken == address(0)) revert NoRemoteToken();
        bytes32 salt = keccak256(abi.encode(remoteToken, name, symbol));
        localToken = address(new OptimismMintableERC721{salt: salt}(bridge, remoteChainID, remoteToken, name, symbol));
        isOptimismMintableERC721[localToken] = true;
        emit OptimismMintableERC721Created(localToken, remoteToken, msg.sender);
    }

    // solhint-disable func-name-mixedcase
    function BRIDGE() external view returns (address) {
        return bridge;
    }

    function REMOTE_CHAIN_ID() external view returns (uint256) {
        return remoteChainID;
    }
    // solhint-enable func-name-mixedcase
}
