// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title Models that contracts can call by their roots, besides the chain's default model
/// @notice The precompile reads this contract's storage (docs/spec/inference.md, "Registry"): it is part of consensus, and a
/// registration cannot be taken back. From `activeFrom` on every node must have the blob: one that does not can neither build
/// nor check a block that calls it. That is why only the owner and publishers it names register, and why it takes a while.
contract ModelRegistry is Ownable2Step {
    struct Model {
        /// From this block time on the precompile runs the model; 0: not registered.
        uint64 activeFrom;
        /// Bytes of the blob.
        uint32 size;
        /// Who registered it.
        address publisher;
    }

    /// @notice What the blob's header says (docs/spec/model.md), for readers; the precompile looks at the blob itself.
    struct Description {
        uint16 architecture;
        /// Multiply-accumulates per position or image, in thousands.
        uint32 kiloMacs;
        /// Where the blob may be had, for nodes that have no source of their own.
        string location;
    }

    string public constant version = "1.0.0";

    /// @notice Largest blob that a transaction may call; larger ones are for users off chain.
    uint32 public constant MAX_CALLED_SIZE = 4 << 20;
    uint256 private constant MAX_LOCATION = 256;

    // The place of this variable is part of consensus: the kernel reads its words.
    mapping(bytes32 root => Model) private _models;
    mapping(bytes32 root => Description) private _descriptions;
    mapping(address publisher => bool) public isPublisher;
    bytes32[] private _roots;
    /// @notice Seconds between a registration and the first call.
    uint64 public delay;

    event ModelRegistered(
        bytes32 indexed root, address indexed publisher, uint64 activeFrom, uint32 size, string location
    );
    event PublisherChanged(address indexed publisher, bool allowed);
    event DelayChanged(uint64 delay);

    error NotPublisher(address sender);
    error AlreadyRegistered(bytes32 root);
    error InvalidModel();

    constructor(address initialOwner) Ownable(initialOwner) {}

    /// @notice Makes a model callable after `delay`.
    /// @param root Root of the blob; `size` its bytes.
    function register(bytes32 root, uint32 size, Description calldata description) external {
        if (msg.sender != owner() && !isPublisher[msg.sender]) revert NotPublisher(msg.sender);
        if (_models[root].activeFrom != 0) revert AlreadyRegistered(root);
        if (root == 0 || size == 0 || bytes(description.location).length > MAX_LOCATION) revert InvalidModel();
        uint64 activeFrom = uint64(block.timestamp) + delay;
        _models[root] = Model(activeFrom, size, msg.sender);
        _descriptions[root] = description;
        _roots.push(root);
        emit ModelRegistered(root, msg.sender, activeFrom, size, description.location);
    }

    function setPublisher(address publisher, bool allowed) external onlyOwner {
        isPublisher[publisher] = allowed;
        emit PublisherChanged(publisher, allowed);
    }

    /// @notice Changes how long nodes have to fetch models that are registered from now on.
    function setDelay(uint64 newDelay) external onlyOwner {
        delay = newDelay;
        emit DelayChanged(newDelay);
    }

    function model(bytes32 root) external view returns (Model memory, Description memory) {
        return (_models[root], _descriptions[root]);
    }

    /// @notice Whether the precompile runs the model now, if the blob is a model that fits into a transaction.
    function isActive(bytes32 root) external view returns (bool) {
        Model storage found = _models[root];
        return found.activeFrom != 0 && found.activeFrom <= block.timestamp && found.size <= MAX_CALLED_SIZE;
    }

    function count() external view returns (uint256) {
        return _roots.length;
    }

    /// @notice Up to `limit` roots from `start` on, in the order of registration.
    function roots(uint256 start, uint256 limit) external view returns (bytes32[] memory list) {
        uint256 end = start > _roots.length ? _roots.length : start;
        uint256 length = _roots.length - end < limit ? _roots.length - end : limit;
        list = new bytes32[](length);
        for (uint256 i = 0; i < length; i++) list[i] = _roots[end + i];
    }
}
