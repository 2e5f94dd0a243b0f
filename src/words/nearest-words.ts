/** The end of a complaint about a name that is unknown: `; did you mean globex?`, or nothing where no name is near. */
export function nearestWords(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
