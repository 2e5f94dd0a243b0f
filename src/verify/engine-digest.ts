/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '5c1178c9341da27760bd7ce8c71f81c84869af6feaf1f621772f96e0b956a571';
