import { DateTime, FixedOffsetZone, IANAZone } from 'luxon';
import { instant } from '../../events/names.ts';
import type { Bound } from '../../events/estate.ts';
import { textForm } from './field-doc.ts';
import { text } from './fields.ts';
import { excerpt } from './excerpt.ts';
import { Flaw } from './flaw.ts';
import { nearestWord } from './nearest-word.ts';

const boundWords =
  '2026-12-31T18:00:00[Europe/Berlin], 2026-12-31T18:00:00+01:00 or 2026-12-31T17:00:00Z (at most milliseconds)';
const boundPattern =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?(?:\[([^\]]*)\])?$/;
const localFormat = "yyyy-MM-dd'T'HH:mm:ss.SSS";

export const timeBoundForm = textForm(
  `a point in time with an offset or a zone: ${boundWords}`,
  boundPattern,
);

/**
 * A point in time with a zone, with an offset, or with both if they agree. The bound keeps its text, and the instant
 * that the text means.
 */
export const timeBound = text(readTimeBound);

/** Reads a bound from a text alone, without a schema. */
export function readTimeBound(written: string): Bound | Flaw {
  const [, local, offset, zone] = boundPattern.exec(written) ?? [];
  if (local === undefined) return new Flaw('not a point in time', { allowed: boundWords });
  // Read as UTC only to get the fields of the clock on the wall.
  const wall = DateTime.fromISO(local, { zone: 'utc' });
  if (!wall.isValid) return new Flaw('no calendar has this day or time', { allowed: boundWords });
  const meant = zone === undefined ? fromOffset(wall, offset) : fromZone({ local, wall, offset, zone });
  if (meant instanceof Flaw) return meant;
  const utc = new Date(meant).toISOString();
  if (!instant.safeParse(utc).success)
    return new Flaw('beyond the years 0000 to 9999', { allowed: boundWords });
  return { text: written, instant: utc };
}

/** In milliseconds since 1970, as every instant that these functions pass on. */
function fromOffset(wall: DateTime, offset: string | undefined): number | Flaw {
  if (offset === undefined) {
    return new Flaw('a time needs a zone or an offset: without one it means another instant at each place', {
      allowed: boundWords,
    });
  }
  return wall.setZone(offsetZone(offset), { keepLocalTime: true }).toMillis();
}

interface Zoned {
  readonly local: string;
  readonly wall: DateTime;
  readonly offset: string | undefined;
  readonly zone: string;
}

function fromZone({ local, wall, offset, zone }: Zoned): number | Flaw {
  // The library keeps the result of `create` by name; `isValidZone` would make a formatter at every call.
  const iana = IANAZone.create(zone);
  if (!/^[A-Za-z]/.test(zone) || !iana.isValid) return unknownZone(zone);
  const zoned = wall.setZone(iana, { keepLocalTime: true });
  const possible = zoned.getPossibleOffsets();
  const exists = zoned.toFormat(localFormat) === wall.toFormat(localFormat);
  if (offset !== undefined) {
    const meant = wall.setZone(offsetZone(offset), { keepLocalTime: true }).toMillis();
    if (exists && possible.some((each) => each.toMillis() === meant)) return meant;
  }
  if (!exists) {
    return new Flaw(
      `this time does not exist in ${zone}, where clocks jump over it: choose an offset instead`,
      {
        allowed: offsetsAround(wall, iana)
          .map((each) => `${local}${each}`)
          .join(' or '),
      },
    );
  }
  const choices = possible.map((each) => `${local}${each.toFormat('ZZ')}[${zone}]`).join(' or ');
  if (offset !== undefined) {
    return new Flaw(`offset and zone contradict each other: ${zone} is not at ${offset} then`, {
      allowed: choices,
    });
  }
  if (possible.length === 1) return zoned.toMillis();
  return new Flaw(
    `this time exists twice in ${zone}, where clocks are set back: add the offset that you mean`,
    {
      allowed: choices,
    },
  );
}

/**
 * The offsets before and after the jump. No offset reaches 24 hours, so a day to either side is clear of the jump.
 */
function offsetsAround(wall: DateTime, zone: IANAZone): string[] {
  const days = [wall.minus({ days: 1 }), wall.plus({ days: 1 })];
  return days.map((day) => zone.formatOffset(day.toMillis(), 'short'));
}

function unknownZone(zone: string): Flaw {
  const nearest = nearestWord(zone, [...Intl.supportedValuesOf('timeZone'), 'UTC']);
  return new Flaw(`unknown time zone ${excerpt(zone)}`, {
    allowed: 'a name of the IANA time zone database, as Europe/Berlin',
    nearest,
  });
}

function offsetZone(offset: string): FixedOffsetZone {
  return FixedOffsetZone.parseSpecifier(offset === 'Z' ? 'UTC' : `UTC${offset}`);
}

/** The flaw of two bounds in the wrong order; undefined if `expires` comes after `from`. */
export function orderFlaw(from: Bound, expires: Bound): Flaw | undefined {
  if (expires.instant > from.instant) return undefined;
  return new Flaw('expires must come after from', { allowed: `any time after ${from.text}` });
}
