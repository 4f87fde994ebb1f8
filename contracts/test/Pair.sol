// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Constant-product market of two tokens in the manner of Uniswap v2
/// @notice Callers send tokens first and call after; the pair works on the difference between balances and reserves.
contract Pair is ERC20, ReentrancyGuard {
    using SafeERC20 for IERC20;

    error AlreadyInitialised();
    error OnlyFactory();
    error InsufficientLiquidity();
    error InsufficientInput();
    error InsufficientOutput();
    error ReserveOverflow();
    error InvariantBroken();
    error InvalidRecipient();

    event Mint(address indexed sender, uint256 amount0, uint256 amount1);
    event Burn(address indexed sender, uint256 amount0, uint256 amount1, address indexed to);
    event Swap(
        address indexed sender,
        uint256 amount0In,
        uint256 amount1In,
        uint256 amount0Out,
        uint256 amount1Out,
        address indexed to
    );
    event Sync(uint112 reserve0, uint112 reserve1);

    /// @dev Locked for ever at the first deposit, so that one share can never be worth the whole pool.
    uint256 public constant MINIMUM_LIQUIDITY = 1000;
    address private constant LOCKED = address(0xdead);

    address public immutable factory;
    address public token0;
    address public token1;
    uint112 private reserve0;
    uint112 private reserve1;
    uint32 private updatedAt;
    /// @notice Price accumulators, UQ112.112 · seconds: the difference over a time is the average price.
    uint256 public price0CumulativeLast;
    uint256 public price1CumulativeLast;

    constructor() ERC20("Pair Share", "PAIR") {
        factory = msg.sender;
    }

    function initialise(address first, address second) external {
        if (msg.sender != factory) revert OnlyFactory();
        if (token0 != address(0)) revert AlreadyInitialised();
        (token0, token1) = (first, second);
    }

    function getReserves() public view returns (uint112, uint112, uint32) {
        return (reserve0, reserve1, updatedAt);
    }

    /// @notice Mints shares to `to` for the tokens sent since the last update.
    function mint(address to) external nonReentrant returns (uint256 shares) {
        (uint112 r0, uint112 r1,) = getReserves();
        (uint256 balance0, uint256 balance1) = balances();
        uint256 amount0 = balance0 - r0;
        uint256 amount1 = balance1 - r1;
        uint256 supply = totalSupply();
        if (supply == 0) {
            uint256 root = Math.sqrt(amount0 * amount1);
            if (root <= MINIMUM_LIQUIDITY) revert InsufficientLiquidity();
            shares = root - MINIMUM_LIQUIDITY;
            _mint(LOCKED, MINIMUM_LIQUIDITY);
        } else {
            shares = Math.min(amount0 * supply / r0, amount1 * supply / r1);
            if (shares == 0) revert InsufficientLiquidity();
        }
        _mint(to, shares);
        update(balance0, balance1, r0, r1);
        emit Mint(msg.sender, amount0, amount1);
    }

    /// @notice Burns the shares sent to the pair and pays both tokens to `to`.
    function burn(address to) external nonReentrant returns (uint256 amount0, uint256 amount1) {
        (uint112 r0, uint112 r1,) = getReserves();
        (uint256 balance0, uint256 balance1) = balances();
        uint256 shares = balanceOf(address(this));
        uint256 supply = totalSupply();
        amount0 = shares * balance0 / supply;
        amount1 = shares * balance1 / supply;
        if (amount0 == 0 || amount1 == 0) revert InsufficientLiquidity();
        _burn(address(this), shares);
        IERC20(token0).safeTransfer(to, amount0);
        IERC20(token1).safeTransfer(to, amount1);
        (balance0, balance1) = balances();
        update(balance0, balance1, r0, r1);
        emit Burn(msg.sender, amount0, amount1, to);
    }

    /// @notice Pays out the wanted amounts if what came in keeps the product, after the fee of 0.3 % of the input.
    function swap(uint256 amount0Out, uint256 amount1Out, address to) external nonReentrant {
        if (amount0Out == 0 && amount1Out == 0) revert InsufficientOutput();
        (uint112 r0, uint112 r1,) = getReserves();
        if (amount0Out >= r0 || amount1Out >= r1) revert InsufficientLiquidity();
        if (to == token0 || to == token1) revert InvalidRecipient();
        if (amount0Out > 0) IERC20(token0).safeTransfer(to, amount0Out);
        if (amount1Out > 0) IERC20(token1).safeTransfer(to, amount1Out);
        (uint256 balance0, uint256 balance1) = balances();
        uint256 amount0In = balance0 + amount0Out > r0 ? balance0 + amount0Out - r0 : 0;
        uint256 amount1In = balance1 + amount1Out > r1 ? balance1 + amount1Out - r1 : 0;
        if (amount0In == 0 && amount1In == 0) revert InsufficientInput();
        uint256 adjusted0 = balance0 * 1000 - amount0In * 3;
        uint256 adjusted1 = balance1 * 1000 - amount1In * 3;
        if (adjusted0 * adjusted1 < uint256(r0) * r1 * 1_000_000) revert InvariantBroken();
        update(balance0, balance1, r0, r1);
        emit Swap(msg.sender, amount0In, amount1In, amount0Out, amount1Out, to);
    }

    /// @notice Makes the reserves follow the balances, for tokens that were sent without a call.
    function sync() external nonReentrant {
        (uint256 balance0, uint256 balance1) = balances();
        update(balance0, balance1, reserve0, reserve1);
    }

    function balances() private view returns (uint256, uint256) {
        return (IERC20(token0).balanceOf(address(this)), IERC20(token1).balanceOf(address(this)));
    }

    function update(uint256 balance0, uint256 balance1, uint112 r0, uint112 r1) private {
        if (balance0 > type(uint112).max || balance1 > type(uint112).max) revert ReserveOverflow();
        // The accumulators and the clock are meant to wrap: only differences are used.
        unchecked {
            uint32 elapsed = uint32(block.timestamp) - updatedAt;
            if (elapsed > 0 && r0 != 0 && r1 != 0) {
                price0CumulativeLast += (uint256(r1) << 112) / r0 * elapsed;
                price1CumulativeLast += (uint256(r0) << 112) / r1 * elapsed;
            }
        }
        reserve0 = uint112(balance0);
        reserve1 = uint112(balance1);
        updatedAt = uint32(block.timestamp);
        emit Sync(reserve0, reserve1);
    }
}
