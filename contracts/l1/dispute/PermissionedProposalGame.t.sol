// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {L1System} from "../../testing/L1System.sol";
import {AnchorStateRegistry} from "./AnchorStateRegistry.sol";
import {DisputeGameFactory} from "./DisputeGameFactory.sol";
import {GameStatus, IDisputeGame} from "./IDisputeGame.sol";
import {PermissionedProposalGame} from "./PermissionedProposalGame.sol";

/// @dev Says of itself whatever makes a game valid.
contract Impostor {
    address public immutable anchorStateRegistry;
    bytes32 public immutable rootClaim;
    uint256 public constant l2SequenceNumber = 1_000;
    bool public constant wasRespectedGameTypeWhenCreated = true;
    uint64 public constant createdAt = type(uint64).max;
    uint64 public constant resolvedAt = 1;
    GameStatus public constant status = GameStatus.DEFENDER_WINS;

    constructor(address registry, bytes32 claim) {
        (anchorStateRegistry, rootClaim) = (registry, claim);
    }

    function gameData() external view returns (uint32, bytes32, bytes memory) {
        return (1, rootClaim, abi.encode(l2SequenceNumber));
    }
}

contract PermissionedProposalGameTest is L1System {
    bytes32 internal constant CLAIM = keccak256("claim");

    function proposal(uint256 l2Block) internal returns (PermissionedProposalGame game) {
        (IDisputeGame made,) = propose(CLAIM, l2Block);
        return PermissionedProposalGame(address(made));
    }

    function testFuzz_knowsWhatItIsAbout(bytes32 claim, uint256 l2Block) public {
        l2Block = bound(l2Block, 1, type(uint256).max);
        (IDisputeGame made, uint256 index) = propose(claim, l2Block);
        equal(made.rootClaim(), claim);
        equal(made.l2SequenceNumber(), l2Block);
        equal(made.extraData(), abi.encode(l2Block));
        equal(made.gameCreator(), PROPOSER);
        equal(made.l1Head(), blockhash(block.number - 1));
        equal(made.createdAt(), block.timestamp);
        isTrue(made.wasRespectedGameTypeWhenCreated(), "respected");
        (uint32 gameType, uint64 timestamp, IDisputeGame listed) = factory.gameAtIndex(index);
        equal(gameType, GAME_TYPE);
        equal(timestamp, block.timestamp);
        equal(address(listed), address(made));
        (IDisputeGame found,) = factory.games(GAME_TYPE, claim, abi.encode(l2Block));
        equal(address(found), address(made));
        vm.expectRevert(PermissionedProposalGame.AlreadyInitialized.selector);
        made.initialize();
    }

    function test_oneClaimAboutABlockExistsOnce() public {
        proposal(5);
        bytes32 uuid = factory.getGameUUID(GAME_TYPE, CLAIM, abi.encode(5));
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(DisputeGameFactory.GameAlreadyExists.selector, uuid));
        factory.create{value: BOND}(GAME_TYPE, CLAIM, abi.encode(5));
    }

    function test_takesProposalsOnlyAsTheyShouldBe() public {
        vm.deal(ALICE, 1 ether);
        vm.prank(ALICE);
        vm.expectRevert(PermissionedProposalGame.NotProposer.selector);
        factory.create{value: BOND}(GAME_TYPE, CLAIM, abi.encode(1));
        vm.startPrank(PROPOSER);
        vm.expectRevert(DisputeGameFactory.IncorrectBondAmount.selector);
        factory.create{value: BOND - 1}(GAME_TYPE, CLAIM, abi.encode(1));
        vm.expectRevert(abi.encodeWithSelector(DisputeGameFactory.NoImplementation.selector, uint32(0)));
        factory.create{value: BOND}(0, CLAIM, abi.encode(1));
        vm.expectRevert(PermissionedProposalGame.BadExtraData.selector);
        factory.create{value: BOND}(GAME_TYPE, CLAIM, abi.encode(1, 2));
        vm.expectRevert(abi.encodeWithSelector(PermissionedProposalGame.UnexpectedRootClaim.selector, CLAIM));
        factory.create{value: BOND}(GAME_TYPE, CLAIM, abi.encode(0));
        vm.stopPrank();
    }

    function test_standsWhenNobodyObjects() public {
        PermissionedProposalGame game = proposal(5);
        pass(MAX_CLOCK - 1);
        vm.expectRevert(PermissionedProposalGame.ClockNotExpired.selector);
        game.resolve();
        pass(1);
        vm.prank(CHALLENGER);
        vm.expectRevert(PermissionedProposalGame.ClockTimeExceeded.selector);
        game.challenge();
        game.resolve();
        isTrue(game.status() == GameStatus.DEFENDER_WINS, "stands");
        vm.expectRevert(PermissionedProposalGame.GameNotInProgress.selector);
        game.resolve();
        vm.expectRevert(PermissionedProposalGame.GameNotFinalized.selector);
        game.claimCredit(PROPOSER);
        pass(GAME_FINALITY + 1);
        uint256 before = PROPOSER.balance;
        game.claimCredit(PROPOSER);
        equal(PROPOSER.balance, before + BOND);
        (bytes32 root, uint256 l2Block) = registry.getAnchorRoot();
        equal(root, CLAIM);
        equal(l2Block, 5);
        vm.expectRevert(PermissionedProposalGame.NoCreditToClaim.selector);
        game.claimCredit(PROPOSER);
    }

    function test_fallsWhenTheChallengerObjects() public {
        PermissionedProposalGame game = proposal(5);
        vm.expectRevert(PermissionedProposalGame.NotChallenger.selector);
        game.challenge();
        vm.prank(CHALLENGER);
        game.challenge();
        game.resolve();
        isTrue(game.status() == GameStatus.CHALLENGER_WINS, "fallen");
        pass(GAME_FINALITY + 1);
        vm.expectRevert(PermissionedProposalGame.NoCreditToClaim.selector);
        game.claimCredit(PROPOSER);
        game.claimCredit(CHALLENGER);
        equal(CHALLENGER.balance, BOND);
        (, uint256 l2Block) = registry.getAnchorRoot();
        equal(l2Block, 0);
    }

    function test_aDisregardedGameGivesTheBondBack() public {
        PermissionedProposalGame game = proposal(5);
        vm.prank(CHALLENGER);
        game.challenge();
        game.resolve();
        vm.prank(GUARDIAN);
        registry.blacklistDisputeGame(game);
        pass(GAME_FINALITY + 1);
        uint256 before = PROPOSER.balance;
        game.claimCredit(PROPOSER);
        equal(PROPOSER.balance, before + BOND);
    }

    function test_theAnchorOnlyMovesForward() public {
        PermissionedProposalGame older = proposal(5);
        PermissionedProposalGame newer = proposal(6);
        pass(MAX_CLOCK);
        older.resolve();
        newer.resolve();
        vm.expectRevert(AnchorStateRegistry.AnchorStateRegistry_InvalidAnchorGame.selector);
        registry.setAnchorState(newer);
        pass(GAME_FINALITY + 1);
        registry.setAnchorState(newer);
        vm.expectRevert(AnchorStateRegistry.AnchorStateRegistry_InvalidAnchorGame.selector);
        registry.setAnchorState(older);
        older.claimCredit(PROPOSER);
        (, uint256 l2Block) = registry.getAnchorRoot();
        equal(l2Block, 6);
    }

    function test_believesNoGameThatTheFactoryDidNotMake() public {
        IDisputeGame impostor = IDisputeGame(address(new Impostor(address(registry), CLAIM)));
        isTrue(!registry.isGameProper(impostor), "improper");
        isTrue(!registry.isGameClaimValid(impostor), "invalid");
        vm.expectRevert(AnchorStateRegistry.AnchorStateRegistry_InvalidAnchorGame.selector);
        registry.setAnchorState(impostor);
    }

    function test_onlyTheGuardianDisregards() public {
        PermissionedProposalGame game = proposal(5);
        vm.startPrank(OWNER);
        vm.expectRevert(AnchorStateRegistry.AnchorStateRegistry_Unauthorized.selector);
        registry.blacklistDisputeGame(game);
        vm.expectRevert(AnchorStateRegistry.AnchorStateRegistry_Unauthorized.selector);
        registry.updateRetirementTimestamp();
        vm.expectRevert(AnchorStateRegistry.AnchorStateRegistry_Unauthorized.selector);
        registry.setRespectedGameType(0);
        vm.stopPrank();
        vm.prank(GUARDIAN);
        registry.setRespectedGameType(0);
        (IDisputeGame later,) = propose(CLAIM, 9);
        isTrue(!registry.isGameRespected(later), "not respected");
        isTrue(registry.isGameRespected(game), "respected when created");
    }

    function testFuzz_findsTheLatestGamesOfAType(uint8 count, uint8 start, uint8 most) public {
        uint256 games = bound(count, 1, 12);
        for (uint256 i = 1; i <= games; ++i) {
            propose(keccak256(abi.encode(i)), i);
        }
        uint256 from = bound(start, 0, games - 1);
        DisputeGameFactory.GameSearchResult[] memory found = factory.findLatestGames(GAME_TYPE, from, most);
        uint256 expected = from + 1 < most ? from + 1 : most;
        equal(found.length, expected);
        for (uint256 i = 0; i < found.length; ++i) {
            equal(found[i].index, from - i);
            equal(found[i].rootClaim, keccak256(abi.encode(from - i + 1)));
            equal(found[i].extraData, abi.encode(from - i + 1));
        }
        equal(factory.findLatestGames(7, from, most).length, 0);
        equal(factory.findLatestGames(GAME_TYPE, games, most).length, 0);
    }
}
