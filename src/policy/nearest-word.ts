import { nearestName } from '../runtime/nearest.ts';

/** The candidate that a misspelt word most likely meant, upper and lower case aside. */
export function nearestWord(written: string, candidates: Iterable<string>): string | undefined {
  const byLowerCase = new Map(Array.from(candidates, (candidate) => [candidate.toLowerCase(), candidate]));
  const nearest = nearestName(written.toLowerCase(), byLowerCase.keys());
  return nearest === undefined ? undefined : byLowerCase.get(nearest);
}
