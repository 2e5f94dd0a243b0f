import { createHash } from 'node:crypto';
import type { JudgedOn } from '../known-at.ts';
import { shellWord } from './shell-word.ts';
import { markup, type Markup } from './markup.ts';
import { style } from './style.ts';

/** How grave something is, as its colour and height. */
export type Shade = 'authorised' | 'pending' | 'unauthorised' | 'unknown' | 'missing';

/** Time from an instant (included) to another (excluded); null: not ended. `title` says it in words. */
interface Bar {
  readonly from: string;
  readonly to: string | null;
  readonly shade: Shade;
  readonly title: string;
}

export interface PictureRow {
  readonly label: string;
  readonly bars: readonly Bar[];
}

/** What got through from end to end at one instant, in words, and how grave that is. */
interface MatrixCell {
  readonly from: string;
  readonly to: string;
  readonly words: string;
  readonly shade: Shade;
}

/** One thing that was so for a while: a heading, and what is told of it. */
export interface ToldThing {
  readonly heading: string;
  readonly shade: Shade;
  readonly facts: readonly (readonly [name: string, words: string])[];
}

/** All that a page tells. */
export interface Page {
  readonly question: string;
  readonly verdict: 'proven' | 'violated' | 'unknown';
  /** In a sentence. */
  readonly answer: string;
  readonly facts: ToldThing['facts'];
  readonly span: { readonly from: string; readonly to: string };
  readonly picture: readonly PictureRow[];
  readonly told: readonly ToldThing[];
  readonly toldHeading: string;
  readonly matrix: { readonly at: string; readonly cells: readonly MatrixCell[] };
  readonly gaps: readonly string[];
  readonly ledger: JudgedOn;
  /** The words of the command line. */
  readonly command: readonly string[];
}

/** A page that needs nothing else: no script, no other file, no network. A policy in it forbids all of that to what might get into it. */
export function pageOf(page: Page): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  const { question, verdict, answer, facts, ledger, command } = page;
  const body = markup`<main>
<h1>${question}</h1>
<p class="answer ${verdict}">${answer}</p>
${factsOf(facts)}
${pictureOf(page)}
${toldOf(page)}
${matrixOf(page.matrix)}
${gapsOf(page.gaps)}
<section><h2>What this rests on</h2>
${factsOf([
  ['Ledger', ledger.id],
  ['Entries', String(ledger.size)],
  ['Merkle root', ledger.root],
])}
<p>Asked by <code>${['isoledger', ...command].map(shellWord).join(' ')}</code></p>
<p>Whether a ledger still holds these entries, unaltered: <code>${`isoledger checkpoint --expect ${String(ledger.size)}:${ledger.root}`}</code></p>
</section>
</main>`;
  // The style is this program's own, and its digest is in the policy: it must stand there as it is.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${markup`<title>${question}</title>`.text}
<style>${style}</style>
</head>
<body>
${body.text}
</body>
</html>
`;
}

function factsOf(facts: ToldThing['facts']): Markup {
  return markup`<dl>${facts.map(([name, words]) => markup`<dt>${name}</dt><dd>${words}</dd>`)}</dl>`;
}

/** Units of the picture's width, whatever its width on the page. */
const width = 1000;
/** The narrowest bar: what came and went within a millisecond shows. */
const narrowest = 4;

/** The graver, the higher: it shows on paper without colours as well. */
const heights: Readonly<Record<Shade, number>> = {
  unknown: 6,
  missing: 8,
  authorised: 14,
  pending: 22,
  unauthorised: 32,
};

const legends: Readonly<Record<Shade, string>> = {
  unauthorised: 'not authorised',
  pending: 'revoked, within the limit',
  authorised: 'authorised',
  missing: 'authorised, and not reachable',
  unknown: 'not known',
};

const byGravity = ['unknown', 'missing', 'authorised', 'pending', 'unauthorised'] as const;

function pictureOf({ picture, span }: Page): Markup {
  if (picture.length === 0) return markup``;
  const [start, end] = [Date.parse(span.from), Date.parse(span.to)];
  const middle = new Date((start + end) / 2).toISOString();
  const used = byGravity.filter((shade) =>
    picture.some(({ bars }) => bars.some((bar) => bar.shade === shade)),
  );
  return markup`<section><h2>Over time</h2>
