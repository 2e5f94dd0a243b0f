import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../../infra/lab/lab.ts';
import { parseDocuments, type WrittenDocument } from '../../bench/estate/documents.ts';
import { connectionsOf, probesOf, type Probe } from './matrix.ts';

/** The file in which a lab of labOf has its documents. */
function fileOf({ place }: Lab): string {
  return join(place.estate, 'estate.yaml');
}

/** As they are written in `estates.ts`: the lab's copy has blanks within brackets. */
export function textOf(lab: Lab): string {
  return readFileSync(fileOf(lab), 'utf8').replaceAll('[ ', '[').replaceAll(' ]', ']');
}

export function documentsOf(lab: Lab): WrittenDocument[] {
  return parseDocuments(textOf(lab), 'estate.yaml');
}

/** Replaces a piece of the documents, and records that. Nothing is driven. Throws where the piece is not there. */
export async function record(lab: Lab, piece: string, replacement: string): Promise<void> {
  const text = textOf(lab);
  if (!text.includes(piece)) throw new Error(`the documents do not hold ${piece}`);
  await recordText(lab, text.replace(piece, replacement));
}

export async function recordText(lab: Lab, text: string): Promise<void> {
  writeFileSync(fileOf(lab), text);
  await succeed(lab, ['apply', lab.place.estate, '--prune', 'all']);
}

/** As record, and drives the hosts; returns when they have acknowledged. */
export async function change(lab: Lab, piece: string, replacement: string): Promise<void> {
  await record(lab, piece, replacement);
  await succeed(lab, ['sync']);
}

/** Runs a command of the product that must end with 0; what it said. */
export async function succeed(lab: Lab, words: readonly string[]): Promise<string> {
  const { code, out, err } = await lab.isoledger(words);
  if (code !== 0) throw new Error(`isoledger ${words.join(' ')} ended with ${String(code)}: ${out}${err}`);
  return out;
}

/** The probes of what holds now. */
export async function probesNow(lab: Lab, ports: readonly number[]): Promise<Probe[]> {
  const documents = documentsOf(lab);
  return probesOf(lab, { documents, connections: await connectionsOf(lab), ports });
}
