<?php // Sends one mail over SOAP with PHP's SoapClient. See README.md.

$to = array_slice($argv, 1) ?: ['delivered@world.example'];
try {
    $client = new SoapClient(getenv('EPM_ENDPOINT') . '/soap/AppIntfWS?wsdl', [
        'login' => getenv('EPM_CREDENTIAL'),
        'password' => getenv('EPM_SECRET'),
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS, // without it a list of one is no list
    ]);
    $sent = $client->sendEmail([
        'from' => 'demo@example.com',
        'to' => implode(', ', $to),
        'subject' => 'Hello',
        'body' => 'By SoapClient.',
        'attachment' => [['fileName' => 'hello.txt', 'content' => 'Hello']],
        'emailParameters' => 'notify=SUCCESS,FAILURE;tag=php',
    ]);
    echo "accepted $sent->messageID_returned\n";
    foreach ($client->getEmailStatus(['messageID' => $sent->messageID_returned])->recipient as $recipient) {
        echo "$recipient->address: $recipient->state\n";
    }
} catch (SoapFault $fault) {
    $problem = $fault->detail->problem ?? null; // the typed detail; everything in it is text
    fwrite(STDERR, 'not done: ' . ($problem ? "$problem->code ($problem->field): $problem->detail" : $fault->getMessage()) . "\n");
    exit(1);
}
