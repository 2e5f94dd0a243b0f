import { hash } from 'node:crypto';

/**
 * The hashes of a Merkle tree by RFC 6962 (section 2.1): SHA-256, each as 64 lower-case hexadecimal digits. The byte
 * in front keeps leaves and inner nodes apart, so that no node can pass for an entry.
 */
const leafPrefix = 0;
const nodePrefix = '01';

/** The root of a tree without leaves. */
export const emptyRoot = hash('sha256', '', 'hex');

/** The hash of an entry's exact bytes. */
export function leafHash(bytes: Uint8Array): string {
  const prefixed = Buffer.allocUnsafe(bytes.length + 1);
  prefixed[0] = leafPrefix;
  prefixed.set(bytes, 1);
  return hash('sha256', prefixed, 'hex');
}

/** The hash of an inner node over its two children. */
export function nodeHash(left: string, right: string): string {
  return hash('sha256', Buffer.from(nodePrefix + left + right, 'hex'), 'hex');
}
