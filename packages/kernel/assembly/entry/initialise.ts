/** What an instance sets up once, before any other entry. */
import { initAncestors } from "../block/ancestors";
import { initFees } from "../block/fees";
import { initImport } from "../block/import";
import { initModels } from "../block/models";
import { initOmmers } from "../block/ommers";
import { initOpenBlock } from "../block/open-block";
import { initSystemCalls } from "../block/system";
import { initEvm } from "../evm/message";
import { initCosts } from "../rollup/costs";
import { initState } from "../state/base";
import { initAuthorizations } from "../transaction/authorization";
import { initErrors } from "../transaction/error";
import { initExecution } from "../transaction/execute";
import { initKnown } from "../transaction/known";
import { initSignatures } from "../transaction/signature";
import { initValidity } from "../transaction/validity";

/** The seeds are host randomness for the keyed tables; no result depends on them. */
export function initialiseKernel(seed0: u64, seed1: u64): void {
  initState(seed0, seed1);
  initEvm();
  initErrors();
  initSignatures();
  initKnown();
  initValidity();
  initAuthorizations();
  initExecution();
  initCosts();
  initFees();
  initAncestors();
  initSystemCalls();
  initOmmers();
  initOpenBlock();
  initImport();
  initModels();
}
