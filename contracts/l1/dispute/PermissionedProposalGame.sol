// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {AnchorStateRegistry} from "./AnchorStateRegistry.sol";
import {GameStatus, IDisputeGame} from "./IDisputeGame.sol";

/// @title A proposal by one proposer that one challenger can strike down
/// @notice No proof decides: whoever follows this game type trusts that challenger. It stands behind the same interface as
/// the permissionless game, so that the registry can change over by naming another game type.
contract PermissionedProposalGame is IDisputeGame {
    error AlreadyInitialized();
    error NotFactory();
    error NotProposer();
    error NotChallenger();
    error BadExtraData();
    error UnexpectedRootClaim(bytes32 rootClaim);
    error GameNotInProgress();
    error ClockTimeExceeded();
    error ClockNotExpired();
    error GamePaused();
    error GameNotFinalized();
    error NoCreditToClaim();
    error BondTransferFailed();

    event Challenged(address indexed challenger);
    event BondPaid(address indexed recipient, uint256 amount);

    string public constant version = "1.0.0";
    uint256 private constant ROOT_CLAIM = 20;
    uint256 private constant L1_HEAD = 52;
    uint256 private constant EXTRA_DATA = 84;
    uint256 private constant ARGUMENTS = 116;

    uint32 public immutable gameType;
    /// @notice Seconds in which the challenger can object.
    uint64 public immutable maxClockDuration;
    address public immutable proposer;
    address public immutable challenger;
    AnchorStateRegistry private immutable registry;

    uint64 public createdAt;
    uint64 public resolvedAt;
    GameStatus public status;
    bool public challenged;
    bool public wasRespectedGameTypeWhenCreated;
    bool private bondClaimed;
    uint256 public bond;

    constructor(
        uint32 gameType_,
        uint64 maxClockDuration_,
        AnchorStateRegistry registry_,
        address proposer_,
        address challenger_
    ) {
        gameType = gameType_;
        maxClockDuration = maxClockDuration_;
        registry = registry_;
        proposer = proposer_;
        challenger = challenger_;
    }

    function initialize() external payable {
        if (createdAt != 0) revert AlreadyInitialized();
        if (msg.sender != address(registry.disputeGameFactory())) revert NotFactory();
        if (gameCreator() != proposer) revert NotProposer();
        if (Clones.fetchCloneArgs(address(this)).length != ARGUMENTS) revert BadExtraData();
        (, uint256 anchor) = registry.getAnchorRoot();
        if (l2SequenceNumber() <= anchor) revert UnexpectedRootClaim(rootClaim());
        createdAt = uint64(block.timestamp);
        wasRespectedGameTypeWhenCreated = registry.respectedGameType() == gameType;
        bond = msg.value;
    }

    /// @notice Strikes the proposal down.
    function challenge() external {
        if (msg.sender != challenger) revert NotChallenger();
        if (status != GameStatus.IN_PROGRESS || challenged) revert GameNotInProgress();
        if (block.timestamp >= createdAt + maxClockDuration) revert ClockTimeExceeded();
        challenged = true;
        emit Challenged(msg.sender);
    }

    /// @notice Ends the dispute: against a challenged proposal at once, for an unchallenged one when its clock has run out.
    function resolve() external returns (GameStatus) {
        if (status != GameStatus.IN_PROGRESS) revert GameNotInProgress();
        if (!challenged && block.timestamp < createdAt + maxClockDuration) revert ClockNotExpired();
        status = challenged ? GameStatus.CHALLENGER_WINS : GameStatus.DEFENDER_WINS;
        resolvedAt = uint64(block.timestamp);
        emit Resolved(status);
        return status;
    }

    /// @notice Pays the bond to who deserves it, and offers the game as the new anchor. Anyone may call it.
    function claimCredit(address recipient) external {
        if (registry.paused()) revert GamePaused();
        if (!registry.isGameFinalized(this)) revert GameNotFinalized();
        uint256 amount = credit(recipient);
        if (amount == 0) revert NoCreditToClaim();
        bondClaimed = true;
        // A later game may be the anchor already.
        try registry.setAnchorState(this) {} catch {}
        emit BondPaid(recipient, amount);
        (bool paid,) = recipient.call{value: amount}("");
        if (!paid) revert BondTransferFailed();
    }

    function l2BlockNumber() external view returns (uint256) {
        return l2SequenceNumber();
    }

    function gameData() external view returns (uint32, bytes32, bytes memory) {
        return (gameType, rootClaim(), extraData());
    }

    function anchorStateRegistry() external view returns (address) {
        return address(registry);
    }

    function l1Head() external view returns (bytes32) {
        return word(L1_HEAD);
    }

    /// @return Wei of the bond that are due to `recipient` once the game is final. A game that the guardian disregards
    /// decides nothing: then the bond goes back.
    function credit(address recipient) public view returns (uint256) {
        if (bondClaimed || status == GameStatus.IN_PROGRESS) return 0;
        bool lost = status == GameStatus.CHALLENGER_WINS && registry.isGameProper(this);
        return recipient == (lost ? challenger : gameCreator()) ? bond : 0;
    }

    function gameCreator() public view returns (address) {
        return address(bytes20(word(0)));
    }

    function rootClaim() public view returns (bytes32) {
        return word(ROOT_CLAIM);
    }

    function l2SequenceNumber() public view returns (uint256) {
        return uint256(word(EXTRA_DATA));
    }

    function extraData() public view returns (bytes memory) {
        return abi.encodePacked(word(EXTRA_DATA));
    }

    /// @dev A word of the arguments behind the clone's code.
    function word(uint256 offset) private view returns (bytes32 value) {
        bytes memory arguments = Clones.fetchCloneArgs(address(this));
        assembly ("memory-safe") {
            value := mload(add(add(arguments, 0x20), offset))
        }
    }
}
