/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '83446a2f33e03ae9e3851c06a3fe3d1f8700bfa845c6ef3b3212d79b74272cb5';
