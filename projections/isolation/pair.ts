/** From one segment or external to another. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

/**
 * What tells pairs of ends, or of VNIs, apart. No end holds a space, and all of its characters sort after a space: keys of
 * ends sort by from, then by to, in code point order.
 */
export function pairKey({
  from,
  to,
}: {
  readonly from: string | number;
  readonly to: string | number;
}): string {
  return `${from} ${to}`;
}
