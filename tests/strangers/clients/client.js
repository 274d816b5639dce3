// node-soap. Prints what test_clients.py describes.
const soap = require('soap');

async function main([way, bounced, url]) {
  const options = {forceSoap12Headers: way === '1.2'};
  const client = await soap.createClientAsync(process.env.EPM_ENDPOINT + '/soap/AppIntfWS?wsdl', options);
  const who = [process.env.EPM_CREDENTIAL, process.env.EPM_SECRET];
  const types = {token: 'PasswordText', digest: 'PasswordDigest'};
  client.setSecurity(way in types
    ? new soap.WSSecurity(...who, {passwordType: types[way], mustUnderstand: true, hasNonce: true})
    : new soap.BasicAuthSecurity(...who));
  const port = client.AppIntfWS[way === '1.2' ? 'AppIntfWSSoap12' : 'AppIntfWSSoap11'];
  const call = (operation, asked, ...more) => new Promise((answered, refused) =>
    port[operation](asked, (error, answer) => error ? refused(error) : answered(answer), ...more));

  const plain = {
    from: 'Shop <shop@example.com>', to: 'delivered@world.example', subject: 'Plain', body: 'Hello',
  };
  const sent = await call('sendEmail', plain);
  const content = Buffer.from([0, 255, 97]);
  const beside = {
    forceMTOM: true,
    attachments: [{mimetype: 'application/octet-stream', contentId: 'file@client', name: 'a.bin', body: content}],
  };
  const include = {'x:Include': {attributes: {'xmlns:x': 'http://www.w3.org/2004/08/xop/include', href: 'cid:file@client'}}};
  const accepted = await call('sendEmail', {
    ...plain,
    to: '"Doe, Jo" <delivered@world.example>, unknown@world.example',
    cc: 'cc@world.example',
    subject: 'Größe – 5 €',
    body: '<p>Hello</p>',
    attachments: url,
    attachment: [{
      fileName: 'a.bin', contentType: 'application/octet-stream', content: way === 'mtom' ? include : content.toString('base64'),
    }],
    headers: 'Content-Type=text/html;X-Line=a\\;b',
    emailParameters: 'notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt='
      + new Date(Date.now() + 86400e3).toISOString(),
    ucid: 'u-1',
    sessionID: 's-1',
    requestTimeout: 20,
  }, ...(way === 'mtom' ? [beside] : []));
  const cancelled = await call('cancelEmail', {messageID: accepted.messageID_returned});
  const told = (await call('getEmailStatus', {messageID: bounced})).recipient[0];
  const launched = await call('launchEmail', {
    from: 'jo@world.example, al@world.example',
    to: 'orders@example.com',
    applicationName: 'main:orders',
    appParameters: 'step=1;note=a\\;b',
    parentID: 'p-1',
  });
  const problem = await call('sendEmail', {...plain, from: 'boss@elsewhere.example'}).catch(({root}) => {
    const fault = root.Envelope.Body.Fault;
    return (fault.detail || fault.Detail).problem;
  });
  console.log(JSON.stringify({
    sent: sent.messageID_returned,
    accepted: accepted.messageID_returned,
    addresses: accepted.recipient.map(recipient => recipient.address),
    cancelled: cancelled.recipient.map(recipient => recipient.cancelled),
    bounced: [told.state, told.event.filter(event => event.smtp)[0].smtp.code,
      told.receipt[0].action, told.receipt[0].status, told.receipt[0].applied],
    session: launched.sessionID_returned,
    // node-soap reads a fault's detail without the schema: everything in it is text.
    problem: [problem.code, problem.field, problem.retryable === 'true'],
    queues: (await call('getStatusEx', {})).queue.map(queue => queue.name),
  }));
}

main(process.argv.slice(2)).catch(error => { console.error(error.message, error.root); process.exit(1); });
