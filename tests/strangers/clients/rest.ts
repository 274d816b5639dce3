// openapi-fetch, with the types that openapi-typescript makes. Prints what test_rest_clients.py describes.
import createClient from 'openapi-fetch';
import type {paths} from './api';

const {EPM_ENDPOINT: baseUrl, EPM_CREDENTIAL: id, EPM_SECRET: secret} = process.env;
const client = createClient<paths>({baseUrl, headers: {Authorization: `Bearer ${id}.${secret}`}});
const [bounced] = process.argv.slice(2);

async function main(): Promise<void> {
  const key = {header: {'Idempotency-Key': `ts-${Date.now()}`}};
  const mail = {from: 'Shop <shop@example.com>', to: ['delivered@world.example'], subject: 'Größe'};
  const sent = await client.POST('/api/v1/emails', {body: mail, params: key});
  const again = await client.POST('/api/v1/emails', {body: mail, params: key});
  const merged = await client.POST('/api/v1/emails/batch', {body: {
    from: 'shop@example.com',
    subject: 'Order {{order}}',
    to: [
      {address: 'a@world.example', name: 'Doe, Jo', notify: ['SUCCESS'], substitutions: {order: '17'}},
      {address: 'b@world.example', substitutions: {}},
    ],
  }});
  const status = await client.GET('/api/v1/emails/{message_id}', {params: {path: {message_id: bounced!}}});
  const refused = await client.POST('/api/v1/emails', {body: {...mail, from: 'boss@elsewhere.example'}});
  const found = await client.GET('/api/v1/emails', {params: {query: {limit: 1}}});
  const launched = await client.POST('/api/v1/launches', {body: {
    from: ['jo@world.example'], to: ['orders@example.com'], applicationName: 'main:orders', appParameters: {step: 1},
  }});
  const recipient = status.data?.recipients[0];
  console.log(JSON.stringify({
    sent: sent.data?.message_id,
    again: again.data?.message_id,
    merged: merged.data?.results.map(result => result.problem?.code ?? result.email?.recipients[0]?.address),
    bounced: [recipient?.state, recipient?.receipts[0]?.action],
    problem: [refused.error?.code, refused.error?.field],
    found: [found.data?.emails.length, typeof found.data?.next],
    session: launched.data?.session_id,
  }));
}

void main();
