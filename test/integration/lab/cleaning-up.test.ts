import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { processesOf } from '../../../infra/lab/processes.ts';
import { describeNeeding } from '../../support/needs.ts';
import { labNameOf, labNeeds, twoHosts } from './lab-estate.ts';

const program = new URL('../../../infra/lab/main.ts', import.meta.url).pathname;
const tunnelIps = ['172.31.0.1', '172.31.0.2'] as const;

/** How often an `up` is killed, each time at another instant of its first seconds. */
const killings = 12;
const lifeMsMax = 3_000;

describeNeeding(labNeeds, 'what a lab leaves', () => {
  const name = labNameOf('c');
  const folder = `/run/isoledger-lab/${name}`;

  afterEach(async () => {
    await lab('down', '--name', name);
  });

  it('is nothing, whenever its up is killed', async () => {
    const estate = twoHosts({ tunnelIps });
    for (let round = 0; round < killings; round += 1) {
      const lifeMs = randomInt(lifeMsMax);
      const up = spawn(process.execPath, [program, 'up', estate, '--name', name, '--no-sync'], {
        stdio: 'ignore',
      });
      const ended = once(up, 'close');
      await pause(lifeMs);
      up.kill('SIGKILL');
      await ended;
      const token = tokenIn(folder);
      expect(await lab('down', '--name', name), `killed after ${String(lifeMs)} ms`).toMatchObject({
        code: 0,
      });
      expect(leftOf(name, token), `killed after ${String(lifeMs)} ms`).toEqual([]);
    }
  });

  it('is nothing when it is interrupted, without a down', async () => {
    const up = spawn(
      process.execPath,
      [program, 'up', twoHosts({ tunnelIps }), '--name', name, '--no-sync'],
      {
        stdio: 'ignore',
      },
    );
    const ended = once(up, 'close');
    while (tokenIn(folder) === '') await pause(10);
    await pause(randomInt(500));
    const token = tokenIn(folder);
    up.kill('SIGINT');
    expect(await ended).not.toEqual([0, null]);
    expect(leftOf(name, token)).toEqual([]);
  });

  it('is taken by no second up, whole or not, and no up takes what is there', async () => {
    const estate = twoHosts({ tunnelIps });
    const foreign = `il-${name}-h-hv-2`;
    execFileSync('ip', ['netns', 'add', foreign]);
    try {
      const refused = await lab('up', estate, '--name', name);
      expect(refused).toMatchObject({ code: 4, out: '' });
      expect(refused.err).not.toContain('recorded');
      expect(refused.err).toContain(`the namespace ${foreign} is there already`);
      expect(leftOf(name, '')).toEqual([foreign]);
    } finally {
      execFileSync('ip', ['netns', 'delete', foreign]);
    }
    const up = await lab('up', estate, '--name', name, '--no-sync', '--json');
    expect(up.code).toBe(0);
    expect(await lab('status', '--name', name, '--json')).toMatchObject({ code: 0, out: up.out });
    const again = await lab('up', estate, '--name', name, '--no-sync');
    expect(again).toMatchObject({ code: 4, out: '' });
    expect(again.err).toContain(`a lab ${name} is up`);
    expect((await lab('status', '--name', name)).code).toBe(0);
  });

  it('is what others have put in place of its things', async () => {
    await lab('up', twoHosts({ tunnelIps }), '--name', name, '--no-sync');
    const token = tokenIn(folder);
    const [host, bystander] = [`il-${name}-h-hv-1`, spawn('sleep', ['600'])];
    execFileSync('ip', ['netns', 'delete', host]);
    // The number of the one that is gone is not given again at once.
    execFileSync('ip', ['netns', 'add', host]);
    try {
      expect((await lab('status', '--name', name)).code).toBe(1);
      const down = await lab('down', '--name', name);
      expect(down.err).toContain(`left alone: the namespace ${host}`);
      expect(leftOf(name, token)).toEqual([host]);
      expect(bystander.exitCode).toBeNull();
    } finally {
      execFileSync('ip', ['netns', 'delete', host]);
      bystander.kill();
    }
  });

  it('is what stood beside the sockets that documents name', async () => {
    const estate = twoHosts({ tunnelIps });
    const there = join(estate, '..', 'there');
    mkdirSync(there);
    const file = join(estate, 'estate.yaml');
    const [first, second] = [join(there, 'hv-1'), join(there, 'made', 'hv-2')];
    const text = readFileSync(file, 'utf8')
      .replace('172.31.0.1"', `172.31.0.1", ovsdb: "unix:${first}/db.sock"`)
      .replace(
        '172.31.0.2"',
        `172.31.0.2", ovsdb: "unix:${second}/a/d.sock", openflow: "unix:${second}/b/br.mgmt"`,
      );
    writeFileSync(file, text);
    const up = await lab('up', estate, '--name', name, '--no-sync', '--json');
    expect(up.out).toContain(`"ovsdb":"unix:${second}/a/d.sock"`);
    const vsctl = ['--timeout=10', `--db=unix:${second}/a/d.sock`, 'list-br'];
    expect(execFileSync('ovs-vsctl', vsctl, { encoding: 'utf8' })).toBe('br-underlay\n');
    expect(readdirSync(`${second}/b`)).toContain('br-underlay.mgmt');
    writeFileSync(`${first}/note`, 'mine');
    const token = tokenIn(folder);
    const down = await lab('down', '--name', name);
    expect(down.err).toContain(`left alone: ${first} holds what is not of this lab`);
    expect(leftOf(name, token)).toEqual([]);
    expect(readdirSync(there, { recursive: true }).sort()).toEqual(['hv-1', 'hv-1/note']);
    const refused = await lab('up', estate, '--name', name, '--no-sync');
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.err).toContain(`${first}, where the sockets of hv-1 should be, holds things`);
  });

  it('has words for what it cannot be', async () => {
    const estate = twoHosts({ tunnelIps });
    expect(await lab('up', estate, '--name', 'No-Name')).toMatchObject({ code: 2, out: '' });
    expect(await lab('up', '/does/not/exist', '--name', name)).toMatchObject({ code: 2 });
    const text = readFileSync(join(estate, 'estate.yaml'), 'utf8');
    const odd = join(estate, 'odd');
    mkdirSync(odd);
    writeFileSync(join(odd, 'estate.yaml'), text.replace('vm-two', 'much-too-long-a-name'));
    const refused = await lab('up', odd, '--name', name, '--no-sync');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(
      'interface much-too-long-a-name of acme/two: a device of Linux has at most 15',
    );
    writeFileSync(join(odd, 'estate.yaml'), text.replace('tunnel: vxlan', 'tunnel: vxlam'));
    const wrong = await lab('up', odd, '--name', name, '--no-sync');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toContain('vxlam');
    expect(leftOf(name, '')).toEqual([]);
  });
});

async function lab(...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  await once(child, 'close');
  return { code: child.exitCode, ...said };
}

/** The token of the lab's processes; empty before it has one. */
function tokenIn(folder: string): string {
  const path = join(folder, 'manifest.jsonl');
  return existsSync(path) ? (/"token":"(\w+)"/.exec(readFileSync(path, 'utf8'))?.[1] ?? '') : '';
}

/** Namespaces, processes and folders of a lab; devices of another's namespace there were never any. */
function leftOf(name: string, token: string): string[] {
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  const devices = execFileSync('ip', ['-o', 'link', 'show'], { encoding: 'utf8' });
  return [
    ...namespaces.filter((each) => each.startsWith(`il-${name}-`)),
    ...(token === '' ? [] : processesOf(token).map(({ pid }) => `process ${String(pid)}`)),
    ...(existsSync(`/run/isoledger-lab/${name}`) ? [`/run/isoledger-lab/${name}`] : []),
    ...[...devices.matchAll(/^\d+: (vm-one|vm-two|ext-out|underlay)[@:]/gm)].map(([, device = '']) => device),
  ];
}
