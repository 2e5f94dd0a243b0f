import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { run } from '../../src/cli/main.ts';
import { answerBy, type Answer } from './answer-by.ts';

/** What a command line says in this process. */
export function answerTo(argv: readonly string[]): Promise<Answer> {
  return answerBy(run, argv);
}

/** A folder with a ledger of its own, and the command line on it; gone when disposed. */
export class Workplace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
  readonly ledgerPath = join(this.folder, 'ledger.db');
  readonly ledgerUrl = `sqlite:${this.ledgerPath}`;

  /** Runs one command line in this process. */
  run(...argv: string[]): Promise<Answer> {
    return answerTo(['--ledger', this.ledgerUrl, ...argv]);
  }

  /** As run, for a command that must end with 0. */
  succeed(...argv: string[]): Promise<string> {
    return this.endWith(0, ...argv);
  }

  /** As run, for a command that must end with a code. Gives its stdout. */
  async endWith(expected: number, ...argv: string[]): Promise<string> {
    const { code, out, err } = await this.run(...argv);
    if (code !== expected)
      throw new Error(`isoledger ${argv.join(' ')} ended with ${String(code)}:\n${out}${err}`);
    return out;
  }

  async connections(lane: string, at = 'now'): Promise<z.infer<typeof connectionsAnswer>['connections']> {
    const out = await this.succeed('connections', '--json', '--lane', lane, '--at', at);
    return connectionsAnswer.parse(JSON.parse(out)).connections;
  }

  async verify(...options: string[]): Promise<z.infer<typeof verifyAnswer>> {
    return verifyAnswer.parse(JSON.parse((await this.run('verify', '--json', ...options)).out));
  }

  async checkpoint(): Promise<z.infer<typeof checkpointAnswer>> {
    return checkpointAnswer.parse(JSON.parse(await this.succeed('checkpoint', '--json')));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const connectionRow = z.strictObject({
  from: z.string(),
  to: z.string(),
  protocol: z.string(),
  ports: z.string(),
});

const gap = z.looseObject({ kind: z.string(), about: z.string(), problem: z.string() });

const judgedOn = z.strictObject({
  id: z.string(),
  size: z.int(),
  root: z.string().regex(/^[0-9a-f]{64}$/),
});

const connectionsAnswer = z.strictObject({
  formatVersion: z.literal(1),
  ledger: judgedOn,
  at: z.strictObject({ seq: z.int(), time: z.string() }),
  lane: z.string(),
  connections: z.array(connectionRow),
  gaps: z.array(gap),
});

const checkpointAnswer = z.strictObject({
  formatVersion: z.literal(1),
  size: z.int(),
  root: z.string().regex(/^[0-9a-f]{64}$/),
});

const event = z
  .strictObject({ seq: z.int().nullable(), id: z.string().nullable(), type: z.string(), time: z.string() })
  .nullable();

/** The answer of `verify --json`, as others build on it. */
const verifyAnswer = z.strictObject({
  formatVersion: z.literal(1),
  ledger: judgedOn,
  verdict: z.enum(['proven', 'violated', 'unknown']),
  lane: z.string(),
  scope: z.strictObject({ fromSeq: z.int(), toSeq: z.int(), from: z.string(), to: z.string() }),
  findings: z.array(
    z.strictObject({
      kind: z.enum(['isolation', 'airgap', 'classification', 'pending-revocation', 'missing']),
      from: z.string(),
      to: z.string(),
      witness: z
        .strictObject({
          src: z.string(),
          dst: z.string(),
          protocol: z.string(),
          srcPort: z.int().optional(),
          dstPort: z.int().optional(),
        })
        .nullable(),
      former: z.strictObject({ from: z.string(), to: z.string() }).optional(),
      window: z.strictObject({ openedBy: event, closedBy: event }),
      rules: z.array(z.string()),
    }),
  ),
  gaps: z.array(gap),
  vouched: z.array(
    z.strictObject({
      shard: z.string(),
      host: z.string(),
      seq: z.int(),
      by: z.string(),
      reason: z.string().nullable(),
      until: z.int().nullable(),
    }),
  ),
  reach: z.array(z.unknown()).optional(),
  reachBack: z.array(z.unknown()).optional(),
});
