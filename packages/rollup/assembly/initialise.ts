/** What an instance sets up once, before any other entry. */
import { initBlockStart } from "./attributes/block-start";
import { initDeposits } from "./attributes/deposit";
import { initL1Attributes } from "./attributes/l1-attributes";
import { initSystemConfig } from "./attributes/system-config";
import { initSingular } from "./batch/singular";
import { initSpan } from "./batch/span";
import { initSpanData } from "./batch/span-data";
import { initSpanTransaction } from "./batch/span-transaction";
import { initAssembler } from "./channel/assembler";
import { initFrames } from "./channel/frames";
import { initDecompression } from "./compression/decompress";
import { initConfig } from "./config";
import { initParent } from "./pipeline/parent";

export function initialiseDerivation(): void {
  initConfig();
  initDecompression();
  initFrames();
  initAssembler();
  initSingular();
  initSpan();
  initSpanData();
  initSpanTransaction();
  initParent();
  initSystemConfig();
  initDeposits();
  initL1Attributes();
  initBlockStart();
}
