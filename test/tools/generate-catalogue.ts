import { mkdirSync, writeFileSync } from 'node:fs';
import { renderCatalogue, renderJsonSchemas } from '../../events/render.ts';

const folder = new URL('../../events/', import.meta.url);

writeFileSync(new URL('CATALOGUE.md', folder), renderCatalogue());
mkdirSync(new URL('json-schema/', folder), { recursive: true });
for (const [name, text] of renderJsonSchemas())
  writeFileSync(new URL(`json-schema/${name}.json`, folder), text);
