/** The end of a complaint about an unknown name: `; did you mean globex?`, or an empty text if no name is near. */
export function nearestWords(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
