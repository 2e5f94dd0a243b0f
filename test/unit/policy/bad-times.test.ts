import { describeBadDocuments, type BadDocument } from './bad-document.ts';

/** A policy with a rule whose lines from 4 on are these. */
function rule(...lines: string[]): string {
  return ['tenant: acme', 'egress:', '  - destination: peer', ...lines.map((line) => `    ${line}`)].join(
    '\n',
  );
}

const single: BadDocument[] = [
  { given: 'a date without time', time: '2026-12-31', says: 'not a point in time' },
  { given: 'words', time: 'tomorrow', says: 'not a point in time' },
  { given: 'microseconds', time: '2026-12-31T18:00:00.000001Z', says: 'not a point in time' },
  { given: 'an offset of 24 hours', time: '2026-12-31T18:00:00+24:00', says: 'not a point in time' },
  { given: 'neither zone nor offset', time: '2026-12-31T18:00:00', says: 'needs a zone or an offset' },
  { given: 'a 30th of February', time: '2026-02-30T18:00:00Z', says: 'no calendar has this day' },
  {
    given: 'a minute 60',
    time: '2026-02-20T18:60:00[Europe/Berlin]',
    says: 'no calendar has this day or time',
  },
  {
    given: 'a misspelt zone',
    time: '2026-12-31T18:00:00[Europe/Berln]',
    says: 'unknown time zone Europe/Berln',
    nearest: 'Europe/Berlin',
  },
  { given: 'an empty zone', time: '2026-12-31T18:00:00[]', says: 'unknown time zone nothing' },
  { given: 'an offset as zone', time: '2026-12-31T18:00:00[+01:00]', says: 'unknown time zone +01:00' },
  { given: 'the zone of this machine', time: '2026-12-31T18:00:00[local]', says: 'unknown time zone local' },
  {
    given: 'a time that clocks jump over',
    time: '2026-03-29T02:30:00[Europe/Berlin]',
    says: 'does not exist in Europe/Berlin',
    allowed: '2026-03-29T02:30:00+01:00 or 2026-03-29T02:30:00+02:00',
  },
  {
    given: 'a time that clocks jump over, with an offset',
    time: '2026-03-29T02:30:00+01:00[Europe/Berlin]',
    says: 'does not exist in Europe/Berlin',
  },
  {
    given: 'a time that exists twice',
    time: '2026-10-25T02:30:00[Europe/Berlin]',
    says: 'exists twice in Europe/Berlin',
    allowed: '2026-10-25T02:30:00+02:00[Europe/Berlin] or 2026-10-25T02:30:00+01:00[Europe/Berlin]',
  },
  {
    given: 'half an hour that exists twice',
    time: '2026-04-05T01:45:00[Australia/Lord_Howe]',
    says: 'exists twice in Australia/Lord_Howe',
    allowed:
      '2026-04-05T01:45:00+11:00[Australia/Lord_Howe] or 2026-04-05T01:45:00+10:30[Australia/Lord_Howe]',
  },
  {
    given: 'a day that was left out',
    time: '2011-12-30T12:00:00[Pacific/Apia]',
    says: 'does not exist in Pacific/Apia',
    allowed: '2011-12-30T12:00:00-10:00 or 2011-12-30T12:00:00+14:00',
  },
  {
    given: 'an offset against the zone',
    time: '2026-12-31T18:00:00+02:00[Europe/Berlin]',
    says: 'offset and zone contradict each other',
    allowed: '2026-12-31T18:00:00+01:00[Europe/Berlin]',
  },
  {
    given: 'UTC against the zone',
    time: '2026-12-31T18:00:00Z[Europe/Berlin]',
    says: 'offset and zone contradict each other',
  },
  { given: 'a year after 9999', time: '9999-12-31T23:59:59-01:00', says: 'beyond the years 0000 to 9999' },
  { given: 'a year before 0', time: '0000-01-01T00:00:00+01:00', says: 'beyond the years 0000 to 9999' },
].map(({ time, ...expected }) => ({
  ...expected,
  text: rule('guard: CHG-1', `expires: "${time}"`),
  line: 5,
  keyPath: 'egress[0].expires',
}));

const pairs: BadDocument[] = [
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['2026-01-01T00:30:00+01:00', '2026-01-01T00:15:00[Europe/Berlin]'],
].map(([from = '', expires = '']) => ({
  given: `${expires} not after ${from}`,
  text: rule(`expires: ${expires}`, `from: ${from}`),
  line: 4,
  keyPath: 'egress[0].expires',
  says: 'expires must come after from',
  allowed: `any time after ${from}`,
}));

describeBadDocuments('bad time bounds', single);
describeBadDocuments('time bounds in the wrong order', pairs);
