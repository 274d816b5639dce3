// strong-soap. Prints what test_clients.py describes.
const {soap} = require('strong-soap');

async function main([way, bounced, url]) {
  const client = await new Promise((made, failed) => soap.createClient(
    process.env.EPM_ENDPOINT + '/soap/AppIntfWS?wsdl', {forceSoap12Headers: way === '1.2'},
    (error, client) => error ? failed(error) : made(client)));
  const who = [process.env.EPM_CREDENTIAL, process.env.EPM_SECRET];
  const types = {token: 'PasswordText', digest: 'PasswordDigest'};
  client.setSecurity(way in types
    ? new soap.WSSecurity(...who, {passwordType: types[way], mustUnderstand: true})
    : new soap.BasicAuthSecurity(...who));
  const port = client.AppIntfWS[way === '1.2' ? 'AppIntfWSSoap12' : 'AppIntfWSSoap11'];
  const call = (operation, asked) => new Promise((answered, refused) =>
    port[operation]({[operation + 'Request']: asked}, (error, answer) => error ? refused(error) : answered(answer)));
  const all = found => [].concat(found);

  const plain = {from: 'Shop <shop@example.com>', to: 'delivered@world.example', subject: 'Plain', body: 'Hello'};
  const sent = await call('sendEmail', plain);
  const accepted = await call('sendEmail', {
    ...plain,
    to: '"Doe, Jo" <delivered@world.example>, unknown@world.example',
    cc: 'cc@world.example',
    subject: 'Größe – 5 €',
    body: '<p>Hello</p>',
    attachments: url,
    attachment: [{fileName: 'a.bin', contentType: 'application/octet-stream', content: 'AP9h'}],
    headers: 'Content-Type=text/html;X-Line=a\\;b',
    emailParameters: 'notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt='
      + new Date(Date.now() + 86400e3).toISOString(),
    ucid: 'u-1',
    sessionID: 's-1',
    requestTimeout: 20,
  });
  const cancelled = await call('cancelEmail', {messageID: accepted.messageID_returned});
  const told = all((await call('getEmailStatus', {messageID: bounced})).recipient)[0];
  const receipt = all(told.receipt)[0];
  const launched = await call('launchEmail', {
    from: 'jo@world.example, al@world.example',
    to: 'orders@example.com',
    applicationName: 'main:orders',
    appParameters: 'step=1;note=a\\;b',
    parentID: 'p-1',
  });
  const fault = await call('sendEmail', {...plain, from: 'boss@elsewhere.example'}).catch(error => error.root.Envelope.Body.Fault);
  const {problem} = fault.detail || fault.Detail;
  console.log(JSON.stringify({
    sent: sent.messageID_returned,
    accepted: accepted.messageID_returned,
    addresses: all(accepted.recipient).map(one => one.address),
    cancelled: all(cancelled.recipient).map(one => one.cancelled),
    bounced: [told.state, all(told.event).find(one => one.smtp).smtp.code, receipt.action, receipt.status, receipt.applied],
    session: launched.sessionID_returned,
    // Of SOAP 1.2 it reads a fault's detail without the schema.
    problem: [problem.code, problem.field, String(problem.retryable) === 'true'],
    queues: all((await call('getStatusEx', {})).queue).map(one => one.name),
  }));
}

main(process.argv.slice(2));
