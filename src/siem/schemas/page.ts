import { catalogue } from '../../../events/catalogue.ts';
import { rows as ecsRows, voidRow, type EcsRow } from '../formats/ecs/rows.ts';
import { levels } from '../formats/levels.ts';
import { meanings, voidMeaning, type EventMeaning } from '../formats/meanings.ts';
import { classes, other, rows as ocsfRows, type OcsfRow } from '../formats/ocsf/rows.ts';
import { ocsfVersions } from '../formats/ocsf/versions.ts';

/** A page for people who feed a SIEM: what each kind of event is called in each format. */
export function renderFormatsPage(): string {
  const rows = [
    ...typesIn(meanings).map((type) =>
      row(type, meanings[type], { ocsf: ocsfRows[type], ecs: ecsRows[type] }),
    ),
    row('void', { ...voidMeaning, about: undefined }, { ocsf: other('Void'), ecs: voidRow }),
  ];
  return [...head, ...rows, ...foot, ''].join('\n');
}

type Type = keyof typeof meanings;

function typesIn(table: Readonly<Record<Type, unknown>>): readonly Type[] {
  return Object.keys(table).filter((name): name is Type => Object.hasOwn(catalogue, name));
}

function row(
  type: string,
  { title, action, severity, about }: Omit<EventMeaning, 'about'> & { about: string | undefined },
  { ocsf, ecs }: { ocsf: OcsfRow; ecs: EcsRow },
): string {
  const { uid, name } = classes[ocsf.class];
  const typeUid = String(uid * 100 + ocsf.activity);
  const cells = [
    type,
    title,
    action,
    about ?? '',
    `${severity} (${String(levels[severity])})`,
    `${typeUid} ${name}: ${ocsf.activityName}`,
    `${ecs.kind}; ${ecs.category.join(', ')}; ${ecs.type.join(', ')}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const head = [
  '# What other systems get',
  '',
  'Generated from the tables in `formats/` by `npm run generate`; a test keeps it true. One line of text is one entry of the',
  'ledger, in any format (`isoledger tail --format`, sinks, the feed). At least once, in the order of `seq`, without a gap.',
  '',
  '| what                | entries | cloudevents | ocsf | ecs | cef | syslog (structured data) |',
  '|---|---|---|---|---|---|---|',
  '| id of the entry     | `id` | `id` | `metadata.uid` | `event.id` | `externalId` | `id` |',
  '| seq                 | (the line) | `sequence` | `metadata.sequence` | `event.sequence` | `cn1` | `seq` |',
  '| kind of event       | `type` | `type`, in kebab case, with its version | `metadata.event_code` | `event.code` | signature id | `type`, MSGID |',
  '| what was done       | | | `activity_id` | `event.action` | `act` | `action` |',
  '| when it took effect | `effectiveAt`, else `recordedAt` | `time` | `time` | `@timestamp` | `start` | `time` |',
  '| when it was recorded | `recordedAt` | `recordedtime` | `metadata.logged_time` | `event.created` | `rt` | the timestamp |',
  '| who acted           | `actor` | `authid` | `actor.user.name` | `user.name` | `suser` | `actor` |',
  '| how that is known   | `actor.authenticated` | `authtype` | `actor.user.type` | `labels.authenticated` | | `authenticated` |',
  '| account             | `actor.account` | `data.actor.account` | `actor.user.uid` | `user.id` | `suid` | `account` |',
  '| reason              | `reason` | `data.reason` | `unmapped.reason`, `comment` of an entity | `event.reason` | `reason` | `reason` |',
  '| tenant              | `tenant` | `data.tenant` | `metadata.tenant_uid` | `organization.id` | `cs1` | `tenant` |',
  '| batch               | `batch` | `data.batch` | `unmapped.batch` | `labels.batch` | | `batch` |',
  "| hash in the ledger's tree | (of the line) | | `unmapped.leaf_hash` | `event.hash` | `cs5` | `leafHash` |",
  '| the event itself    | `data` | `data.event` | `entity.data` or `unmapped.event` | in `event.original` | | |',
  '| ledger              | | `source` | `metadata.log_name` | `labels.ledger` | `deviceExternalId` | `ledger` |',
  '',
  'An asserted name is a word that anybody can give; the account is what the machine knew.',
  '',
  '| event | title | action | about | severity (0 to 10) | OCSF | ECS: kind; category; type |',
  '|---|---|---|---|---|---|---|',
];

const foot = [
  '',
  'An event of the type `void` is an entry whose batch was never completed: it keeps its place in the sequence, and states no',
  'fact. A **heartbeat** comes between entries and has no seq: it says how many entries the ledger has, and the Merkle root over',
  'them, so that silence can be told from quiet, and a ledger that was rewritten later shows.',
  '',
  `OCSF is written in the versions ${ocsfVersions.join(', ')}. In 1.9.0 each event has an \`attestation\`: its \`fingerprint\` is`,
  'the SHA-256 of the canonical JSON (RFC 8785) of the event without that fingerprint, and `prev_event` names the entry before',
  'it. Drift of a host is a finding of one `finding_info.uid`, which the Remediation Activity that puts it right has as',
  '`unmapped.finding_uid`. JSON Schemas of what is written are in [json-schema](json-schema): fields may be added, none goes.',
  '',
  'CEF holds free text of at most 1,023 characters, syslog messages at most 8,192 bytes (300 for a value, 1,000 for the reason): longer',
  'text ends in `…`. Characters that steer a terminal, end a line or cannot be seen are spelt out everywhere but in `entries`, whose',
  'bytes are those that were hashed. Facility 13 (log audit), priority 109, 105 for what is critical.',
];
