// Judges messages with the Standard Webhooks library: usage: node judge.cjs SECRET FILE
const { readFileSync } = require("node:fs");
const { Webhook } = require("standardwebhooks");

const [secret, file] = process.argv.slice(2);
const webhook = new Webhook(secret);
let [verified, refused, wrong] = [0, 0, 0];
for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
  const message = JSON.parse(line);
  let trusted = true;
  try {
    webhook.verify(message.body, message.headers);
  } catch (error) {
    trusted = false;
  }
  if (trusted !== message.genuine) {
    wrong += 1;
    console.error("javascript: judged wrongly:", line);
  } else if (trusted) {
    verified += 1;
  } else {
    refused += 1;
  }
}
console.log(`javascript: ${verified} verified, ${refused} refused, ${wrong} judged wrongly`);
process.exit(wrong ? 1 : 0);
