import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RoleHeld, StoreUnavailable, type RoleHolder } from '../../../src/ledger/faults.ts';
import { holdRole, type HeldRole } from '../../../src/ledger/sqlite/role-lock.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

const one: RoleHolder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };
const other: RoleHolder = { pid: 18, host: 'node-1', since: '2026-03-01T12:05:00.000Z' };
const childFile = fileURLToPath(new URL('role-holder.ts', import.meta.url));

function givenPath(): string {
  return join(temporaryFolder(), 'ledger.db');
}

describe('a role', () => {
  it('given one holder, refuses another by the name of the first, until it is released', () => {
    const path = givenPath();
    const held = holdRole({ derived: `${path}.d`, role: 'applier/east', holder: one });
    const attempt = (): unknown => holdRole({ derived: `${path}.d`, role: 'applier/east', holder: other });
    expect(attempt).toThrow(RoleHeld);
    expect(attempt).toThrow(
      'the role applier/east is held by process 17 on node-1 since 2026-03-01T12:00:00.000Z',
    );
    held.release();
    held.release();
    const next = holdRole({ derived: `${path}.d`, role: 'applier/east', holder: other });
    held.release();
    expect(attempt).toThrow('process 18');
    next.release();
  });

  it('is apart from other roles, and from those of other ledgers', () => {
    const path = givenPath();
    const held = [
      holdRole({ derived: `${path}.d`, role: 'applier/east', holder: one }),
      holdRole({ derived: `${path}.d`, role: 'applier/west', holder: one }),
      holdRole({ derived: `${path}.d`, role: 'verifier', holder: one }),
      holdRole({ derived: `${givenPath()}.d`, role: 'verifier', holder: one }),
    ];
    expect(() => holdRole({ derived: `${path}.d`, role: 'verifier', holder: other })).toThrow(RoleHeld);
    for (const { release } of held) release();
  });

  it('given a holder without a readable name, still refuses', () => {
    const path = givenPath();
    const held = holdRole({ derived: `${path}.d`, role: 'clock', holder: one });
    writeFileSync(`${path}.d/locks/clock.json`, 'torn');
    expect(() => holdRole({ derived: `${path}.d`, role: 'clock', holder: other })).toThrow(
      'the role clock is held by another process',
    );
    held.release();
  });

  it('given kill -9 of the process that holds it, is free at once', async () => {
    const path = givenPath();
    const child = spawn(process.execPath, [childFile, path, 'verifier'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const attempt = (): HeldRole => holdRole({ derived: `${path}.d`, role: 'verifier', holder: one });
    expect(attempt).toThrow(`held by process ${String(child.pid)} on`);
    child.kill('SIGKILL');
    await once(child, 'close');
    attempt().release();
  });

  it.each(['', 'Applier', 'applier/', '../verifier', 'applier/east/1', 'applier/../../x'])(
    'is not spelt %j',
    (role) => {
      expect(() => holdRole({ derived: `${givenPath()}.d`, role, holder: one })).toThrow(RangeError);
    },
  );

  it('given a place that cannot be written, says so', () => {
    const path = givenPath();
    writeFileSync(`${path}.d`, 'a file in place of the folder');
    expect(() => holdRole({ derived: `${path}.d`, role: 'verifier', holder: one })).toThrow(StoreUnavailable);
  });
});
