import { createHash } from 'node:crypto';

/** The Merkle tree hash of leaf hashes, word for word as RFC 6962 section 2.1 defines it. */
export function plainRoot(leaves: readonly string[]): string {
  const [only, ...others] = leaves;
  if (only === undefined) return sha256('');
  if (others.length === 0) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(`01${plainRoot(leaves.slice(0, split))}${plainRoot(leaves.slice(split))}`);
}

function sha256(hex: string): string {
  return createHash('sha256').update(hex, 'hex').digest('hex');
}
