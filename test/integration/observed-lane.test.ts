import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { OverlayObject } from '../../events/overlay-objects.ts';
import { Workplace } from '../support/command-line.ts';
import { readDocuments } from '../bench/estate/documents.ts';
import { editObjects, hostFileOf } from '../support/host-file.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;
const hosts = readDocuments(examples).flatMap((document) => (document.kind === 'Host' ? [document] : []));
const attested = z.looseObject({
  lane: z.string(),
  verdict: z.string(),
  attested: z.looseObject({ seq: z.int() }),
});

/** The example estate, of which somebody opens more ports at every host, before that is found and put right. */
async function widened(): Promise<Workplace> {
  const place = new Workplace();
  await place.succeed('apply', examples);
  await place.succeed('sync');
  for (const at of hosts)
    editObjects(hostFileOf(place.ledgerPath, at), (objects) =>
      objects.map((object): OverlayObject =>
        object.kind === 'acl' &&
        object.tier === 'grant' &&
        object.protocol === 'tcp' &&
        object.ports !== undefined
          ? { ...object, ports: [[1, 65_000]] }
          : object,
      ),
    );
  await place.succeed('sync');
  return place;
}

describe('what somebody opened by hand, once sync has found it and put it right', () => {
  it('is a violation on the observed lane while it was there, and unknown on the applied one', async () => {
    using place = await widened();
    const seqs = [...(await place.succeed('log', '--type', 'DriftDetected')).matchAll(/^(\d+) /gm)];
    const found = `seq:${String(Math.max(...seqs.map(([, seq]) => Number(seq))))}`;
    expect((await place.run('verify', '--at', found)).code).toBe(7);
    const then = await place.run('verify', '--at', found, '--lane', 'observed');
    expect([then.code, then.out]).toEqual([1, expect.stringMatching(/^violated.*\(lane observed, /)]);
    expect((await place.run('verify', '--lane', 'observed')).code).toBe(0);
    const report = await place.verify('--from', found, '--to', 'now', '--lane', 'observed');
    const windows = report.findings
      .filter(({ kind }) => kind === 'isolation')
      .map(({ window: { openedBy, closedBy } }) => `${openedBy?.type ?? ''} ${closedBy?.type ?? ''}`);
    expect(new Set(windows)).toEqual(new Set(['DriftDetected DriftCorrected']));
    const leak = report.findings.find(({ kind }) => kind === 'isolation');
    if (leak === undefined) throw new Error('nothing was found');
    const { from, to, witness } = leak;
    const flow = [from, to, `tcp/${String(witness?.dstPort)}`] as const;
    const why = await place.succeed('explain', ...flow, '--at', found, '--lane', 'observed');
    expect(why).toContain('allowed by the overlay, and not authorised');
    expect(why).not.toMatch(/still|no longer/);
    expect(why).toContain('was found to let it through, beside all plans, and was not put right yet');
    expect(why).toMatch(/allow [0-9a-f]+ \(found there\).*plan 1, or what was found there/);
    expect((await place.run('when', ...flow, '--lane', 'observed')).out).toContain('DriftDetected');
    const changes = await place.run('diff', found, 'now', '--lane', 'observed');
    expect(changes.out).toContain(`no host lets through any longer ${from} -> ${to}`);
  });

  it('can be attested', async () => {
    using place = await widened();
    const { code, out } = await place.run('verify', '--lane', 'observed', '--attest', '--json');
    expect([code, attested.parse(JSON.parse(out))]).toMatchObject([
      0,
      { lane: 'observed', verdict: 'proven' },
    ]);
    expect(await place.succeed('log', '--type', 'IsolationAttested')).toContain('observed');
  });
});
