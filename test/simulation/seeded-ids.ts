import type { Random } from '../bench/estate/random.ts';
import type { IdSource } from '../../src/runtime/ids.ts';

/** Identifiers in the form of UUIDv7 that are the same for the same random source. */
export function seededIds(random: Random): IdSource {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => random.below(16).toString(16)).join('');
  return (instant) => {
    const time = Date.parse(instant).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-8${digits(3)}-${digits(12)}`;
  };
}
