// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCall} from "../messaging/SafeCall.sol";
import {CrossDomainBridge} from "./CrossDomainBridge.sol";
import {IOptimismMintableERC20} from "./IOptimismMintableERC20.sol";

/// @title Ether and ERC-20 tokens, from one layer to the other
/// @notice Original tokens are locked on their layer, their representations on the other are burnt and minted.
abstract contract StandardBridge is CrossDomainBridge, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    error ValueMismatch();
    error InvalidRecipient();
    error PaymentFailed();
    error WrongTokenPair(address localToken, address remoteToken);

    event ETHBridgeInitiated(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ETHBridgeFinalized(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ERC20BridgeInitiated(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );
    event ERC20BridgeFinalized(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );

    uint32 internal constant RECEIVE_GAS_LIMIT = 200_000;

    /// @notice What is locked of each original for each representation: one token may have several, none can take more
    /// than came in for it.
    mapping(address localToken => mapping(address remoteToken => uint256)) public deposits;
    uint256[49] private bridgeGap;

    receive() external payable onlyExternalAccount {
        initiateEther(msg.sender, RECEIVE_GAS_LIMIT, "");
    }

    function bridgeETH(uint32 minGasLimit, bytes calldata extraData) external payable onlyExternalAccount {
        initiateEther(msg.sender, minGasLimit, extraData);
    }

    function bridgeETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable {
        initiateEther(to, minGasLimit, extraData);
    }

    function bridgeERC20(
        address localToken,
        address remoteToken,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external onlyExternalAccount {
        initiateToken(localToken, remoteToken, msg.sender, amount, minGasLimit, extraData);
    }

    function bridgeERC20To(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external {
        initiateToken(localToken, remoteToken, to, amount, minGasLimit, extraData);
    }

    function finalizeBridgeETH(address from, address to, uint256 amount, bytes calldata extraData)
        external
        payable
        onlyOtherBridge
    {
        if (msg.value != amount) revert ValueMismatch();
        if (to == address(this) || to == address(messenger)) revert InvalidRecipient();
        emitEtherFinalized(from, to, amount, extraData);
        if (!SafeCall.call(to, gasleft(), amount, "")) revert PaymentFailed();
    }

    function finalizeBridgeERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external onlyOtherBridge nonReentrant {
        if (isMintable(localToken)) {
            requirePair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).mint(to, amount);
        } else {
            deposits[localToken][remoteToken] -= amount;
            IERC20(localToken).safeTransfer(to, amount);
        }
        emitTokenFinalized(localToken, remoteToken, from, to, amount, extraData);
    }

    // solhint-disable func-name-mixedcase
    function MESSENGER() external view returns (address) {
        return address(messenger);
    }

    function OTHER_BRIDGE() external view returns (address) {
        return otherBridge;
    }
    // solhint-enable func-name-mixedcase

    function initiateEther(address to, uint32 minGasLimit, bytes memory extraData) internal {
        emitEtherInitiated(msg.sender, to, msg.value, extraData);
        messenger.sendMessage{value: msg.value}(
            otherBridge,
            abi.encodeCall(this.finalizeBridgeETH, (msg.sender, to, msg.value, extraData)),
            minGasLimit
        );
    }

    function initiateToken(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes memory extraData
    ) internal nonReentrant {
        uint256 taken = take(localToken, remoteToken, amount);
        emitTokenInitiated(localToken, remoteToken, msg.sender, to, taken, extraData);
        messenger.sendMessage(
            otherBridge,
            abi.encodeCall(
                this.finalizeBridgeERC20, (remoteToken, localToken, msg.sender, to, taken, extraData)
            ),
            minGasLimit
        );
    }

    // The two layers add events under names that are older than bridges in both directions.

    function emitEtherInitiated(address from, address to, uint256 amount, bytes memory extraData) internal virtual {
        emit ETHBridgeInitiated(from, to, amount, extraData);
    }

    function emitEtherFinalized(address from, address to, uint256 amount, bytes memory extraData) internal virtual {
        emit ETHBridgeFinalized(from, to, amount, extraData);
    }

    function emitTokenInitiated(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal virtual {
        emit ERC20BridgeInitiated(localToken, remoteToken, from, to, amount, extraData);
    }

    function emitTokenFinalized(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal virtual {
        emit ERC20BridgeFinalized(localToken, remoteToken, from, to, amount, extraData);
    }

    /// @return What arrived: less than `amount` if the token charges for transfers.
    function take(address localToken, address remoteToken, uint256 amount) private returns (uint256) {
        if (isMintable(localToken)) {
            requirePair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).burn(msg.sender, amount);
            return amount;
        }
        uint256 before = IERC20(localToken).balanceOf(address(this));
        IERC20(localToken).safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = IERC20(localToken).balanceOf(address(this)) - before;
        deposits[localToken][remoteToken] += arrived;
        return arrived;
    }

    function isMintable(address token) private view returns (bool) {
        return ERC165Checker.supportsInterface(token, type(IOptimismMintableERC20).interfaceId);
    }

    function requirePair(address localToken, address remoteToken) private view {
        if (IOptimismMintableERC20(localToken).remoteToken() != remoteToken) {
            revert WrongTokenPair(localToken, remoteToken);
        }
    }
}
