import type { Report, Subject } from '../verify/verify.ts';
import type { TimelineRow } from './timeline.ts';

/** A row for each way between two ends that were asked about, for each pair with findings, and for what is not known. */
export function verifyTimeline(
  { findings, gaps, reach, reachBack }: Report,
  { tenant = '', peer = '' }: Pick<Subject, 'tenant' | 'peer'>,
): TimelineRow[] {
  const pairs = Map.groupBy(findings, ({ from, to }) => `${from} -> ${to}`);
  const found = Array.from(pairs, ([label, of]) => ({
    label,
    drawn: of.map(({ kind, window }) => ({
      from: window.openedBy.time,
      to: window.closedBy?.time ?? null,
      sign: signOfKind[kind],
    })),
  }));
  const unknown = gaps.flatMap(({ from, to }) =>
    from === undefined || to === undefined ? [] : [{ from, to, sign: '?' as const }],
  );
  return [
    ...reachRow(`${tenant} -> ${peer}, reach`, reach),
    ...reachRow(`${peer} -> ${tenant}, reach`, reachBack),
    ...found,
    ...(unknown.length === 0 ? [] : [{ label: 'not known', drawn: unknown }]),
  ];
}

function reachRow(label: string, reach: Report['reach']): TimelineRow[] {
  if (reach === undefined) return [];
  const drawn = reach.flatMap(({ from, to, reach: how }) =>
    how === 'none' ? [] : [{ from, to, sign: signOfReach[how] }],
  );
  return [{ label, drawn }];
}

const signOfReach = { authorised: '=', unauthorised: '#', unknown: '?' } as const;

const signOfKind = {
  isolation: '#',
  airgap: '#',
  classification: '#',
  'pending-revocation': '~',
  missing: '-',
} as const satisfies Record<Report['findings'][number]['kind'], string>;
