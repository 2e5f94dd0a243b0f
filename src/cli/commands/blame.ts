import type { Command } from 'commander';
import { blame, type Blame, type BlamedRule } from '../../verify/blame.ts';
import { originWords } from '../../words/origin-words.ts';
import { ruleWords } from '../../words/rule-words.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson, type Io } from '../io.ts';
import { askedLedger } from '../known-at.ts';
import { showGaps } from '../show-gaps.ts';
import { parseTime } from '../time.ts';
import { momentWords } from '../../words/moment-words.ts';
import { say } from '../../words/shown.ts';

interface BlameOptions extends CommonOptions {
  readonly at: string;
}

export function blameCommand(shell: Shell): Command {
  return ledgerCommand('blame', {
    summary:
      "who put each part of a tenant's Tenant and Policy documents in force: author, approval, time, source and reason",
    example: 'isoledger blame acme-corp',
  })
    .argument('<tenant>', 'a tenant')
    .option('--at <time>', 'now, seq:N, or ISO 8601 with zone or offset', 'now')
    .action(async (tenant: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<BlameOptions>();
      const at = parseTime(options.at);
      await inSession(shell, { options }, async (session) => {
        const { io, ledger, clock, judgedOn } = await askedLedger(session);
        const answer = await blame(ledger, { tenant, at, clock });
        if (options.json === true) outJson(io, { ...answer, ledger: judgedOn });
        else show(io, answer);
        return undefined;
      });
    });
}

function show(io: Io, { tenant, at, parts, rules, gaps }: Blame): void {
  io.out(say`${tenant} at ${momentWords(at)}: since when each line stands unchanged, and by whom\n`);
  const lines = [
    ...parts.map(({ what, value, since }) => ({ words: `${what} ${value}`, since })),
    ...rules.map((rule) => ({ words: blamedWords(rule), since: rule.since })),
  ];
  const events = new Map(lines.map(({ since }) => [since.seq, since]));
  for (const event of [...events.values()].sort((a, b) => a.seq - b.seq)) {
    io.out(say`\n${originWords(event)}\n`);
    const own = lines.filter(({ since }) => since.seq === event.seq);
    for (const { words } of own) io.out(say`  ${words}\n`);
  }
  if (rules.length === 0) io.out(say`\nno rule of ${tenant} is in force\n`);
  showGaps(io, gaps);
}

function blamedWords({ rule, state }: BlamedRule): string {
  const words = ruleWords(rule);
  switch (state) {
    case 'open':
      return words;
    case 'not open yet':
      return `${words} (not open yet: opens at ${rule.from?.instant ?? ''})`;
    case 'lapsed':
      return `${words} (lapsed at ${rule.expires?.instant ?? ''})`;
  }
}
