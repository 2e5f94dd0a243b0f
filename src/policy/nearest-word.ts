import { nearestName } from '../runtime/nearest.ts';

/** The candidate that is nearest to a misspelt word. Upper and lower case count as equal. */
export function nearestWord(written: string, candidates: Iterable<string>): string | undefined {
  const byLowerCase = new Map(Array.from(candidates, (candidate) => [candidate.toLowerCase(), candidate]));
  const nearest = nearestName(written.toLowerCase(), byLowerCase.keys());
  return nearest === undefined ? undefined : byLowerCase.get(nearest);
}
