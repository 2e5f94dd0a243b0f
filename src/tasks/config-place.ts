import { openConfig, type ConfigText } from './config-file.ts';

/** Where a key stands in a configuration file: `FILE:LINE`. Undefined where it stands nowhere there. */
export function placeOfKey(file: ConfigText, key: readonly string[]): string | undefined {
  const opened = openConfig(file);
  if (opened === undefined) return undefined;
  const { source } = opened.reader;
  if (source.longestKnown(key).length < key.length) return undefined;
  return `${file.path}:${String(source.placeOf(key).line)}`;
}
