import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalText } from '../../events/codec/canonical.ts';
import { keyOf, overlayObject, type OverlayObject } from '../../events/overlay-objects.ts';

// The files of an embedded overlay's hosts, as people read and edit them: by what DESIGN.md of that driver says of them, and
// not through the driver.

/** The file of a host in the overlay of a ledger. */
export function hostFileOf(ledgerPath: string, { shard, host }: { shard: string; host: string }): string {
  return join(`${ledgerPath}.d`, 'overlay', shard, `${host}.jsonl`);
}

const change = z.looseObject({
  change: z.int(),
  removed: z.array(z.string()).default([]),
  put: z.array(overlayObject).default([]),
});

const mark = z.looseObject({ plan: z.int(), digest: z.string(), objects: z.int() });

/** The objects of a host's file, after all its changes. */
export function objectsInFile(path: string): OverlayObject[] {
  const objects = new Map<string, OverlayObject>();
  const put = (object: OverlayObject): unknown => objects.set(keyOf(object), object);
  for (const line of linesOf(path).slice(1)) {
    const json: unknown = JSON.parse(line);
    if (typeof json === 'object' && json !== null && 'change' in json) {
      const step = change.parse(json);
      for (const key of step.removed) objects.delete(key);
      step.put.forEach(put);
    } else put(overlayObject.parse(json));
  }
  return [...objects.values()];
}

/** Makes other objects of those in a host's file. Its mark stays. */
export function editObjects(
  path: string,
  edit: (objects: OverlayObject[]) => readonly OverlayObject[],
): void {
  const lines = linesOf(path);
  const objects = edit(objectsInFile(path)).map((object) => canonicalText(object));
  const { plan, digest, objects: count } = mark.parse(JSON.parse(lines.at(-1) ?? ''));
  const closing = JSON.stringify({ change: 0, plan, digest, objects: count });
  writeLines(path, [lines[0] ?? '', ...objects, closing]);
}

/** Makes something else of the lines of a host's file. */
export function editLines(path: string, edit: (lines: string[]) => readonly string[]): void {
  writeLines(path, edit(linesOf(path)));
}

/** Marks what is in a host's file with another plan. */
export function editPlan(path: string, plan: number): void {
  editLines(path, (lines) =>
    lines.with(-1, (lines.at(-1) ?? '').replace(/"plan":\d+,/, `"plan":${String(plan)},`)),
  );
}

/** Makes a host's file one of another ledger. */
export function editLedger(path: string, ledger: string): void {
  editLines(path, (lines) =>
    lines.with(0, (lines[0] ?? '').replace(/"ledger":"[^"]+"/, `"ledger":${JSON.stringify(ledger)}`)),
  );
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

function writeLines(path: string, lines: readonly string[]): void {
  writeFileSync(path, `${lines.join('\n')}\n`);
}
