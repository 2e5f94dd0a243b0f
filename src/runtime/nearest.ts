import { closestMatch } from 'leven';

/** The candidate that a misspelt name most likely meant: at most a third of its letters differ. Undefined if none is near. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const distanceMax = Math.max(1, Math.floor(name.length / 3));
  return closestMatch(name, [...candidates], { maxDistance: distanceMax });
}
