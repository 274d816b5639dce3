<?php // PHP's SoapClient. Prints what test_clients.py describes.
[, $way, $bounced, $url] = $argv;
$client = new SoapClient(getenv('EPM_ENDPOINT') . '/soap/AppIntfWS?wsdl', [
    'soap_version' => $way == '1.2' ? SOAP_1_2 : SOAP_1_1,
    'login' => getenv('EPM_CREDENTIAL'),
    'password' => getenv('EPM_SECRET'),
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'cache_wsdl' => WSDL_CACHE_NONE,
]);
$plain = ['from' => 'Shop <shop@example.com>', 'to' => 'delivered@world.example', 'subject' => 'Plain', 'body' => 'Hello'];
$sent = $client->sendEmail($plain);
$accepted = $client->sendEmail([
    'to' => '"Doe, Jo" <delivered@world.example>, unknown@world.example',
    'cc' => 'cc@world.example',
    'subject' => 'Größe – 5 €',
    'body' => '<p>Hello</p>',
    'attachments' => $url,
    'attachment' => [['fileName' => 'a.bin', 'contentType' => 'application/octet-stream', 'content' => "\0\xffa"]],
    'headers' => 'Content-Type=text/html;X-Line=a\;b',
    'emailParameters' => 'notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt=' . date('c', time() + 86400),
    'ucid' => 'u-1',
    'sessionID' => 's-1',
    'requestTimeout' => 20,
] + $plain);
$cancelled = $client->cancelEmail(['messageID' => $accepted->messageID_returned]);
$told = $client->getEmailStatus(['messageID' => $bounced])->recipient[0];
$smtp = array_values(array_filter($told->event, fn ($event) => isset($event->smtp)))[0]->smtp;
$launched = $client->launchEmail([
    'from' => 'jo@world.example, al@world.example',
    'to' => 'orders@example.com',
    'applicationName' => 'main:orders',
    'appParameters' => 'step=1;note=a\;b',
    'parentID' => 'p-1',
]);
try {
    $client->sendEmail(['from' => 'boss@elsewhere.example'] + $plain);
} catch (SoapFault $fault) {
    $problem = $fault->detail->problem;
}
echo json_encode([
    'sent' => $sent->messageID_returned,
    'accepted' => $accepted->messageID_returned,
    'addresses' => array_column($accepted->recipient, 'address'),
    'cancelled' => array_column($cancelled->recipient, 'cancelled'),
    'bounced' => [$told->state, $smtp->code, $told->receipt[0]->action, $told->receipt[0]->status, $told->receipt[0]->applied],
    'session' => $launched->sessionID_returned,
    // SoapClient reads a fault's detail without the schema: everything in it is text.
    'problem' => [$problem->code, $problem->field, $problem->retryable == 'true'],
    'queues' => array_column($client->getStatusEx([])->queue, 'name'),
]);
