import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * To be loaded before a program (`--import`): at its end it writes the names of the packages that it has loaded, a JSON list, to the
 * file that LOADED_PACKAGES names.
 */
const loaded = new Set<string>();
registerHooks({
  load(url, context, next) {
    const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
    if (name !== undefined) loaded.add(name);
    return next(url, context);
  },
});
process.on('exit', () => {
  writeFileSync(process.env['LOADED_PACKAGES'] ?? '/dev/null', JSON.stringify([...loaded]));
});
