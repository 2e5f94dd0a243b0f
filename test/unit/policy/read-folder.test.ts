import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentFileBytesMax } from '../../../src/policy/limits.ts';
import { embeddedOnly } from '../../support/installation.ts';
import { FolderUnreadable, readFolder, type Folder } from '../../../src/policy/read-folder.ts';
import { inFolder, read } from './folders.ts';

const host = (name: string): string => `kind: Host\nhost: ${name}\nshard: s\ntunnelIp: 172.31.0.1\n`;

function names({ documents }: Folder): string[] {
  return documents.map(({ document }) => (document.kind === 'Host' ? document.value.host : document.kind));
}

function lines({ problems }: Folder): string[] {
  return problems.map(({ place, message }) => `${place.file}:${place.line}:${place.keyPath}: ${message}`);
}

describe('which files are read', () => {
  test('given files at any depth, then those of documents are read and no others', async () => {
    const folder = await read({
      'z.yaml': host('h1'),
      'deep/down/b.YML': host('h2'),
      'deep/c.json': JSON.stringify({ kind: 'Host', host: 'h3', shard: 's', tunnelIp: '172.31.0.3' }),
      'README.md': '# not a document',
      'notes.yaml.bak': '{',
      '.git/config.yaml': '{',
      '.hidden.yaml': '{',
    });

    expect(lines(folder)).toEqual([]);
    expect(names(folder)).toEqual(['h1', 'h2', 'h3']);
  });

  test('given a path to a single file, then it is read whatever its name', async () => {
    await inFolder({ 'hosts.txt': `${host('h1')}oops: 1`, 'other.yaml': '{' }, async (path) => {
      const folder = await readFolder(join(path, 'hosts.txt'), embeddedOnly);

      expect(lines(folder)).toEqual(['hosts.txt:5:oops: unknown key oops']);
    });
  });

  test('given links, then those to files are followed and those to folders are reported', async () => {
    await inFolder({ 'data/a.txt': host('h1'), 'data/b.md': '' }, async (path) => {
      await symlink('data/a.txt', join(path, 'a.yaml'));
      await symlink('data', join(path, 'more'));
      await symlink('data/b.md', join(path, 'b.md'));
      await symlink('nowhere', join(path, 'c.yaml'));
      await symlink('nowhere', join(path, 'c.md'));
      await symlink('/dev/null', join(path, 'd.yaml'));
      const folder = await readFolder(path, embeddedOnly);

      expect(names(folder)).toEqual(['h1']);
      expect(lines(folder)).toEqual([
        'c.yaml:1:: this link leads nowhere: it does not exist',
        'd.yaml:1:: this is not a regular file',
        'more:1:: links to folders are not followed: put the folder itself here',
      ]);
    });
  });

  test('given names that are not UTF-8, then they are reported as that, and others are read', async () => {
    await inFolder({ 'a.yaml': host('h1'), 'b\ufffd.yaml': host('h2') }, async (path) => {
      const named = (ending: string): Buffer =>
        Buffer.concat([Buffer.from(`${path}/z`), Buffer.from([0xff]), Buffer.from(ending)]);
      const [file, other, inner] = [named('.yaml'), named('.md'), named('')];
      await Promise.all([writeFile(file, host('h3')), writeFile(other, ''), mkdir(inner)]);
      try {
        const folder = await readFolder(path, embeddedOnly);
        expect(names(folder)).toEqual(['h1', 'h2']);
        const words = 'its name is not UTF-8, and nothing can be found by it: rename it';
        expect(lines(folder)).toEqual([`z\ufffd:1:: ${words}`, `z\ufffd.yaml:1:: ${words}`]);
      } finally {
        await Promise.all([rm(file), rm(other), rmdir(inner)]);
      }
    });
  });

  test('given a pipe with the name of a document, then it is reported and not waited for', async () => {
    await inFolder({ 'a.yaml': host('h1') }, async (path) => {
      execFileSync('mkfifo', [join(path, 'b.yaml')]);

      expect(lines(await readFolder(path, embeddedOnly))).toEqual(['b.yaml:1:: this is not a regular file']);
    });
  });

  test('given what may not be read, then it is reported', async () => {
    await inFolder({ 'a.yaml': host('h1'), 'b/c.yaml': host('h2') }, async (path) => {
      await chmod(path, 0o755);
      await chmod(join(path, 'a.yaml'), 0);
      await chmod(join(path, 'b'), 0);
      const folder = await asNobody(() => readFolder(path, embeddedOnly));
      await chmod(join(path, 'b'), 0o700);

      expect(lines(folder)).toEqual([
        'a.yaml:1:: this file cannot be read: permission denied',
        'b:1:: this folder cannot be read: permission denied',
      ]);
    });
  });
});

