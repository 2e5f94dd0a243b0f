import { factsOf } from '../facts.ts';
import type { EventFormat } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { ocsfEvent, ocsfHeartbeat } from './event.ts';
import type { OcsfVersion } from './versions.ts';

/** The Open Cybersecurity Schema Framework, in one of its versions. */
export function ocsf(version: OcsfVersion): EventFormat {
  return {
    name: 'ocsf',
    contentType: 'application/json',
    write: (entry, context) => jsonLine(ocsfEvent(factsOf(entry), context, version)),
    heartbeat: (beat, context) => jsonLine(ocsfHeartbeat(beat, context, version)),
  };
}
