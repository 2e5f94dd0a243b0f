import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../../src/tasks/config-file.ts';

const read = (text: string): unknown => readConfigFile({ path: 'conf/isoledger.yaml', text });

describe('a configuration file', () => {
  test.each([
    ['ledger: sqlite:./ledger.db', 'sqlite:conf/ledger.db'],
    ['ledger: sqlite:../ledger.db', 'sqlite:ledger.db'],
    ['ledger: sqlite:/var/ledger.db', 'sqlite:/var/ledger.db'],
    ['ledger: esdb://a:2113?tlsCAFile=ca.crt&x=1', 'esdb://a:2113?tlsCAFile=conf/ca.crt&x=1'],
    ['ledger: esdb://a:2113?tlsCAFile=/etc/ca%20.crt', 'esdb://a:2113?tlsCAFile=/etc/ca%20.crt'],
    [
      'ledger: esdb://a?userCertFile=my%20c&userKeyFile=%zz',
      'esdb://a?userCertFile=conf/my%20c&userKeyFile=conf/%25zz',
    ],
    ['ledger: file:url', 'file:conf/url'],
    ['ledger: file:/etc/url', 'file:/etc/url'],
    ['ledger: "file:"', 'file:'],
    ['ledger: env:NAME', 'env:NAME'],
    ['ledger: nonsense', 'nonsense'],
  ])('given %s, then paths are relative to the file: %s', (text, ledger) => {
    expect(read(`# mine\n${text}\nlogLevel: debug\n`)).toEqual({
      ...{ ledger, ledgerAt: 'conf/isoledger.yaml:2: ledger' },
      logLevel: 'debug',
    });
  });

  test('given files for switches, then their paths are relative to the file, each by itself', () => {
    const text = 'switchKey: keys/my.pem\nswitchCertificate: /etc/my-certificate.pem\nswitchCa: ../ca.pem\n';
    const switches = {
      ...{ privateKey: 'conf/keys/my.pem', certificate: '/etc/my-certificate.pem', ca: 'ca.pem' },
    };
    expect(read(text)).toEqual({ switches });
    expect(read(`ledger: sqlite:/a\n${text}`)).toMatchObject({ ledger: 'sqlite:/a', switches });
    expect(read('switchCa: ca.pem')).toEqual({ switches: { ca: 'conf/ca.pem' } });
  });

  test('given nothing, then it says nothing', () => {
    expect(read('# later\n')).toEqual({});
  });

  test.each([
    [
      'ledger: sqlite:a\nlogLvel: warn',
      /^conf\/isoledger\.yaml:2: logLvel: unknown key logLvel .*nearest: logLevel/,
    ],
    ['logLevel: loud', /:1: logLevel: .*found: loud; allowed: debug, info, warn/],
    ['switchCa: 5', /:1: switchCa: text is needed here/],
    ['ca: a.pem', /:1: ca: unknown key ca .*nearest: switchCa/],
    ['\nledger: 5', /:2: ledger: text is needed here/],
    ['url: sqlite:a', /:1: url: unknown key url .*nearest: ledger/],
    ['ledger: a\nledger: b', /:2: ledger: this key is written twice/],
    ['ledger: [a', /:1: what begins here with \[ is never closed/],
    ['- a', /:1: a mapping is needed here/],
    ['ledger: a\n---\nledger: b', /holds several/],
    ['a: 1\nb: 2', /unknown key a .*; and conf\/isoledger\.yaml:2: b: unknown key b/],
  ])('given %j, then line and key are told', (text, words) => {
    expect(() => read(text)).toThrow(words);
  });
});