/** Root may read everything, so it steps down for the time of some work. */
async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('folders without documents', () => {
  test.each([
    ['nothing', {}],
    ['other files', { 'README.md': '' }],
    ['empty documents', { 'a.yaml': '', 'b.yaml': '---\n# nothing yet\n---\n---\n', 'c.json': ' \n' }],
  ])('given %s, then there is no document here', async (_given, files) => {
    const folder = await read(files);

    expect(lines(folder)).toEqual(['.:1:: no document here']);
  });

  test('given a path where nothing is, then FolderUnreadable', async () => {
    await inFolder({}, async (path) => {
      const reading = readFolder(join(path, 'nowhere'), embeddedOnly);

      await expect(reading).rejects.toBeInstanceOf(FolderUnreadable);
      await expect(reading).rejects.toMatchObject({
        code: 'FolderUnreadable',
        message: `${join(path, 'nowhere')} cannot be read: it does not exist`,
      });
    });
  });

  test('given a device, then FolderUnreadable', async () => {
    await expect(readFolder('/dev/null', embeddedOnly)).rejects.toMatchObject({
      code: 'FolderUnreadable',
      message: '/dev/null cannot be read: it is neither a folder nor a regular file',
    });
  });
});

describe('files that are passed over', () => {
  test('given hidden, empty and other files, then each is told, and why', async () => {
    const folder = await read({
      'a.yaml': host('h1'),
      'sub/empty-10.yaml': '',
      'sub/empty-9.yml': '# nothing yet\n---\n',
      'README.md': '# here',
      '.hidden.yaml': host('h2'),
      '.git/config.yaml': host('h3'),
    });

    expect(names(folder)).toEqual(['h1']);
    expect(folder.problems).toEqual([]);
    expect(folder.passedOver).toEqual({
      hidden: ['.git', '.hidden.yaml'],
      otherEndings: ['README.md'],
      empty: ['sub/empty-9.yml', 'sub/empty-10.yaml'],
    });
  });

  test('given nothing else, then they are named', async () => {
    const { problems } = await read({
      'a.yaml': '',
      'b.txt': '',
      '.c.yaml': '',
      ...Object.fromEntries(['d', 'e', 'f'].map((each) => [each, ''])),
    });

    expect(problems.map(({ found }) => found)).toEqual([
      'no document; passed over: a.yaml (empty), b.txt (another ending), d (another ending), e (another ending), f (another ending), 1 more',
    ]);
  });
});

describe('files that are no documents', () => {
  test('given bytes that are not UTF-8, then the file is reported and the others are read', async () => {
    const folder = await read({ 'a.yaml': new Uint8Array([0x6b, 0xff, 0xfe]), 'b.yaml': host('h1') });

    expect(lines(folder)).toEqual(['a.yaml:1:: this file is not text in UTF-8']);
    expect(names(folder)).toEqual(['h1']);
  });

  test('given a byte order mark, then it is passed over', async () => {
    expect(names(await read({ 'a.yaml': `\uFEFF${host('h1')}` }))).toEqual(['h1']);
  });

  test('given 1 MiB, then it is read; given a byte more, then not', async () => {
    const text = host('h1');
    const full = `${text}#${'x'.repeat(documentFileBytesMax - text.length - 1)}`;

    expect(names(await read({ 'a.yaml': full }))).toEqual(['h1']);
    expect(lines(await read({ 'a.yaml': `${full}x` }))).toEqual([
      'a.yaml:1:: this file has 1048577 bytes, at most 1048576 are allowed: divide it into several',
    ]);
  });
});

