import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { plainText } from './plain-text.ts';

/**
 * The one spelling of a JSON value (RFC 8785), in which values are stored, hashed and compared. Throws a TypeError
 * for a value without a JSON form (undefined, a function, NaN, an infinity).
 */
export function canonicalText(value: unknown): string {
  const text = plainText(value) ?? canonicalize(value);
  if (text === undefined) throw new TypeError('a value without a JSON form has no canonical bytes');
  return text;
}

/** The canonical text as UTF-8. */
export function canonicalBytes(value: unknown): Uint8Array {
  return Buffer.from(canonicalText(value));
}

/** SHA-256 of a value's canonical bytes, as 64 lower-case hexadecimal digits. */
export function digestOf(value: unknown): string {
  return digestOfText(canonicalText(value));
}

/** SHA-256 of a text as UTF-8, as 64 lower-case hexadecimal digits. */
export function digestOfText(text: string): string {
  return hash('sha256', text, 'hex');
}
