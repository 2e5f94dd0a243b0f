import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { command, type Need } from './needs.ts';

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
/** Where .ci/beside unpacks it: Debian does not install it beside rsyslog. */
const unpacked = join(cache, 'isoledger-tests/syslog-ng-core');

/** The program, and how it is told where its parts are. */
export const syslogNg: Need & {
  readonly path: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
} = found();

function found(): typeof syslogNg {
  const installed = command('syslog-ng', 'syslog-ng-core');
  if (installed.isMet) return { ...installed, argv: [], environment: {} };
  const path = join(unpacked, 'usr/sbin/syslog-ng');
  const parts = join(unpacked, 'usr/lib/syslog-ng');
  const libraries = [join(unpacked, 'lib'), join(unpacked, 'usr/lib')].flatMap(foldersIn);
  return {
    what: 'syslog-ng',
    how: '.ci/beside syslog-ng-core (beside rsyslog, with which it is in conflict)',
    isMet: existsSync(path),
    path,
    argv: foldersIn(parts).flatMap((modules) => ['--module-path', modules]),
    environment: { LD_LIBRARY_PATH: [parts, ...libraries].join(':') },
  };
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory());
  return inside.map(({ name }) => join(folder, name));
}
