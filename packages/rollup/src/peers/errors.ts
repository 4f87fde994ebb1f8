export type PeerErrorCode =
  /** Nobody answers there, or the connection broke. */
  | "UNREACHABLE"
  /** The peer takes no connection now. */
  | "REFUSED"
  /** The peer ended the stream. */
  | "CLOSED"
  /** Nothing whole came for too long. */
  | "TIMEOUT"
  /** A block whose time has not come, by this node's clock. */
  | "FUTURE_BLOCK"
  /** Speaks another version of the stream. */
  | "WRONG_VERSION"
  | "WRONG_CHAIN"
  | "MALFORMED"
  | "OVERSIZE"
  /** Not signed by the account that L1 names. */
  | "WRONG_SIGNER"
  /** Signed, and yet no block that could follow its parent. */
  | "INVALID_BLOCK";

/** Codes that can be an honest peer's bad day. */
const EXCUSABLE: ReadonlySet<PeerErrorCode> = new Set<PeerErrorCode>([
  ...(["UNREACHABLE", "REFUSED", "CLOSED", "TIMEOUT", "FUTURE_BLOCK"] as const),
]);

/** Why a peer was left. */
export class PeerError extends Error {
  readonly code: PeerErrorCode;
  readonly shortMessage: string;

  constructor(code: PeerErrorCode, problem: string, options?: ErrorOptions) {
    super(`peer: ${problem}`, options);
    this.name = "PeerError";
    this.code = code;
    this.shortMessage = problem;
  }

  /** No honest peer of the same chain does that. */
  get isHostile(): boolean {
    return !EXCUSABLE.has(this.code);
  }
}
