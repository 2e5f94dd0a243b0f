import { describe, expect, it } from 'vitest';
import { parseOvsdbEndpoints } from '../../../../../src/overlay/ovs/ovsdb/endpoint.ts';
import { UsageError } from '../../../../../src/runtime/errors.ts';

describe('OVSDB endpoints', () => {
  it('are sockets, or hosts with TLS, in the order in which they are tried', () => {
    expect(
      parseOvsdbEndpoints('unix:/run/openvswitch/db.sock, ssl:hv-1.example:6640,ssl:[2001:db8::1]:6640'),
    ).toEqual([
      { kind: 'unix', path: '/run/openvswitch/db.sock', text: 'unix:/run/openvswitch/db.sock' },
      { kind: 'ssl', host: 'hv-1.example', port: 6640, text: 'ssl:hv-1.example:6640' },
      { kind: 'ssl', host: '2001:db8::1', port: 6640, text: 'ssl:[2001:db8::1]:6640' },
    ]);
  });

  it.each([
    ['', 'no place of an OVSDB server'],
    ['/run/db.sock', 'no place of an OVSDB server'],
    ['tcp:10.0.0.1:6640', 'plain TCP is not taken'],
    ['unix:', 'the path of the socket is missing'],
    ['unix:/a\0b', 'zero byte'],
    ['ssl:10.0.0.1', 'HOST:PORT'],
    ['ssl:2001:db8::1:6640', 'HOST:PORT'],
    ['ssl:[10.0.0.1]:6640', 'no IPv6 address'],
    ['ssl::6640', 'neither an address nor a name'],
    ['ssl:-x:6640', 'neither an address nor a name'],
    ['ssl:a:0', 'the port'],
    ['ssl:a:65536', 'the port'],
    ['ssl:a:06640', 'the port'],
    ['unix:/a,', 'no place of an OVSDB server'],
  ])('are refused: %j', (text, words) => {
    expect(() => parseOvsdbEndpoints(text)).toThrow(UsageError);
    expect(() => parseOvsdbEndpoints(text)).toThrow(words);
    expect(() => parseOvsdbEndpoints(text)).toThrow('write unix:PATH or ssl:HOST:PORT');
  });
});
