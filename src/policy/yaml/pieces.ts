/** A part of a text of YAML that is a text of YAML itself. */
export interface Piece {
  readonly text: string;
  /** The number of lines before it. */
  readonly linesBefore: number;
}

/** Where a document begins: nothing else may stand so at the beginning of a line, not even within a text in quotes. */
const beforeMarker = /\n(?=---(?:[ \t\r\n]|$))/;

/** What says how later documents are to be read, and what ends a document in another way. */
const reachesBeyond = /(?:^|\n)(?:%|\.\.\.)/;

/**
 * Divides a text before each `---`. If no piece has a fault by itself, the pieces hold the documents of the whole, one after
 * the other. If one has, only the whole tells what is wrong: something may be left open that a later piece would close. A
 * piece ends with a marker too, after which no document comes, since what is a fault before one may be none at the end of a text.
 */
export function piecesOf(text: string): readonly Piece[] {
  if (reachesBeyond.test(text)) return [{ text, linesBefore: 0 }];
  const parts = text.split(beforeMarker);
  let linesBefore = 0;
  return parts.map((part, index) => {
    const piece = { text: index === parts.length - 1 ? part : `${part}\n---\n`, linesBefore };
    linesBefore += linesIn(part) + 1;
    return piece;
  });
}

function linesIn(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
