/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '1e3c6face5e4fdd7b1374499eaf336aa6e917649860fe261e9712249fc683b5b';
