/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '64afec15a57c2b434d875f6bbfee21203405c247806f50d6f822242be77fc6ad';
