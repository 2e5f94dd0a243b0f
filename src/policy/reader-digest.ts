/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = 'd567ab4802e733633f5eabb5921fcb0fe9c32eb4488dcb08319d603bb1d16e1c';
