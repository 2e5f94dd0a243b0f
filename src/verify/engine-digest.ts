/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'c68974323eaf1ee66f360354a81e222db691b250c223a1d46272cab9b79fbd82';
