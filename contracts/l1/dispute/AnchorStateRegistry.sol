// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {SystemConfig} from "../SystemConfig.sol";
import {DisputeGameFactory} from "./DisputeGameFactory.sol";
import {GameStatus, IDisputeGame} from "./IDisputeGame.sol";

/// @title Says which games count
/// @notice The portal pays withdrawals only against games that this contract calls valid; new games start from the newest
/// of them. The guardian can disregard a game, or all older ones, in the time between resolution and finality.
contract AnchorStateRegistry is Initializable {
    error AnchorStateRegistry_Unauthorized();
    error AnchorStateRegistry_InvalidAnchorGame();

    struct Proposal {
        bytes32 root;
        uint256 l2SequenceNumber;
    }

    event AnchorUpdated(IDisputeGame indexed game);
    event RespectedGameTypeSet(uint32 gameType);
    event RetirementTimestampSet(uint256 timestamp);
    event DisputeGameBlacklisted(IDisputeGame indexed disputeGame);

    string public constant version = "3.5.0";

    /// @notice Seconds between resolution and finality: the guardian's time to act.
    uint256 public immutable disputeGameFinalityDelaySeconds;

    SystemConfig public systemConfig;
    DisputeGameFactory public disputeGameFactory;
    IDisputeGame public anchorGame;
    Proposal private startingAnchorRoot;
    mapping(IDisputeGame game => bool) public disputeGameBlacklist;
    uint32 public respectedGameType;
    /// @notice Games created until then do not count.
    uint64 public retirementTimestamp;

    constructor(uint256 finalityDelaySeconds) {
        disputeGameFinalityDelaySeconds = finalityDelaySeconds;
        _disableInitializers();
    }

    function initialize(
        SystemConfig systemConfig_,
        DisputeGameFactory factory,
        Proposal calldata startingRoot,
        uint32 startingGameType
    ) external initializer {
        systemConfig = systemConfig_;
        disputeGameFactory = factory;
        startingAnchorRoot = startingRoot;
        respectedGameType = startingGameType;
        retirementTimestamp = uint64(block.timestamp);
    }

    function setRespectedGameType(uint32 gameType) external onlyGuardian {
        respectedGameType = gameType;
        emit RespectedGameTypeSet(gameType);
    }

    /// @notice Disregards every game that exists now.
    function updateRetirementTimestamp() external onlyGuardian {
        retirementTimestamp = uint64(block.timestamp);
        emit RetirementTimestampSet(block.timestamp);
    }

    function blacklistDisputeGame(IDisputeGame game) external onlyGuardian {
        disputeGameBlacklist[game] = true;
        emit DisputeGameBlacklisted(game);
    }

    /// @notice Moves the anchor to a valid game about a later block. Anyone may call it.
    function setAnchorState(IDisputeGame game) external {
        (, uint256 current) = getAnchorRoot();
        if (!isGameClaimValid(game) || game.l2SequenceNumber() <= current) {
            revert AnchorStateRegistry_InvalidAnchorGame();
        }
        anchorGame = game;
        emit AnchorUpdated(game);
    }

    function anchors(uint32) external view returns (bytes32, uint256) {
        return getAnchorRoot();
    }

    function getStartingAnchorRoot() external view returns (Proposal memory) {
        return startingAnchorRoot;
    }

    /// @return The newest output root that is beyond dispute, and its L2 block.
    function getAnchorRoot() public view returns (bytes32, uint256) {
        if (address(anchorGame) == address(0)) return (startingAnchorRoot.root, startingAnchorRoot.l2SequenceNumber);
        return (anchorGame.rootClaim(), anchorGame.l2SequenceNumber());
    }

    function paused() public view returns (bool) {
        return systemConfig.paused();
    }

    /// @notice Whether the factory made the game, for this registry. Nothing that another contract says is believed.
    function isGameRegistered(IDisputeGame game) public view returns (bool) {
        (uint32 gameType, bytes32 rootClaim, bytes memory extraData) = game.gameData();
        (IDisputeGame registered,) = disputeGameFactory.games(gameType, rootClaim, extraData);
        return address(registered) == address(game) && game.anchorStateRegistry() == address(this);
    }

    function isGameRespected(IDisputeGame game) public view returns (bool) {
        return game.wasRespectedGameTypeWhenCreated();
    }

    function isGameBlacklisted(IDisputeGame game) public view returns (bool) {
        return disputeGameBlacklist[game];
    }

    function isGameRetired(IDisputeGame game) public view returns (bool) {
        return game.createdAt() <= retirementTimestamp;
    }

    function isGameResolved(IDisputeGame game) public view returns (bool) {
        return game.resolvedAt() != 0 && game.status() != GameStatus.IN_PROGRESS;
    }

    /// @notice Whether nothing speaks against the game, whatever its outcome.
    function isGameProper(IDisputeGame game) public view returns (bool) {
        return isGameRegistered(game) && !isGameBlacklisted(game) && !isGameRetired(game) && !paused();
    }

    function isGameFinalized(IDisputeGame game) public view returns (bool) {
        return isGameResolved(game) && block.timestamp - game.resolvedAt() > disputeGameFinalityDelaySeconds;
    }

    /// @notice Whether withdrawals may be paid against the game's claim.
    function isGameClaimValid(IDisputeGame game) public view returns (bool) {
        return isGameProper(game) && isGameRespected(game) && isGameFinalized(game)
            && game.status() == GameStatus.DEFENDER_WINS;
    }

    modifier onlyGuardian() {
        if (msg.sender != systemConfig.guardian()) revert AnchorStateRegistry_Unauthorized();
        _;
    }
}
