import { describe, expect, it } from 'vitest';
import { readServiceConfig } from '../../../src/tasks/service-config.ts';

const read = (text: string): ReturnType<typeof readServiceConfig> =>
  readServiceConfig({ path: 'isoledger.yaml', text });

describe('the sections of a configuration file for the service', () => {
  it('may be left out', () => {
    const byDefault = { serve: { roles: undefined, wholeReadingSeconds: 600 } };
    for (const config of [readServiceConfig(undefined), read(''), read('ledger: sqlite:x.db')])
      expect(config).toMatchObject(byDefault);
  });

  it('say which roles a process may have', () => {
    expect(read('serve: { roles: [clock, applier/east], wholeReadingSeconds: 30 }').serve).toEqual({
      roles: ['clock', 'applier/east'],
      wholeReadingSeconds: 30,
    });
  });

  it('are refused with the line, the key and the nearest key', () => {
    expect(() => read('serve:\n  rolls: [clock]')).toThrow(
      /isoledger.yaml:2: serve.rolls: unknown key rolls .*nearest: roles/,
    );
    expect(() => read('serve:\n  roles: [The Clock]')).toThrow(
      /isoledger.yaml:2: serve.roles\[0\]: this is no role/,
    );
    expect(() => read('serve: 7')).toThrow(/isoledger.yaml:1: serve: /);
  });
});
