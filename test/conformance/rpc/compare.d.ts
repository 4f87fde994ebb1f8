/**
 * Differences between two JSON-RPC responses. Of an error the code counts, its data where the expected one has data, and
 * that there is a message: the wording is the implementation's own.
 */
export declare function differences(expected: unknown, actual: unknown): string[];
/** Differences in kind only: members present, types of values, hex where hex is expected. */
export declare function shapeDifferences(expected: unknown, actual: unknown): string[];
