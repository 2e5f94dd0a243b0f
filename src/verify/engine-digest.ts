/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'de7c32f40f2b849b30f76a0d18b6378518e7ea96a35deaa3b48d46288f6a6818';
