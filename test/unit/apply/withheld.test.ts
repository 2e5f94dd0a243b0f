import { describe, expect, it } from 'vitest';
import { keyOf, type BindingObject } from '../../../events/overlay-objects.ts';
import { withheldFromExternals } from '../../../src/apply/plan/withheld.ts';

const internet = external('internet', ['0.0.0.0/0', '::/0']);

function external(endpoint: string, ips: string[], except?: string[]): BindingObject {
  const shape = { kind: 'binding' as const, vni: 100, host: 'hv-1', interface: `ext-${endpoint}` };
  return { ...shape, endpoint, ips, ...(except === undefined ? {} : { except }) };
}

function endpoint(ips: string[]): BindingObject {
  return { kind: 'binding', vni: 101, host: 'hv-2', interface: 'vm-1', endpoint: 'server/s1', ips };
}

describe('what is withheld from externals', () => {
  it.each<[what: string, others: BindingObject, taken: BindingObject, left: BindingObject | undefined]>([
    [
      'the addresses of an endpoint, of both families',
      internet,
      endpoint(['10.2.0.1', 'fd00::1']),
      external('internet', ['0.0.0.0/0', '::/0'], ['10.2.0.1/32', 'fd00::1/128']),
    ],
    [
      'the prefixes of another external',
      external('internet', ['0.0.0.0/0'], ['100.64.0.0/24']),
      external('far', ['198.51.100.0/24']),
      external('internet', ['0.0.0.0/0'], ['100.64.0.0/24', '198.51.100.0/24']),
    ],
    [
      'what is its own by a longer prefix than that of an exception',
      external('near', ['10.0.0.0/8', '10.2.0.0/24'], ['10.2.0.0/16']),
      endpoint(['10.2.0.1']),
      external('near', ['10.0.0.0/8', '10.2.0.0/24'], ['10.2.0.0/16', '10.2.0.1/32']),
    ],
    [
      'a prefix of that very length, of which an exception would take nothing',
      external('near', ['10.2.0.0/24', '10.2.0.1/32']),
      endpoint(['10.2.0.1']),
      external('near', ['10.2.0.0/24'], ['10.2.0.1/32']),
    ],
    [
      'such a prefix, of an external that has others',
      external('near', ['10.2.0.1/32', '10.3.0.0/24']),
      endpoint(['10.2.0.1']),
      external('near', ['10.3.0.0/24']),
    ],
    ['all that an external has', external('near', ['10.2.0.1/32']), endpoint(['10.2.0.1']), undefined],
  ])('is %s', (_what, others, taken, left) => {
    expect(withheldFromExternals([taken, others], [taken])).toEqual(
      left === undefined ? { put: [], removed: [keyOf(others)] } : { put: [left], removed: [] },
    );
  });

  it.each<[what: string, others: BindingObject]>([
    ['another family', external('near', ['fd00::/8'])],
    ['other prefixes', external('near', ['10.3.0.0/24'])],
    ['what it leaves out already', external('internet', ['0.0.0.0/0'], ['10.2.0.0/24'])],
    ['an endpoint', endpoint(['10.2.0.1'])],
  ])('is nothing of %s', (_what, others) => {
    const taken = { ...endpoint(['10.2.0.1']), endpoint: 'server/s2' };
    expect(withheldFromExternals([taken, others], [taken])).toEqual({ put: [], removed: [] });
  });

  it('is nothing where nothing is taken away', () => {
    expect(withheldFromExternals([internet], [])).toEqual({ put: [], removed: [] });
  });
});
