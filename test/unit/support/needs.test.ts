import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tellLacks } from '../../support/needs-reporter.ts';
import { command } from '../../support/needs.ts';

describe('what suites need', () => {
  it('is a command that can be run, found on the path', () => {
    const node = command('sh', 'dash');
    expect(node.isMet).toBe(true);
    expect(existsSync(node.path)).toBe(true);
  });

  it('is not met by a command that nobody has', () => {
    expect(command('no-such-command-here', 'no-such-package').isMet).toBe(false);
  });

  it('is told at the end: each suite that did not run, and each way to mend it once', () => {
    const lack = { what: 'ovsdb-server', how: 'apt-get install openvswitch-switch' };
    const text = tellLacks([
      { name: 'a.test.ts > A', lacks: [lack] },
      { name: 'b.test.ts > B', lacks: [lack, { what: 'root', how: 'run it as root' }] },
    ]);
    expect(text.split('\n')).toEqual([
      '2 suites did not run:',
      '  a.test.ts > A: needs ovsdb-server',
      '  b.test.ts > B: needs ovsdb-server, root',
      'How to get what is missing:',
      '  ovsdb-server: apt-get install openvswitch-switch',
      '  root: run it as root',
      '',
    ]);
  });

  it('is nothing to tell of where every suite ran', () => {
    expect(tellLacks([])).toBe('');
  });
});
