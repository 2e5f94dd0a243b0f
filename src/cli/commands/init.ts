import type { Command } from 'commander';
import { firstFolder } from '../../tasks/first-folder.ts';
import { shippedFiles } from '../../runtime/shipped-files.ts';
import { ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { lines, say, type Shown } from '../../words/shown.ts';
import { outJson, table } from '../io.ts';
import { givenPath } from '../path-argument.ts';

export function initCommand({ io }: Shell): Command {
  return ledgerCommand('init', {
    summary: 'write a first folder of documents, with comments, to begin from; only where nothing is yet',
    example: 'isoledger init policies',
  })
    .argument('<dir>', 'the folder to write to: a new one, or an empty one', givenPath)
    .action((dir: string, _options: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<CommonOptions>();
      const { files } = firstFolder({ dir, from: shippedFiles('infra/first') });
      if (json === true) outJson(io, { formatVersion: 1, dir, files });
      else io.out(words(dir, files));
    });
}

function words(dir: string, files: readonly string[]): Shown {
  const steps = [
    [`isoledger plan ${dir}`, 'what would change; records nothing'],
    [`isoledger apply ${dir}`, 'record it'],
    ['isoledger sync', 'drive the overlay there'],
    ['isoledger verify', 'prove it'],
    ['isoledger schema', 'every key that a document may have'],
  ];
  const written = lines(files.map((file) => `  ${file}`));
  return say`wrote to ${dir}:\n${written}\n${table(['NEXT', ''], steps)}`;
}
