/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = 'fab3a16ae6ccd7a5e3ea027b337a7925007605a90c02a2c869b253c9a0341e1f';
