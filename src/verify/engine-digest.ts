/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '5b96379bf3ea9433595dae8ac6b38a1aeb78ecfc5cf5d5247207fd6a7e4967d2';
