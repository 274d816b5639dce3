// Sends one mail over SOAP with node-soap. See README.md.
const soap = require('soap');

const {EPM_ENDPOINT, EPM_CREDENTIAL, EPM_SECRET} = process.env;

async function main(to) {
  const client = await soap.createClientAsync(`${EPM_ENDPOINT}/soap/AppIntfWS?wsdl`);
  client.setSecurity(new soap.BasicAuthSecurity(EPM_CREDENTIAL, EPM_SECRET));
  const [sent] = await client.sendEmailAsync({
    from: 'demo@example.com',
    to: to.join(', '),
    subject: 'Hello',
    body: 'By node-soap.',
    attachment: [{fileName: 'hello.txt', content: Buffer.from('Hello').toString('base64')}],
    emailParameters: 'notify=SUCCESS,FAILURE;tag=node',
  });
  console.log(`accepted ${sent.messageID_returned}`);
  const [told] = await client.getEmailStatusAsync({messageID: sent.messageID_returned});
  told.recipient.forEach(({address, state}) => console.log(`${address}: ${state}`));
}

main(process.argv.length > 2 ? process.argv.slice(2) : ['delivered@world.example']).catch(error => {
  // The typed detail of the fault. node-soap reads it without the schema: everything in it is text.
  const problem = error.root?.Envelope?.Body?.Fault?.detail?.problem;
  console.error('not done:', problem ? `${problem.code} (${problem.field}): ${problem.detail}` : error.message);
  process.exitCode = 1;
});
