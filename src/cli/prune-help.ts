export const pruneHelp =
  'remove documents in force that are gone from the folder: of everyone, or of one tenant';
