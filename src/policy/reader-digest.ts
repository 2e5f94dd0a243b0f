/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '1c880431da85a34fb99c4e12391add1b85bcad798f0b13e63cc20f61e9530a66';
