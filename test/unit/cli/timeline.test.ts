import { describe, expect, it } from 'vitest';
import { timelineOf, type Drawn } from '../../../src/cli/timeline.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 2, 1, 12) + seconds * 1000).toISOString();

function drawn(columns: number, label: string, stretches: readonly Drawn[]): string[] {
  return timelineOf([{ label, drawn: stretches }], { from: at(0), to: at(400), columns }).map(
    ({ text }) => text,
  );
}

describe('a timeline', () => {
  it('fills the width, with a scale, half-open stretches, and the gravest of what falls on one place', () => {
    const [blank, ruler, bar, legend, scale] = drawn(46, 'a -> b', [
      { from: at(-50), to: at(100), sign: '=' },
      { from: at(100), to: at(200), sign: '~' },
      { from: at(300), to: null, sign: '=' },
      { from: at(350), to: at(350), sign: '#' },
    ]);
    expect(blank).toBe('');
    expect(ruler).toBe('        |12:00:00       |12:02:48');
    expect(bar).toBe(`a -> b  ${'='.repeat(9)}${'~'.repeat(10)}${'.'.repeat(9)}=====#====`);
    expect(bar).toHaveLength(46);
    expect(legend).toBe('# not authorised   ~ revoked, within the limit   = authorised   . nothing');
    expect(scale).toBe(`from ${at(0)} to ${at(400)} (UTC); one sign is 10.5 seconds`);
  });

  it('draws what lasts to the end up to there, and what goes on without a break, also where a sign is less than a millisecond', () => {
    for (let columns = 60; columns <= 160; columns += 1) {
      const [from, middle, to] = [at(0), at(0.022), at(0.063)];
      const stretches = [
        { from, to: middle, sign: '-' as const },
        { from: middle, to, sign: '=' as const },
      ];
      const lines = timelineOf([{ label: 'a -> b', drawn: stretches }], { from, to, columns });
      expect(lines[2]?.text).toMatch(/^a -> b {2}-+=+$/);
    }
  });

  it('draws what came and went within a millisecond, at either end too, and where the span is one instant', () => {
    for (const when of [at(0), at(200), at(400)]) {
      const [, , bar = ''] = drawn(80, 'a -> b', [{ from: when, to: when, sign: '#' }]);
      expect(bar.match(/#/g)).toHaveLength(1);
    }
    const rows = [{ label: 'a', drawn: [{ from: at(1), to: null, sign: '#' as const }] }];
    const lines = timelineOf(rows, { from: at(1), to: at(1), columns: 60 }).map(({ text }) => text);
    expect(lines[2]).toMatch(/^a {2}#/);
  });

  it('draws nothing where there is no room, and escapes and cuts what others named', () => {
    expect(drawn(20, 'a -> b', [])).toEqual([]);
    const lines = drawn(80, `${'x'.repeat(90)}\u001b[2J`, []);
    for (const line of lines.slice(0, 3)) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines.join('')).not.toContain('\u001b');
  });
});