<ul class="legend">${used
    .toReversed()
    .map(
      (shade) =>
        markup`<li><svg viewBox="0 0 32 32" aria-hidden="true"><rect class="${shade}" x="0" y="${32 - heights[shade]}" width="32" height="${heights[shade]}"/></svg>${legends[shade]}</li>`,
    )}</ul>
${picture.map(
  ({ label, bars }) => markup`<div class="row"><div>${label}</div>
<svg viewBox="0 0 ${width} 32" preserveAspectRatio="none" role="img" aria-label="${label}">${byGravity.flatMap(
    (shade) => bars.filter((bar) => bar.shade === shade).map((bar) => rectOf(bar, { start, end })),
  )}</svg></div>`,
)}
<div class="scale"><span>${spaced(span.from)}</span><span>${spaced(middle)}</span><span>${spaced(span.to)}</span></div></section>`;
}

/** An instant that may be broken between date and time. */
function spaced(instant: string): string {
  return instant.replace('T', ' ');
}

function rectOf({ from, to, shade, title }: Bar, { start, end }: { start: number; end: number }): Markup {
  const placeOf = (time: number): number =>
    end === start ? 0 : Math.min(width, Math.max(0, ((time - start) / (end - start)) * width));
  const until = to === null || end === start ? width : placeOf(Date.parse(to));
  const since = Math.min(placeOf(Date.parse(from)), width - narrowest);
  const wide = Math.max(narrowest, until - since);
  return markup`<rect class="${shade}" x="${since.toFixed(2)}" y="${32 - heights[shade]}" width="${wide.toFixed(2)}" height="${heights[shade]}"><title>${title}</title></rect>`;
}

/** How many things are told one by one before the others are only counted. */
const toldMax = 500;

function toldOf({ told, toldHeading }: Page): Markup {
  if (told.length === 0) return markup``;
  const more = told.length - toldMax;
  return markup`<section><h2>${toldHeading}</h2>
${told.slice(0, toldMax).map(
  ({
    heading,
    shade,
    facts,
  }) => markup`<article class="${shade}"><h3>${heading}</h3>${factsOf(facts)}</article>
`,
)}${more > 0 ? markup`<p>And ${more} more: the same command with --json lists them all.</p>` : markup``}</section>`;
}

/** The most rows and columns of a matrix that a person can read. */
const matrixMax = 24;

function matrixOf({ at, cells }: Page['matrix']): Markup {
  if (cells.length === 0)
    return markup`<section><h2>${`At the end, ${at}`}</h2><p>Nothing gets from one to the other.</p></section>`;
  const [sources, targets] = (['from', 'to'] as const).map((end) =>
    [...new Set(cells.map((cell) => cell[end]))].sort(),
  );
  if (sources === undefined || targets === undefined || Math.max(sources.length, targets.length) > matrixMax)
    return markup`<section><h2>${`At the end, ${at}`}</h2><p>${cells.length} pairs: too many for a table; isoledger connections lists them.</p></section>`;
  const rowOf = (from: string): Markup => markup`<tr><th scope="row">${from}</th>${targets.map((to) => {
    const here = cells.filter((cell) => cell.from === from && cell.to === to);
    const shade = byGravity.findLast((one) => here.some((cell) => cell.shade === one)) ?? 'none';
    return markup`<td class="${shade}">${here.length === 0 ? '–' : here.map(({ words }) => words).join('; ')}</td>`;
  })}</tr>
`;
  return markup`<section><h2>${`At the end, ${at}: who could reach whom`}</h2><div class="wide"><table>
<thead><tr><th scope="col">from, to</th>${targets.map((to) => markup`<th scope="col">${to}</th>`)}</tr></thead>
<tbody>${sources.map(rowOf)}</tbody></table></div></section>`;
}

function gapsOf(gaps: readonly string[]): Markup {
  if (gaps.length === 0) return markup``;
  return markup`<section><h2>What is not known</h2><ul>${gaps.map((gap) => markup`<li>${gap}</li>`)}</ul></section>`;
}
