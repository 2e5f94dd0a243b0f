import { randomFillSync } from 'node:crypto';

/** The source of identifiers, as a port. Makes a UUIDv7 (RFC 9562) for the given instant (UTC with milliseconds). */
export type IdSource = (instant: string) => string;

/** Random hexadecimal digits that one identifier takes: 80 bits. */
const digitsOfOne = 20;
/**
 * Random bytes for many identifiers at once: a call of the operating system takes longer than the rest of the work.
 */
const drawn = Buffer.alloc((digitsOfOne / 2) * 512);
let digits = '';
let used = 0;
/** The last instant, and the beginning of its identifiers: entries that are recorded together share an instant. */
let timed = { instant: '', prefix: '' };

/** 48 bits of Unix milliseconds, version and variant, 74 random bits. */
export const randomIds: IdSource = (instant) => {
  const hex = randomHex();
  const variant = '89ab'[Number.parseInt(hex.charAt(3), 16) & 0x3] ?? '';
  return `${prefixOf(instant)}${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
};

function prefixOf(instant: string): string {
  if (timed.instant !== instant) {
    const time = Date.parse(instant).toString(16).padStart(12, '0');
    timed = { instant, prefix: `${time.slice(0, 8)}-${time.slice(8)}-7` };
  }
  return timed.prefix;
}

/** 80 random bits that were never given out before, as 20 hexadecimal digits. */
function randomHex(): string {
  if (used === digits.length) {
    digits = randomFillSync(drawn).toString('hex');
    used = 0;
  }
  used += digitsOfOne;
  return digits.slice(used - digitsOfOne, used);
}
