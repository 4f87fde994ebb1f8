// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Length of the FastLZ (level 1) compression of some bytes
/// @notice Fjord prices a transaction's L1 data by this length. Only the length matters, so nothing is written but the
/// table of the positions at which three bytes with one hash were last seen.
library FastLz {
    uint256 private constant TABLE_ENTRIES = 8192;
    uint256 private constant MAX_DISTANCE = 0x1fff;
    uint256 private constant LITERAL_RUN = 32;
    uint256 private constant LONGEST_MATCH = 262;
    /// @dev The compressor leaves the last bytes alone: a match starts at least this far from the end, and ends four before.
    uint256 private constant TAIL = 13;

    function compressedLength(bytes memory data) internal pure returns (uint256 length) {
        unchecked {
            uint256 literalsFrom = 0;
            if (data.length > TAIL) {
                uint256 table = newTable();
                uint256 limit = data.length - TAIL;
                uint256 position = 2;
                while (position < limit) {
                    uint256 earlier;
                    (position, earlier) = nextMatch(data, table, position, limit);
                    if (position >= limit) break;
                    length += literalsLength(position - literalsFrom);
                    uint256 matched = matchLength(data, earlier + 3, position + 3, limit + 9);
                    length += matchCost(matched);
                    position = remember(data, table, remember(data, table, position + matched));
                    literalsFrom = position;
                }
            }
            length += literalsLength(data.length - literalsFrom);
        }
    }

    /// @return The first position from `position` on whose three bytes stand within reach before it, or one not below `limit`.
    /// @return earlier Where they stand.
    function nextMatch(bytes memory data, uint256 table, uint256 position, uint256 limit)
        private
        pure
        returns (uint256, uint256 earlier)
    {
        unchecked {
            for (; position < limit; ++position) {
                uint256 sequence = threeBytes(data, position);
                uint256 entry = table + hashOf(sequence) * 4;
                earlier = swap(entry, position);
                if (position - earlier <= MAX_DISTANCE && sequence == threeBytes(data, earlier)) return (position, earlier);
            }
            return (limit, 0);
        }
    }

    /// @dev The byte that ends a match counts: the format stores lengths less two.
    function matchLength(bytes memory data, uint256 from, uint256 to, uint256 end)
        private
        pure
        returns (uint256 matched)
    {
        unchecked {
            uint256 most = end - to;
            while (matched < most) {
                bool same = byteAt(data, from + matched) == byteAt(data, to + matched);
                ++matched;
                if (!same) break;
            }
        }
    }

    function matchCost(uint256 matched) private pure returns (uint256) {
        unchecked {
            uint256 stored = matched - 1;
            return 3 * (stored / LONGEST_MATCH) + (stored % LONGEST_MATCH >= 6 ? 3 : 2);
        }
    }

    function literalsLength(uint256 count) private pure returns (uint256) {
        unchecked {
            uint256 rest = count % LITERAL_RUN;
            return count / LITERAL_RUN * (LITERAL_RUN + 1) + (rest == 0 ? 0 : rest + 1);
        }
    }

    function remember(bytes memory data, uint256 table, uint256 position) private pure returns (uint256 next) {
        unchecked {
            swap(table + hashOf(threeBytes(data, position)) * 4, position);
            return position + 1;
        }
    }

    function hashOf(uint256 sequence) private pure returns (uint256) {
        unchecked {
            return ((sequence * 2654435769) >> 19) & (TABLE_ENTRIES - 1);
        }
    }

    /// @dev Four bytes per entry, and room for the word that the last one is written with.
    function newTable() private pure returns (uint256 table) {
        bytes memory entries = new bytes(TABLE_ENTRIES * 4 + 28);
        assembly ("memory-safe") {
            table := add(entries, 0x20)
        }
    }

    function swap(uint256 entry, uint256 value) private pure returns (uint256 previous) {
        assembly ("memory-safe") {
            let word := mload(entry)
            previous := shr(224, word)
            mstore(entry, or(shl(224, value), and(word, sub(shl(224, 1), 1))))
        }
    }

    /// @dev Little-endian.
    function threeBytes(bytes memory data, uint256 position) private pure returns (uint256 sequence) {
        assembly ("memory-safe") {
            let word := mload(add(add(data, 0x20), position))
            sequence := or(byte(0, word), or(shl(8, byte(1, word)), shl(16, byte(2, word))))
        }
    }

    function byteAt(bytes memory data, uint256 position) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(add(add(data, 0x20), position)))
        }
    }
}
