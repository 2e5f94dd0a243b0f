/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'be37ae0fe07b2e6bf64881307534a7a06db991f39a56bd2d535251de5ca92d69';
