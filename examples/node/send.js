// Sends one mail over REST with nothing but Node, and tells what became of it. See README.md.
const {randomUUID} = require('node:crypto');

const {EPM_ENDPOINT, EPM_CREDENTIAL, EPM_SECRET} = process.env;
const authorization = 'Basic ' + Buffer.from(`${EPM_CREDENTIAL}:${EPM_SECRET}`).toString('base64');

async function call(path, asked, key) {
  const answer = await fetch(`${EPM_ENDPOINT}/api/v1/${path}`, asked ? {
    method: 'POST',
    // With the same key the very same call may be repeated, and is done once.
    headers: {authorization, 'Content-Type': 'application/json', 'Idempotency-Key': key},
    body: JSON.stringify(asked),
  } : {headers: {authorization}});
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.code} (${told.field}): ${told.detail}`);
  return told;
}

async function main(to) {
  const mail = {from: 'demo@example.com', to, subject: 'Hello', body: 'By fetch.', notify: 'SUCCESS,FAILURE'};
  const sent = await call('emails', mail, randomUUID());
  console.log(`accepted ${sent.message_id}`);
  for (const {address, state, events} of (await call(`emails/${sent.message_id}`)).recipients) {
    console.log(`${address}: ${state}, ${events.map(event => event.type).join(', ')}`);
  }
}

main(process.argv.length > 2 ? process.argv.slice(2) : ['delivered@world.example'])
  .catch(error => { console.error(`not done: ${error.message}`); process.exitCode = 1; });
