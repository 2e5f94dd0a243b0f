import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { generateEstate } from '../bench/estate.ts';
import type { Estate } from '../bench/estate/estate.ts';
import { mutateEstate } from '../bench/estate/mutate.ts';
import { writeEstate } from '../bench/estate/write.ts';
import { boundOnly, connections } from '../oracle/connections.ts';
import { Workplace } from '../support/command-line.ts';
import { program } from '../support/program.ts';

const kills = Number(process.env['ISOLEDGER_TEST_KILLS'] ?? 12);

/** Starts a command in a process of its own and kills it (SIGKILL) after a while, if it has not ended by then. */
async function runAndKill(argv: readonly string[], afterMs: number): Promise<'killed' | 'ended'> {
  const child = spawn(process.execPath, [program, ...argv], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const first = await Promise.race([ended.then(() => 'ended' as const), sleep(afterMs, 'late' as const)]);
  if (first === 'late') child.kill('SIGKILL');
  await ended;
  return child.signalCode === 'SIGKILL' ? 'killed' : 'ended';
}

it('apply and sync, killed at random moments, leave a ledger and an overlay that the next run completes', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % below;
  };
  using place = new Workplace();
  let estate: Estate = generateEstate({ seed, tenants: 15, rulesPerTenant: 5 });
  const outcomes: string[] = [];
  for (let turn = 0; turn < kills; turn += 1) {
    const folder = join(place.folder, `estate-${String(turn)}`);
    mkdirSync(folder);
    writeEstate(folder, estate, { files: 2 });
    const ledger = ['--ledger', place.ledgerUrl];
    const outcome = await runAndKill(
      [...ledger, ...(turn % 2 === 0 ? ['apply', folder] : ['sync'])],
      150 + random(700),
    );
    outcomes.push(outcome);
    const context = `seed ${String(seed)}, turn ${String(turn)}, ${outcome}`;
    await place.succeed('apply', folder);
    // A reader sees whole batches of an intact ledger, whatever was cut off: checkpoint replays every entry.
    const before = await place.checkpoint();
    if (turn % 3 !== 0) await runAndKill([...ledger, 'sync'], 150 + random(700));
    await place.succeed('sync');
    expect((await place.checkpoint()).size, context).toBeGreaterThanOrEqual(before.size);
    expect(await place.verify(), context).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
    const expected = connections(estate.documents, new Date().toISOString());
    expect(await place.connections('intended'), context).toEqual(expected);
    expect(await place.connections('applied'), context).toEqual(boundOnly(expected, estate.documents));
    ({ estate } = mutateEstate(estate, seed + turn));
  }
  expect(outcomes, `seed ${String(seed)}`).toContain('killed');
}, 600_000);
