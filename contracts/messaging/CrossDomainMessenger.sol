// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {SafeCall} from "./SafeCall.sol";
import {VersionedNonce} from "./VersionedNonce.sol";

/// @title Messages to contracts of the other layer that can be replayed when they fail
/// @notice Both sides are the same but for how bytes travel: deposits down, withdrawals up. A message is delivered once,
/// by anyone with enough gas; the value of a failed one waits here until someone replays it.
abstract contract CrossDomainMessenger is Initializable {
    error NoMessageInFlight();
    error UnsupportedMessageVersion(uint16 version);
    error ValueMismatch();
    error ValueOnReplay();
    error MessageNotFailed();
    error MessageAlreadyRelayed();
    error BlockedTarget();
    error RelayPaused();
    error EstimationFailed();

    event SentMessage(address indexed target, address sender, bytes message, uint256 messageNonce, uint256 gasLimit);
    /// @dev The value is a separate event because the first one's topic is older than values in messages.
    event SentMessageExtension1(address indexed sender, uint256 value);
    event RelayedMessage(bytes32 indexed msgHash);
    event FailedRelayedMessage(bytes32 indexed msgHash);

    uint16 public constant MESSAGE_VERSION = VersionedNonce.MESSAGE_VERSION;
    /// @notice Gas of a relay apart from the message itself, paid on the other layer.
    uint64 public constant RELAY_CONSTANT_OVERHEAD = 200_000;
    uint64 public constant RELAY_CALL_OVERHEAD = 40_000;
    uint64 public constant RELAY_RESERVED_GAS = 40_000;
    uint64 public constant RELAY_GAS_CHECK_BUFFER = 5_000;
    uint64 public constant MIN_GAS_DYNAMIC_OVERHEAD_NUMERATOR = 64;
    uint64 public constant MIN_GAS_DYNAMIC_OVERHEAD_DENOMINATOR = 63;
    uint64 public constant MIN_GAS_CALLDATA_OVERHEAD = 16;
    /// @notice Price per byte of EIP-7623, which holds on both layers.
    uint64 public constant FLOOR_CALLDATA_OVERHEAD = 40;
    uint64 public constant TX_BASE_GAS = 21_000;
    /// @notice Bytes that the relaying call adds to a message.
    uint64 public constant ENCODING_OVERHEAD = 260;

    /// @dev Sender while no message is being relayed. Not zero, so that every relay changes the slot at the same price.
    address internal constant NO_SENDER = address(0xdEaD);
    /// @dev Nobody has the key of this sender: nodes use it to estimate gas. A failure must show there.
    address internal constant ESTIMATION_ADDRESS = address(1);

    mapping(bytes32 messageHash => bool) public successfulMessages;
    mapping(bytes32 messageHash => bool) public failedMessages;
    address private currentSender;
    uint240 private sentMessages;
    CrossDomainMessenger public otherMessenger;
    uint256[45] private gap;

    /// @notice Sends `message` to `target` on the other layer, with the value and at least `minGasLimit` gas.
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit) external payable {
        uint256 nonce = messageNonce();
        sendToOther(
            baseGas(message, minGasLimit),
            msg.value,
            abi.encodeCall(this.relayMessage, (nonce, msg.sender, target, msg.value, minGasLimit, message))
        );
        emit SentMessage(target, msg.sender, message, nonce, minGasLimit);
        emit SentMessageExtension1(msg.sender, msg.value);
        ++sentMessages;
    }

    /// @notice Delivers a message: the first time called by the other messenger, after a failure by anyone.
    /// @dev A message never reverts on its first delivery, or its value would be lost on the way.
    function relayMessage(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 minGasLimit,
        bytes calldata message
    ) external payable {
        if (paused()) revert RelayPaused();
        uint16 messageVersion = VersionedNonce.version(nonce);
        if (messageVersion != MESSAGE_VERSION) revert UnsupportedMessageVersion(messageVersion);
        bytes32 messageHash =
            keccak256(abi.encodeCall(this.relayMessage, (nonce, sender, target, value, minGasLimit, message)));

        if (isFromOther()) {
            if (msg.value != value || failedMessages[messageHash]) revert ValueMismatch();
        } else {
            if (msg.value != 0) revert ValueOnReplay();
            if (!failedMessages[messageHash]) revert MessageNotFailed();
        }
        if (isBlockedTarget(target)) revert BlockedTarget();
        if (successfulMessages[messageHash]) revert MessageAlreadyRelayed();

        if (
            !SafeCall.hasMinGas(minGasLimit, RELAY_RESERVED_GAS + RELAY_GAS_CHECK_BUFFER) || currentSender != NO_SENDER
        ) {
            return recordFailure(messageHash);
        }
        currentSender = sender;
        bool success = SafeCall.call(target, gasleft() - RELAY_RESERVED_GAS, value, message);
        currentSender = NO_SENDER;
        if (!success) return recordFailure(messageHash);
        successfulMessages[messageHash] = true;
        emit RelayedMessage(messageHash);
    }

    /// @notice Who sent the message that is being delivered.
    function xDomainMessageSender() external view returns (address) {
        if (currentSender == NO_SENDER) revert NoMessageInFlight();
        return currentSender;
    }

    // solhint-disable-next-line func-name-mixedcase
    function OTHER_MESSENGER() external view returns (CrossDomainMessenger) {
        return otherMessenger;
    }

    function messageNonce() public view returns (uint256) {
        return VersionedNonce.versioned(sentMessages);
    }

    /// @notice Gas with which the relaying transaction must be sent so that `minGasLimit` reaches the target.
    function baseGas(bytes calldata message, uint32 minGasLimit) public pure returns (uint64) {
        uint64 execution = RELAY_CONSTANT_OVERHEAD + RELAY_CALL_OVERHEAD + RELAY_RESERVED_GAS + RELAY_GAS_CHECK_BUFFER
            + uint64(minGasLimit) * MIN_GAS_DYNAMIC_OVERHEAD_NUMERATOR / MIN_GAS_DYNAMIC_OVERHEAD_DENOMINATOR;
        uint64 size = uint64(message.length) + ENCODING_OVERHEAD;
        uint64 metered = execution + size * MIN_GAS_CALLDATA_OVERHEAD;
        uint64 floor = size * FLOOR_CALLDATA_OVERHEAD;
        return TX_BASE_GAS + (metered > floor ? metered : floor);
    }

    function paused() public view virtual returns (bool) {
        return false;
    }

    function initialiseMessenger(CrossDomainMessenger other) internal onlyInitializing {
        currentSender = NO_SENDER;
        otherMessenger = other;
    }

    function sendToOther(uint64 gasLimit, uint256 value, bytes memory data) internal virtual;

    /// @return Whether the other messenger itself is calling through the layer's own channel.
    function isFromOther() internal view virtual returns (bool);

    /// @dev Contracts that take this one's word for who is calling must not be called by it.
    function isBlockedTarget(address target) internal view virtual returns (bool);

    function recordFailure(bytes32 messageHash) private {
        failedMessages[messageHash] = true;
        emit FailedRelayedMessage(messageHash);
        if (tx.origin == ESTIMATION_ADDRESS) revert EstimationFailed();
    }
}
