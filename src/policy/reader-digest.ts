/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = 'a6e0b94c197993713de4382f696f63900615acfc97bdd6dfd9475e658680e7da';
