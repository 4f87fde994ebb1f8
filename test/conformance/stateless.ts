import type { ChainConfig, Header } from "@hyperion/kernel";
import { executeStateless } from "@hyperion/kernel";
import { toHex } from "./hex.ts";
import type { Mismatch } from "./suite.ts";
