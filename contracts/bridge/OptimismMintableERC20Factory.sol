// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {OptimismMintableERC20} from "./OptimismMintableERC20.sol";

/// @title Makes bridged tokens, for anyone
/// @notice A token's address follows from what it stands for, so that nobody can take another's place.
contract OptimismMintableERC20Factory is Initializable {
    error NoRemoteToken();

    event StandardL2TokenCreated(address indexed remoteToken, address indexed localToken);
    event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer);

    string public constant version = "1.10.0";

    address public bridge;
    mapping(address localToken => address remoteToken) public deployments;

    constructor() {
        _disableInitializers();
    }

    function initialize(address bridge_) external initializer {
        bridge = bridge_;
    }

    /// @notice Older name of `createOptimismMintableERC20`.
    function createStandardL2Token(address remoteToken, string memory name, string memory symbol)
        external
        returns (address)
    {
        return createOptimismMintableERC20WithDecimals(remoteToken, name, symbol, 18);
    }

    function createOptimismMintableERC20(address remoteToken, string memory name, string memory symbol)
        external
        returns (address)
    {
        return createOptimismMintableERC20WithDecimals(remoteToken, name, symbol, 18);
    }

    // solhint-disable-next-line func-name-mixedcase
    function BRIDGE() external view returns (address) {
        return bridge;
    }

    function createOptimismMintableERC20WithDecimals(
        address remoteToken,
        string memory name,
        string memory symbol,
        uint8 decimals
    ) public returns (address localToken) {
        if (remoteToken == address(0)) revert NoRemoteToken();
        bytes32 salt = keccak256(abi.encode(remoteToken, name, symbol, decimals));
        localToken = address(new OptimismMintableERC20{salt: salt}(bridge, remoteToken, name, symbol, decimals));
        deployments[localToken] = remoteToken;
        emit StandardL2TokenCreated(remoteToken, localToken);
        emit OptimismMintableERC20Created(localToken, remoteToken, msg.sender);
    }
}
