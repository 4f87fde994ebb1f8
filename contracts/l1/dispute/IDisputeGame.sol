// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Values as in the OP Stack.
enum GameStatus {
    IN_PROGRESS,
    CHALLENGER_WINS,
    DEFENDER_WINS
}

/// @title A proposal of an output root and the dispute about it
/// @notice All that portal, factory and registry know of a game: permissioned and permissionless ones are alike to them.
/// @dev A game is a clone whose immutable arguments are creator (20 bytes), root claim (32), hash of the L1 block before
/// its creation (32) and extra data, which begins with the L2 block number (32).
interface IDisputeGame {
    event Resolved(GameStatus indexed status);

    /// @notice Called once by the factory, with the bond of the proposer.
    function initialize() external payable;
    function resolve() external returns (GameStatus);

    /// @notice Seconds; `resolvedAt` is zero while the dispute goes on.
    function createdAt() external view returns (uint64);
    function resolvedAt() external view returns (uint64);
    function status() external view returns (GameStatus);
    function gameType() external view returns (uint32);
    function gameCreator() external view returns (address);
    function rootClaim() external view returns (bytes32);
    function l1Head() external view returns (bytes32);
    /// @notice Number of the L2 block whose output root is claimed.
    function l2SequenceNumber() external view returns (uint256);
    function extraData() external view returns (bytes memory);
    function gameData() external view returns (uint32 gameType_, bytes32 rootClaim_, bytes memory extraData_);
    /// @notice Whether the registry took games of this type for withdrawals when this one began.
    function wasRespectedGameTypeWhenCreated() external view returns (bool);
    function anchorStateRegistry() external view returns (address);
}
