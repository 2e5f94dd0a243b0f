/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '9ccd4e6159b193081b4866d8a6c5406c2137e38cdec8352214ac7099c1ffcd65';
