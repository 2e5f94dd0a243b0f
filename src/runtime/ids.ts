import { randomFillSync } from 'node:crypto';

/** Where identifiers come from, as a port: a UUIDv7 (RFC 9562) for the given instant (UTC with milliseconds). */
export type IdSource = (instant: string) => string;

/** What one identifier takes, in bytes. */
const randomBytes = 10;
/** Drawn for many identifiers at once: asking the operating system takes longer than all the rest of making one. */
const drawn = Buffer.alloc(randomBytes * 512);
let used = drawn.length;

/** 48 bits of Unix milliseconds, version and variant, 74 random bits. */
export const randomIds: IdSource = (instant) => {
  const hex = randomHex();
  const time = Date.parse(instant).toString(16).padStart(12, '0');
  const variant = ((Number.parseInt(hex.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
};

/** 80 random bits that nobody was given before, as 20 hexadecimal digits. */
function randomHex(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += randomBytes;
  return drawn.toString('hex', used - randomBytes, used);
}
