import { describe, expect, it } from 'vitest';
import { configFrom, type Config, type FiledConfig } from '../../../src/runtime/config.ts';

const filed = { privateKey: 'f/key', certificate: 'f/certificate', ca: 'f/ca' };
const named = {
  ISOLEDGER_SWITCH_KEY: 'e/key',
  ISOLEDGER_SWITCH_CERTIFICATE: 'e/certificate',
  ISOLEDGER_SWITCH_CA: 'e/ca',
};

function config(environment: Readonly<Record<string, string>>, file?: FiledConfig, ledger?: string): Config {
  return configFrom({ flags: { ledger }, environment, file });
}

describe('what switches are shown', () => {
  it('is nothing where nothing says so', () => {
    expect(config({})).toEqual({ ledger: 'sqlite:./.isoledger/ledger.db', logLevel: 'warn' });
  });

  it('comes from the configuration file or the environment, which wins, file by file', () => {
    expect(config({}, { switches: filed }).switches).toEqual(filed);
    const environment = { privateKey: 'e/key', certificate: 'e/certificate', ca: 'e/ca' };
    expect(config(named).switches).toEqual(environment);
    expect(config(named, { switches: filed }, 'sqlite:a')).toMatchObject({
      ...{ ledger: 'sqlite:a', switches: environment },
    });
    expect(config({ ISOLEDGER_SWITCH_CA: 'e/ca' }, { switches: filed }).switches).toEqual({
      ...filed,
      ca: 'e/ca',
    });
  });

  it('is whole or not there: what is missing is named as both places name it', () => {
    expect(() => config({ ISOLEDGER_SWITCH_CA: 'e/ca' })).toThrow(
      /without switchKey \(\$ISOLEDGER_SWITCH_KEY\) and switchCertificate \(\$ISOLEDGER_SWITCH_CERTIFICATE\):/,
    );
    expect(() => config({}, { switches: { privateKey: 'k', certificate: 'c' } })).toThrow(
      /without switchCa \(\$ISOLEDGER_SWITCH_CA\):/,
    );
    expect(() => config({ ...named, ISOLEDGER_SWITCH_KEY: ' ' })).toThrow(
      /switchKey \(\$ISOLEDGER_SWITCH_KEY\) is blank/,
    );
  });
});
