// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What an output root, version 0, commits to.
struct OutputRootProof {
    bytes32 version;
    bytes32 stateRoot;
    bytes32 messagePasserStorageRoot;
    bytes32 latestBlockhash;
}

using {outputRoot} for OutputRootProof global;

function outputRoot(OutputRootProof memory proof) pure returns (bytes32) {
    return
        keccak256(abi.encode(proof.version, proof.stateRoot, proof.messagePasserStorageRoot, proof.latestBlockhash));
}
