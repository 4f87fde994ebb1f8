// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInference, INFERENCE} from "./IInference.sol";

/// @title A bet on what a picture shows
/// @notice The picture is fixed by its hash when the bet opens. Whoever shows it settles the bet: the chain's network says which class
/// it belongs to, and those who staked on that class share everything, in proportion. If nobody did, all get back what is theirs.
contract ImageBet {
    bytes32 public immutable model;
    bytes32 public immutable imageHash;
    /// @notice Stakes are taken before this time; the picture is shown from then on.
    uint256 public immutable closesAt;

    mapping(address player => mapping(uint256 class => uint256)) public stakes;
    mapping(address player => uint256) public staked;
    mapping(uint256 class => uint256) public classTotal;
    uint256 public total;
    bool public settled;
    uint256 public winner;

    event Settled(uint256 class, int256 score);

    error Closed();
    error StillOpen();
    error OtherImage();
    error NothingToPay();

    constructor(bytes32 model_, bytes32 imageHash_, uint256 closesAt_) {
        (model, imageHash, closesAt) = (model_, imageHash_, closesAt_);
    }

    function stake(uint256 class) external payable {
        if (block.timestamp >= closesAt) revert Closed();
        stakes[msg.sender][class] += msg.value;
        staked[msg.sender] += msg.value;
        classTotal[class] += msg.value;
        total += msg.value;
    }

    /// @param image Red, green and blue of every pixel, row by row.
    function settle(bytes calldata image) external {
        if (block.timestamp < closesAt) revert StillOpen();
        if (settled) revert Closed();
        if (keccak256(image) != imageHash) revert OtherImage();
        (uint256 class, int256[] memory scores) = IInference(INFERENCE).classifyImage(model, image);
        settled = true;
        winner = class;
        emit Settled(class, scores[class]);
    }

    function claim() external {
        if (!settled) revert StillOpen();
        uint256 pot = classTotal[winner];
        uint256 due = pot == 0 ? staked[msg.sender] : total * stakes[msg.sender][winner] / pot;
        staked[msg.sender] = 0;
        stakes[msg.sender][winner] = 0;
        if (due == 0) revert NothingToPay();
        (bool ok,) = msg.sender.call{value: due}("");
        require(ok);
    }
}
