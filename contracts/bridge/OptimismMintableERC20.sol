// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IOptimismMintableERC20} from "./IOptimismMintableERC20.sol";

/// @title The other layer's ERC-20
contract OptimismMintableERC20 is IOptimismMintableERC20, ERC20Permit {
    error OnlyBridge();

    event Mint(address indexed account, uint256 amount);
    event Burn(address indexed account, uint256 amount);

    string public constant version = "1.4.0";
    address public immutable remoteToken;
    address public immutable bridge;
    uint8 private immutable tokenDecimals;

    constructor(address bridge_, address remoteToken_, string memory name_, string memory symbol_, uint8 decimals_)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
    {
        remoteToken = remoteToken_;
        bridge = bridge_;
        tokenDecimals = decimals_;
    }

    function mint(address to, uint256 amount) external onlyBridge {
        _mint(to, amount);
        emit Mint(to, amount);
    }

    function burn(address from, uint256 amount) external onlyBridge {
        _burn(from, amount);
        emit Burn(from, amount);
    }

    /// @notice Older names of `remoteToken` and `bridge`.
    function l1Token() external view returns (address) {
        return remoteToken;
    }

    function l2Bridge() external view returns (address) {
        return bridge;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IOptimismMintableERC20).interfaceId;
    }

    function decimals() public view override returns (uint8) {
        return tokenDecimals;
    }

    modifier onlyBridge() {
        if (msg.sender != bridge) revert OnlyBridge();
        _;
    }
}
