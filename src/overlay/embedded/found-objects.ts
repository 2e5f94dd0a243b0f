import { entryBytesMax } from '../../../events/entry.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';

/** Bytes of an entry that are kept free for its envelope, and for what an event says beside one object. */
const entryBytesReserved = 3_072;

/** The most bytes of one object that is found: an object is in one event, as drift. */
const objectBytesMax = entryBytesMax - entryBytesReserved;

/** As JSON writes half a character; the name of no endpoint holds a backslash. */
const halfCharacter = /\\ud[89a-f]/;

/** Why an object that was found at a host cannot be recorded, in words; undefined if it can. */
export function flawOfObject(object: OverlayObject): string | undefined {
  const json = JSON.stringify(object);
  if (halfCharacter.test(json)) return 'holds half a character';
  const bytes = Buffer.byteLength(json);
  return bytes > objectBytesMax ? `has ${String(bytes)} bytes` : undefined;
}
