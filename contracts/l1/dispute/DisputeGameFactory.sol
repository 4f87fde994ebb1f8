// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IDisputeGame} from "./IDisputeGame.sol";

/// @title Makes every game, and lists them in order
contract DisputeGameFactory is Ownable, Initializable {
    error NoImplementation(uint32 gameType);
    error GameAlreadyExists(bytes32 uuid);
    error IncorrectBondAmount();

    struct GameSearchResult {
        uint256 index;
        /// Type (32 bits), creation time (64) and address (160).
        bytes32 metadata;
        uint64 timestamp;
        bytes32 rootClaim;
        bytes extraData;
    }

    event DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, bytes32 indexed rootClaim);
    event ImplementationSet(address indexed impl, uint32 indexed gameType);
    event InitBondUpdated(uint32 indexed gameType, uint256 indexed newBond);

    string public constant version = "1.2.0";

    mapping(uint32 gameType => IDisputeGame) public gameImpls;
    mapping(uint32 gameType => uint256) public initBonds;
    mapping(bytes32 uuid => bytes32 metadata) private gamesByUuid;
    bytes32[] private gameList;

    constructor() Ownable(address(0xdEaD)) {
        _disableInitializers();
    }

    function initialize(address owner_) external initializer {
        _transferOwnership(owner_);
    }

    /// @notice Proposes `rootClaim` with the bond of the game type. One claim about one block exists once.
    function create(uint32 gameType, bytes32 rootClaim, bytes calldata extraData)
        external
        payable
        returns (IDisputeGame proxy)
    {
        IDisputeGame implementation = gameImpls[gameType];
        if (address(implementation) == address(0)) revert NoImplementation(gameType);
        if (msg.value != initBonds[gameType]) revert IncorrectBondAmount();
        bytes32 uuid = getGameUUID(gameType, rootClaim, extraData);
        if (gamesByUuid[uuid] != 0) revert GameAlreadyExists(uuid);

        bytes memory arguments = abi.encodePacked(msg.sender, rootClaim, blockhash(block.number - 1), extraData);
        proxy = IDisputeGame(Clones.cloneWithImmutableArgs(address(implementation), arguments));
        bytes32 metadata = pack(gameType, uint64(block.timestamp), address(proxy));
        gamesByUuid[uuid] = metadata;
        gameList.push(metadata);
        proxy.initialize{value: msg.value}();
        emit DisputeGameCreated(address(proxy), gameType, rootClaim);
    }

    function setImplementation(uint32 gameType, IDisputeGame implementation) external onlyOwner {
        gameImpls[gameType] = implementation;
        emit ImplementationSet(address(implementation), gameType);
    }

    function setInitBond(uint32 gameType, uint256 bond) external onlyOwner {
        initBonds[gameType] = bond;
        emit InitBondUpdated(gameType, bond);
    }

    function gameCount() external view returns (uint256) {
        return gameList.length;
    }

    function gameAtIndex(uint256 index)
        external
        view
        returns (uint32 gameType, uint64 timestamp, IDisputeGame proxy)
    {
        return unpack(gameList[index]);
    }

    /// @return proxy The game about that claim, or zero.
    function games(uint32 gameType, bytes32 rootClaim, bytes calldata extraData)
        external
        view
        returns (IDisputeGame proxy, uint64 timestamp)
    {
        (, timestamp, proxy) = unpack(gamesByUuid[getGameUUID(gameType, rootClaim, extraData)]);
    }

    /// @notice Up to `n` games of a type, from index `start` backwards.
    function findLatestGames(uint32 gameType, uint256 start, uint256 n)
        external
        view
        returns (GameSearchResult[] memory found)
    {
        if (start >= gameList.length || n == 0) return found;
        found = new GameSearchResult[](n < start + 1 ? n : start + 1);
        uint256 count = 0;
        for (uint256 next = start + 1; next > 0 && count < found.length; --next) {
            bytes32 metadata = gameList[next - 1];
            (uint32 type_, uint64 timestamp, IDisputeGame proxy) = unpack(metadata);
            if (type_ != gameType) continue;
            found[count++] =
                GameSearchResult(next - 1, metadata, timestamp, proxy.rootClaim(), proxy.extraData());
        }
        // What was not found is cut off.
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    function getGameUUID(uint32 gameType, bytes32 rootClaim, bytes calldata extraData) public pure returns (bytes32) {
        return keccak256(abi.encode(gameType, rootClaim, extraData));
    }

    function pack(uint32 gameType, uint64 timestamp, address proxy) private pure returns (bytes32) {
        return bytes32((uint256(gameType) << 224) | (uint256(timestamp) << 160) | uint160(proxy));
    }

    function unpack(bytes32 metadata) private pure returns (uint32, uint64, IDisputeGame) {
        uint256 word = uint256(metadata);
        return (uint32(word >> 224), uint64(word >> 160), IDisputeGame(address(uint160(word))));
    }
}
