import type { RoleStandings, RoleStanding } from '../../serve/states.ts';
import type { Metric, Sample } from './exposition.ts';

const states = [
  'waiting',
  'starting',
  'following',
  'behind',
  'restarting',
  'stopped',
  'ended',
] as const satisfies readonly RoleStanding['kind'][];

/** How the roles of this process stand. */
export function roleMetrics(standings: RoleStandings, terms: ReadonlyMap<string, number>): Metric[] {
  const roles = [...standings.all()];
  const of = (value: (standing: RoleStanding, role: string) => number | undefined): Sample[] =>
    roles.flatMap(([role, standing]) => {
      const found = value(standing, role);
      return found === undefined ? [] : [{ labels: { role }, value: found }];
    });
  return [
    {
      type: 'gauge',
      name: 'isoledger_role_state',
      help: 'One for the state that a role of this process is in, zero for each other one.',
      samples: roles.flatMap(([role, { kind }]) =>
        states.map((state) => ({ labels: { role, state }, value: state === kind ? 1 : 0 })),
      ),
    },
    {
      type: 'gauge',
      name: 'isoledger_role_seq',
      help: 'The last entry that a role is done with; -1 before the first.',
      samples: of((standing) => ('seq' in standing ? standing.seq : undefined)),
    },
    {
      type: 'gauge',
      name: 'isoledger_role_lag_entries',
      help: 'How many entries a role has yet to do.',
      samples: of((_, role) => standings.lagOf(role)?.entries),
    },
    {
      type: 'gauge',
      name: 'isoledger_role_lag_seconds',
      help: 'How long ago the first entry was recorded that a role has yet to do.',
      samples: of((_, role) => standings.lagOf(role)?.seconds),
    },
    {
      type: 'gauge',
      name: 'isoledger_role_failures_in_a_row',
      help: 'How often a role failed since it last ran soundly.',
      samples: of((_, role) => standings.failuresInARow(role)),
    },
    {
      type: 'gauge',
      name: 'isoledger_role_term',
      help: 'How often a role was taken, by any process: it grows whenever the role changes hands.',
      samples: Array.from(terms, ([role, value]) => ({ labels: { role }, value })),
    },
  ];
}
