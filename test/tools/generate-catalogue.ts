import { mkdirSync, writeFileSync } from 'node:fs';
import { renderCatalogue, renderJsonSchemas } from '../../events/render.ts';
import { renderReference, renderSchemas } from '../../src/policy/reference/page.ts';
import { describedKinds } from '../../src/policy/reference/kinds.ts';
import { driverNames } from '../../src/compose/drivers.ts';
import { renderFormatsPage } from '../../src/siem/schemas/page.ts';
import { renderFormatSchemas } from '../../src/siem/schemas/render.ts';
import { corpusFolder, renderCorpus } from './corpus/render.ts';
import { renderConfigReference, renderConfigSchema } from '../../src/tasks/config-reference.ts';
import { renderEngineDigest, renderReaderDigest } from './reader-code.ts';

const kinds = describedKinds({ drivers: driverNames });
write('events/', { page: ['CATALOGUE.md', renderCatalogue()], schemas: renderJsonSchemas() });
write('src/policy/', { page: ['REFERENCE.md', renderReference(kinds)], schemas: renderSchemas(kinds) });
write('src/siem/', { page: ['FORMATS.md', renderFormatsPage()], schemas: renderFormatSchemas() });
write('src/tasks/', {
  page: ['CONFIGURATION.md', renderConfigReference()],
  schemas: new Map([['configuration', renderConfigSchema()]]),
});
writeFileSync(new URL('../../src/policy/reader-digest.ts', import.meta.url), renderReaderDigest());
writeFileSync(new URL('../../src/verify/engine-digest.ts', import.meta.url), renderEngineDigest());
for (const [name, text] of await renderCorpus())
  writeFileSync(new URL(`../../${corpusFolder}${name}`, import.meta.url), text);

/** A page for people, and JSON Schemas beside it. */
function write(
  room: string,
  { page: [file, text], schemas }: { page: [file: string, text: string]; schemas: Map<string, string> },
): void {
  const folder = new URL(`../../${room}`, import.meta.url);
  writeFileSync(new URL(file, folder), text);
  mkdirSync(new URL('json-schema/', folder), { recursive: true });
  for (const [name, schema] of schemas) writeFileSync(new URL(`json-schema/${name}.json`, folder), schema);
}
