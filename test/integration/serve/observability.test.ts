import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { command, describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

const prometheus = command('prometheus', 'prometheus');
const promtool = command('promtool', 'prometheus');
const folder = new URL('../../../infra/observability/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

const rule = z.object({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.object({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.object({ summary: z.string(), do: z.string().min(40) }),
});
const alerts = z
  .object({ groups: z.array(z.object({ name: z.string(), rules: z.array(rule) })) })
  .parse(parse(text('alerts.yaml')))
  .groups.flatMap(({ rules }) => rules);
const dashboard = z
  .object({
    panels: z.array(
      z.object({ id: z.int(), title: z.string(), targets: z.array(z.object({ expr: z.string() })) }),
    ),
  })
  .parse(JSON.parse(text('dashboard.json')));

let place: Workplace;
let served: ServeProcess;
let at: string;
beforeEach(async () => {
  place = new Workplace();
  const documents = join(place.folder, 'documents');
  const config = join(place.folder, 'isoledger.yaml');
  mkdirSync(documents);
  writeFileSync(join(documents, 'documents.yaml'), town);
  writeFileSync(
    config,
    [
      'serve: { roles: [clock, verifier, applier, forwarder, http] }',
      'http: { listen: 127.0.0.1:0 }',
      'sinks: { archive: { kind: file, path: out.ndjson } }\n',
    ].join('\n'),
  );
  await place.succeed('apply', documents);
  served = await ServeProcess.on(place.ledgerUrl, ['--config', config]);
  at = `127.0.0.1:${String((await served.says('listening', 'http'))['port'])}`;
  await served.says('drove the shard', 'applier/shard-1');
});
afterEach(async () => {
  await served[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

describe('what watches the service', () => {
  it('asks for what is measured, and no alert leaves a person without a step', async () => {
    const metrics = await (await fetch(`http://${at}/metrics`)).text();
    const families = Array.from(metrics.matchAll(/^# TYPE (\S+)/gm), ([, name = '']) => name);
    const expressions = [
      ...alerts.map(({ expr }) => expr),
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ];
    const asked = expressions.flatMap((expr) => expr.match(/\b(isoledger|process|nodejs)_[a-z_]+/g) ?? []);
    expect(asked.length).toBeGreaterThan(expressions.length - 2);
    const unknown = asked.filter((name) => !families.includes(name.replace(/_bucket$/, '')));
    expect(unknown).toEqual([]);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

describeNeeding([prometheus, promtool], 'Prometheus', () => {
  it('takes the rules, scrapes, and finds what it asks for, without an alert where all is well', async () => {
    const port = await freePort();
    const web = `127.0.0.1:${String(port)}`;
    const configuration = join(place.folder, 'prometheus.yaml');
    writeFileSync(join(place.folder, 'alerts.yaml'), text('alerts.yaml'));
    const given = text('prometheus.yaml').replace('127.0.0.1:9464', at).replace('15s', '1s');
    writeFileSync(configuration, `global: { evaluation_interval: 1s }\n${given}`);
    for (const argv of [
      ['check', 'rules', join(place.folder, 'alerts.yaml')],
      ['check', 'config', configuration],
    ]) {
      const checked = spawnSync(promtool.path, argv, { encoding: 'utf8' });
      expect([checked.status, checked.stderr]).toEqual([0, '']);
    }
    const running = spawn(
      prometheus.path,
      [
        ...[`--config.file=${configuration}`, `--storage.tsdb.path=${join(place.folder, 'prometheus')}`],
        `--web.listen-address=${web}`,
      ],
      { stdio: 'ignore' },
    );
    const ended = once(running, 'exit');
    try {
      const seqs = (): Promise<number[]> => valuesOf(web, 'isoledger_ledger_head_seq');
      await expect.poll(seqs, { timeout: 20_000 }).toHaveLength(1);
      expect((await seqs())[0]).toBeGreaterThan(0);
      expect(await valuesOf(web, 'sum(isoledger_role_state == 1)')).toEqual([6]);
      for (const { targets } of dashboard.panels)
        for (const { expr } of targets) await valuesOf(web, expr.replaceAll('$instance', '.*'));
      // Each rule was looked at without a fault, and none has anything to tell.
      const well = alerts.map(({ alert }) => `${alert} ok inactive`);
      await expect.poll(() => rulesAt(web), { timeout: 10_000 }).toEqual(well);
    } finally {
      running.kill('SIGKILL');
      await ended;
    }
  });
});

describeNeeding([promtool], 'the alert for a sink', () => {
  const series = (heartbeats: string): string => `
rule_files: [alerts.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - { series: 'isoledger_sink_failures_total{instance="a",sink="siem",of="heartbeat"}', values: '${heartbeats}' }
    alert_rule_test:
      - eval_time: 30m
        alertname: IsoledgerSinkFailing`;

  it('fires where deliveries fail on and on, and not for what was short', () => {
    writeFileSync(join(place.folder, 'alerts.yaml'), text('alerts.yaml'));
    const test = (rules: string): string => {
      const path = join(place.folder, 'rules.yaml');
      writeFileSync(path, rules);
      const { stdout, stderr } = spawnSync(promtool.path, ['test', 'rules', path], { encoding: 'utf8' });
      return stdout + stderr;
    };
    expect(test(series('0+1x40'))).toMatch(
      /got:\s*\[\s*0:\s*Labels:\{alertname="IsoledgerSinkFailing", .*sink="siem"/,
    );
    expect(test(series('0x20 1+1x4 5x20'))).toContain('SUCCESS');
  });
});

const answer = z.object({
  status: z.literal('success'),
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** What Prometheus says of an expression; nothing where it does not answer yet. Throws where it refuses the expression. */
async function valuesOf(web: string, query: string): Promise<number[]> {
  const asked = await fetch(`http://${web}/api/v1/query?${new URLSearchParams({ query }).toString()}`).catch(
    () => undefined,
  );
  if (asked === undefined || asked.status === 503) return [];
  return answer.parse(await asked.json()).data.result.map(({ value: [, number] }) => Number(number));
}

const rules = z.object({
  data: z.object({
    groups: z.array(
      z.object({ rules: z.array(z.object({ name: z.string(), health: z.string(), state: z.string() })) }),
    ),
  }),
});

async function rulesAt(web: string): Promise<string[]> {
  const asked = await fetch(`http://${web}/api/v1/rules`);
  const { groups } = rules.parse(await asked.json()).data;
  return groups.flatMap((group) =>
    group.rules.map(({ name, health, state }) => `${name} ${health} ${state}`),
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
