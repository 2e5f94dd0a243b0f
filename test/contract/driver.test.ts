import { describeDriverContract } from './driver-contract.ts';
import { openEmbeddedOverlay } from './driver/embedded.ts';
import { openMemoryOverlay } from './driver/memory.ts';

describeDriverContract('in memory', openMemoryOverlay);
describeDriverContract('embedded', openEmbeddedOverlay);
