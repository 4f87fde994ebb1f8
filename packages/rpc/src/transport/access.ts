import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import type { RpcConfig } from "../config.ts";

/** The host part of a Host header, without port and brackets. */
const hostName = (header: string): string => {
  if (header.startsWith("[")) return header.slice(1, header.indexOf("]"));
  const colon = header.lastIndexOf(":");
  return colon === -1 ? header : header.slice(0, colon);
};

/**
 * Whether the Host header names this node: any IP address, or a listed name. Keeps a web page from reaching the node
 * through a name that it re-binds to a local address.
 */
export const isHostAllowed = (config: RpcConfig, request: IncomingMessage): boolean => {
  const header = request.headers.host;
  if (header === undefined || config.allowedHosts.includes("*")) return true;
  const name = hostName(header).toLowerCase();
  return isIP(name) !== 0 || config.allowedHosts.some((allowed) => allowed.toLowerCase() === name);
};

/** Whether a page of this origin may call; requests without an Origin header come from no page. */
export const isOriginAllowed = (config: RpcConfig, origin: string | undefined): boolean =>
  origin === undefined || config.corsOrigins.includes("*") || config.corsOrigins.includes(origin);

/** CORS headers of an answer to `request`; none when it did not come from a page. */
export const corsHeaders = (config: RpcConfig, request: IncomingMessage): OutgoingHttpHeaders => {
  const { origin } = request.headers;
  if (origin === undefined || !isOriginAllowed(config, origin)) return {};
  const any = config.corsOrigins.includes("*");
  return any ? { "access-control-allow-origin": "*" } : { "access-control-allow-origin": origin, vary: "origin" };
};

/** Headers of the answer to a preflight request. */
export const PREFLIGHT_HEADERS: OutgoingHttpHeaders = {
  "access-control-allow-methods": "POST, GET, OPTIONS",
  "access-control-allow-headers": "content-type, authorization",
  "access-control-max-age": "600",
};