describe('keys by other words', () => {
  test.each([
    ['kind: Shard\nname: shard-1\nvnis: { from: 1, to: 2 }', 'name', 'shard'],
    ['kind: Host\nname: hv-1\nshard: s\ntunnelIp: 10.0.0.1', 'name', 'host'],
    ['kind: Tenant\nName: acme\nsegments: [web]', 'Name', 'tenant'],
    ['kind: Shard\nshard: s\nrange: { from: 1, to: 2 }', 'range', 'vnis'],
    ['kind: Shard\nshard: s\nvnis: { first: 1, to: 2 }', 'vnis.first', 'from'],
    ['tenant: acme\negress: [{ to: globex }]', 'egress[0].to', 'destination'],
    ['tenant: acme\ningress: [{ src: globex }]', 'ingress[0].src', 'source'],
  ])('given %j, then %s is told the key %s', async (text, keyPath, nearest) => {
    const { problems } = await read({ 'a.yaml': text });

    expect(problems).toHaveLength(2);
    const told = problems.map((problem) => [problem.place.keyPath, problem.nearest]);
    expect(told).toContainEqual([keyPath, nearest]);
  });
});

describe('all problems together', () => {
  test('given several bad fields, documents and files, then no problem hides another', async () => {
    const folder = await read({
      'b.yaml': [
        'kind: Polcy',
        'tenant: Acme',
        'vlan: 4',
        'egress:',
        '  - destination: "*"',
        '    ports: [0, 80, https]',
        '    protocol: icmp',
        '    match: { vni: 3 }',
        '    from: 2026-01-02T00:00:00Z',
        '    expires: 2026-01-01T00:00:00Z',
        '---',
        'kind: Tenant',
        'segments: [web, Web, web]',
        'services: [{ name: api, segment: app, port: 1 }, { name: api }]',
        '---',
        'kind: Host: x',
        '---',
        host('h1'),
      ].join('\n'),
      'a.json': '{ "kind": "Host", "host": 5, "shard": null, "tunnelIp": "10.1" }',
    });

    expect(lines(folder).map((line) => line.replace(/(: .{12}).*/, '$1'))).toEqual([
      'a.json:1:host: text is need',
      'a.json:1:shard: text is need',
      'a.json:1:tunnelIp: not an IP ad',
      'b.yaml:1:kind: this is none',
      'b.yaml:2:tenant: not a name',
      'b.yaml:3:vlan: logical name',
      'b.yaml:5:egress[0].destination: "*" stands f',
      'b.yaml:6:egress[0].ports: ports withou',
      'b.yaml:6:egress[0].ports[0]: ports run fr',
      'b.yaml:6:egress[0].ports[2]: not a port i',
      'b.yaml:8:egress[0].match: unknown key ',
      'b.yaml:8:egress[0].match.vni: logical name',
      'b.yaml:10:egress[0].expires: expires must',
      'b.yaml:12:tenant: tenant is mi',
      'b.yaml:13:segments[1]: not a name',
      'b.yaml:13:segments[2]: web is liste',
      'b.yaml:14:services[0].port: unknown key ',
      'b.yaml:14:services[0].segment: a service st',
      'b.yaml:14:services[1].name: api is liste',
      'b.yaml:14:services[1].segment: segment is m',
      'b.yaml:16:: this is not ',
    ]);
    expect(names(folder)).toEqual(['h1']);
  });

  test('given an unknown key with too much below it, then both are reported', async () => {
    const deep = `${'{ a: '.repeat(20)}1${' }'.repeat(20)}`;

    expect(lines(await read({ 'a.yaml': `${host('h1')}x: ${deep}` }))).toEqual([
      'a.yaml:5:x: unknown key x',
      `a.yaml:5:x${'.a'.repeat(15)}: nested too deeply`,
    ]);
  });

  test('given two documents of one kind and name, then the second names both places', async () => {
    const folder = await read({
      'a.yaml': `# first\n${host('h1')}`,
      'b.yaml': `kind: Host\nhost: h1\nshard: S\ntunnelIp: 172.31.0.1\n---\nkind: Tenant\ntenant: h1\nsegments: [a]`,
    });

    expect(lines(folder).map((line) => line.replace(join(folder.root, 'a.yaml'), 'FOLDER/a.yaml'))).toEqual([
      'b.yaml:2:host: Host h1 is described twice: in FOLDER/a.yaml on line 3, and here; a document is whole, so make them one',
      'b.yaml:3:shard: not a name',
    ]);
    expect(names(folder)).toEqual(['h1', 'Tenant']);
  });
});
