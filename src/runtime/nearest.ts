import { closestMatch } from 'leven';

/** The candidate nearest to a misspelt name: at most a third of its letters differ. Undefined if none is near. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const distanceMax = Math.max(1, Math.floor(name.length / 3));
  return closestMatch(name, [...candidates], { maxDistance: distanceMax });
}
