import { getRandomValues } from 'node:crypto';

/** Where identifiers come from, as a port: a UUIDv7 (RFC 9562) for the given instant (UTC with milliseconds). */
export type IdSource = (instant: string) => string;

/** 48 bits of Unix milliseconds, version and variant, 74 random bits. */
export const randomIds: IdSource = (instant) => {
  const random = getRandomValues(new Uint8Array(10));
  const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const time = Date.parse(instant).toString(16).padStart(12, '0');
  const variant = ((Number.parseInt(hex.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
};
