import { describe, expect, test } from 'vitest';
import { documentOf, policyOf, ruleOf } from './folders.ts';

describe('time bounds', () => {
  test.each([
    ['2026-12-31T18:00:00[Europe/Berlin]', '2026-12-31T17:00:00.000Z'],
    ['2026-07-01T18:00[Europe/Berlin]', '2026-07-01T16:00:00.000Z'],
    ['2026-12-31T18:00:00+01:00', '2026-12-31T17:00:00.000Z'],
    ['2026-12-31T18:00:00.25-03:30', '2026-12-31T21:30:00.250Z'],
    ['2026-12-31T18:00:00-00:30', '2026-12-31T18:30:00.000Z'],
    ['2026-12-31T18:00:00Z', '2026-12-31T18:00:00.000Z'],
    ['2026-12-31T24:00:00[Asia/Kolkata]', '2026-12-31T18:30:00.000Z'],
    ['2026-12-31T18:00:00[UTC]', '2026-12-31T18:00:00.000Z'],
    ['2026-12-31T18:00:00Z[UTC]', '2026-12-31T18:00:00.000Z'],
    ['2026-12-31T18:00:00+01:00[Europe/Berlin]', '2026-12-31T17:00:00.000Z'],
    ['2026-10-25T02:30:00+02:00[Europe/Berlin]', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T02:30:00+01:00[Europe/Berlin]', '2026-10-25T01:30:00.000Z'],
    ['2026-03-29T03:00:00[Europe/Berlin]', '2026-03-29T01:00:00.000Z'],
    ['2028-02-29T00:00:00[America/New_York]', '2028-02-29T05:00:00.000Z'],
  ])('given %s, then it means %s', async (text, instant) => {
    expect(await ruleOf(`expires: "${text}"`)).toMatchObject({ expires: { text, instant } });
  });

  test('given two bounds, then both are kept', async () => {
    const rule = await ruleOf('from: 2026-01-01T00:00:00Z, expires: 2026-01-01T00:00:00.001Z');

    expect(rule).toMatchObject({
      from: { instant: '2026-01-01T00:00:00.000Z' },
      expires: { instant: '2026-01-01T00:00:00.001Z' },
    });
  });
});

describe('quantities', () => {
  test.each([
    ['1bps', '1'],
    ['1.5kbps', '1500'],
    ['100Mbps', '100000000'],
    ['2.5 Gbps', '2500000000'],
    ['0.000000001Gbps', '1'],
    ['999999999999999Gbps', '999999999999999000000000'],
    ['1.0bps', '1'],
  ])('given a rate of %s, then it is %s bits per second', async (text, bits) => {
    const { qos } = await policyOf(`tenant: acme\nqos: { ingress: ${text} }`);

    expect(qos).toEqual({ ingress: bits });
  });

  test.each([
    ['0s', 0],
    ['90s', 90],
    ['5m', 300],
    ['2h', 7_200],
  ])('given a limit of %s, then it is %i seconds', async (text, seconds) => {
    const document = await documentOf(
      `kind: Shard\nshard: s\nvnis: { from: 1, to: 1 }\nrevocationLimit: ${text}`,
    );

    expect(document.value).toMatchObject({ revocationLimitSeconds: seconds });
  });
});

describe('addresses', () => {
  test.each([
    ['10.1.0.11', ['10.1.0.11']],
    ['[10.1.0.12, 10.1.0.11]', ['10.1.0.11', '10.1.0.12']],
    ['"2001:0DB8:0:0:0:0:0:1"', ['2001:db8::1']],
    ['"1:2:3:4:5:6:7::"', ['1:2:3:4:5:6:7:0']],
    ['"64:ff9b::192.0.2.1"', ['64:ff9b::c000:201']],
    ['"::192.0.2.1"', ['::c000:201']],
    ['["2001:db8::1", 10.0.0.1]', ['10.0.0.1', '2001:db8::1']],
  ])('given ip: %s, then the event holds %j', async (ip, ips) => {
    const document = await documentOf(
      `kind: Endpoints\ntenant: a\nendpoints: [{ name: b, segment: c, ip: ${ip}, mac: "0A:0b:0C:0d:0E:0f", host: h, interface: i }]`,
    );

    expect(document.value).toMatchObject({ endpoints: [{ ips, mac: '0a:0b:0c:0d:0e:0f' }] });
  });

  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['"2001:0DB8::/32"', '2001:db8::/32'],
    ['"::/0"', '::/0'],
    ['"2001:db8::1"', '2001:db8::1/128'],
  ])('given the cidr %s, then the event holds %s', async (written, cidr) => {
    const document = await documentOf(`kind: External\nexternal: x\ncidrs: [${written}]`);

    expect(document.value).toMatchObject({ cidrs: [cidr] });
  });
});
