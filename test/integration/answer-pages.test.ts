import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { draftOf } from '../../events/draft.ts';
import { open } from '../../src/compose/workspace.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

const policies = `
{ kind: Policy, tenant: acme, egress: [{ destination: globex, protocol: tcp, ports: [5432] }] }
---
{ kind: Policy, tenant: globex, ingress: [{ source: acme, protocol: tcp, ports: [5432] }] }
`;

/** What would be markup, the end of an attribute, of the style or of the page, or turn the order of letters. */
const hostile =
  '</h3></style></title><script>alert(1)</script>" onload="alert(1)\' <img src=x onerror=alert(1)> &amp; \u202eevil\u2066 `x`';

async function applied(place: Workplace): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'town.yaml'), `${town}---\n${policies}`);
  await place.succeed('apply', folder, '--as', 'ada');
  await place.succeed('sync');
}

/** A quarantine with a reason that no option takes: an entry of another program may have it. */
async function cutWith(place: Workplace, reason: string): Promise<void> {
  const { ledger } = await open(place.ledgerUrl, { create: false });
  const actor = { name: hostile, authenticated: 'asserted', account: 'eve' } as const;
  for (const type of ['TenantQuarantined', 'TenantReleased'] as const)
    await ledger.append({ events: [draftOf({ type, data: { tenant: 'globex' } })], actor, reason });
  await ledger.close();
}

const tags = (page: string): Set<string> =>
  new Set(Array.from(page.matchAll(/<\/?([a-zA-Z][a-zA-Z0-9]*)/g), ([, tag = '']) => tag.toLowerCase()));

describe('the page of an answer', () => {
  it('tells question, answer, stretches, who and why, the matrix, the ledger and how to ask again', async () => {
    using place = new Workplace();
    await applied(place);
    await place.succeed('quarantine', 'globex', '--as', 'grace', '--reason', 'incident 4711');
    const file = join(place.folder, 'when.html');
    await place.succeed('when', 'acme', 'globex', '--lane', 'intended', '--html', file);
    const page = readFileSync(file, 'utf8');
    const { size, root } = await place.checkpoint();
    for (const words of [
      '<h1>When could acme reach globex?</h1>',
      'acme could reach globex: 2 stretches of time, all authorised',
      'TenantQuarantined by grace (as ',
      'reason &quot;incident 4711&quot;',
      'PolicyEnacted by ada',
      root,
      `<dd>${String(size)}</dd>`,
      'isoledger when acme globex --lane intended',
      `isoledger checkpoint --expect ${String(size)}:${root}`,
    ])
      expect(page).toContain(words);
    expect(page.match(/<rect class="authorised" x=/g)?.length).toBeGreaterThanOrEqual(2);
    const verified = join(place.folder, 'verify.html');
    await place.succeed(
      'verify',
      '--from',
      'seq:0',
      '--tenant',
      'acme',
      '--peer',
      'globex',
      '--html',
      verified,
    );
    const answer = readFileSync(verified, 'utf8');
    expect(answer).toContain('<h1>Were acme and globex isolated from each other?</h1>');
    expect(answer).toContain('TenantQuarantined by grace (as ');
  });

  it('holds nothing of what others wrote as markup, and forbids script, network and all but its own style', async () => {
    using place = new Workplace();
    await applied(place);
    await cutWith(place, hostile);
    for (const words of [
      ['when', 'acme', 'globex', '--lane', 'intended'],
      ['when', 'acme', 'globex'],
      ['verify', '--from', 'seq:0'],
    ]) {
      const file = join(place.folder, `${words.join('-').replaceAll(':', '')}.html`);
      await place.run(...words, '--html', file);
      const page = readFileSync(file, 'utf8');
      expect(page).toContain('&lt;script&gt;');
      expect(
        [...tags(page)].filter((tag) => ['script', 'img', 'iframe', 'link', 'a', 'object'].includes(tag)),
      ).toEqual([]);
      expect(page).not.toMatch(/[\u202e\u2066]/);
      const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
      const digest = createHash('sha256').update(style).digest('base64');
      expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${digest}'`);
      expect(page.match(/<style>/g)).toHaveLength(1);
      // No attribute but those of this program's own, each closed where it was opened.
      for (const [tag] of page.matchAll(/<[a-z][^>]*>/g))
        expect(tag).toMatch(/^<[a-z0-9]+(?: [a-zA-Z-]+="[^"<>]*")*\/?>$/);
    }
  });

  it('takes the place of nothing, and follows no link', async () => {
    using place = new Workplace();
    await applied(place);
    const [there, link, target] = ['there.html', 'link.html', 'target.html'].map((name) =>
      join(place.folder, name),
    );
    writeFileSync(there ?? '', 'mine');
    symlinkSync(target ?? '', link ?? '');
    for (const file of [there, link, join(place.folder, 'none', 'page.html')]) {
      const { code, out } = await place.run('when', 'acme', 'globex', '--html', file ?? '');
      expect([code, out]).toEqual([2, '']);
    }
    expect(readFileSync(there ?? '', 'utf8')).toBe('mine');
    expect(existsSync(target ?? '')).toBe(false);
  });
});
