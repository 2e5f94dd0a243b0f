/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '39a6b126b1987437b60f85291db814473c388726d3edba6fa6f4549c06730d6e';
