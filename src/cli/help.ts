import type { Command } from 'commander';

/** The commands in the order in which they are needed, under headings that say what for. */
const groups: readonly (readonly [heading: string, names: readonly string[]])[] = [
  ['Begin:', ['walk', 'init', 'schema']],
  ['Change:', ['plan', 'apply', 'sync']],
  ['Ask:', ['status', 'connections', 'verify', 'explain', 'when', 'diff', 'blame', 'log', 'probe']],
  [
    'Operate:',
    [
      'quarantine',
      'release',
      'gone',
      'drift',
      'bypass',
      'rebuild',
      'serve',
      'config',
      'doctor',
      'completion',
    ],
  ],
  ['Take over an overlay:', ['audit', 'adopt']],
  ['Evidence and custody:', ['checkpoint', 'prove', 'evidence', 'keys', 'tail', 'stream', 'sinks', 'ledger']],
];

/** Puts commands under their headings, in that order; one without a place there comes last, under `Others`. */
export function inOrderOfUse(commands: readonly Command[]): Command[] {
  const order = groups.flatMap(([, names]) => names);
  const placeOf = (command: Command): number => {
    const place = order.indexOf(command.name());
    return place < 0 ? order.length : place;
  };
  for (const command of commands) {
    const group = groups.find(([, names]) => names.includes(command.name()));
    command.helpGroup(group?.[0] ?? 'Others:');
  }
  return [...commands].sort((a, b) => placeOf(a) - placeOf(b));
}

/** The end of the main help: forms of arguments, exit codes, environment. */
export const closing = `
What arguments are written in:
  TIME      now, seq:N (the end of the batch that holds entry N), or ISO 8601 with an offset or a zone:
            2026-03-01T12:00:00Z, 2026-03-01T13:00[Europe/Berlin]. No TIME means now
  LANE      intended: what the events ask for. applied: what hosts acknowledged
  END       tenant (all its segments), tenant/segment, or the name of an external; questions also take the address of one
  DURATION  a whole number of ms, s, m or h, such as 60s

Exit codes:
  0  as asked, and clean                      4  somebody else was faster, or holds the role
  1  a finding: a violation, drift            5  something that is needed cannot be reached
  2  wrong usage or bad input                 6  the ledger's integrity is broken
  3  refused by the rules of isolation        7  the verdict is unknown
  5 also where stdout did not take the whole answer: a full disk, or a reader that ended (| head). The work is done then

Environment:
  ISOLEDGER_LEDGER   the ledger, as --ledger. Arguments are seen by all who list processes: a URL with a password belongs here,
                     or in a file (--ledger file:PATH, or --config)
  ISOLEDGER_CONFIG   the configuration file, as --config
  ISOLEDGER_SWITCH_KEY, ISOLEDGER_SWITCH_CERTIFICATE, ISOLEDGER_SWITCH_CA
                     PEM files for switches that are reached by ssl: private key, its certificate, that of the authority
  ISOLEDGER_LOG      what is logged to stderr, as JSON: debug, info, warn (default), error, silent

Examples:
  isoledger plan infra/examples        what would change; records nothing
  isoledger apply infra/examples       record it
  isoledger sync                       drive the overlay there
  isoledger verify                     prove it
  isoledger doctor                     what is wrong, and what to do about it

isoledger COMMAND --help shows the options of a command and an example.`;
