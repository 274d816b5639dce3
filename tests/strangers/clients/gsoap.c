/* gSOAP. Prints what test_clients.py describes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "soapH.h"
#include "AppIntfWSSoap11.nsmap"

static char endpoint[500];

static struct soap *ready(struct soap *soap) {
    soap->userid = getenv("EPM_CREDENTIAL");
    soap->passwd = getenv("EPM_SECRET");
    return soap;
}

static void must(struct soap *soap, int failed) {
    if (failed) {
        soap_print_fault(soap, stderr);
        exit(1);
    }
}

int main(int argc, char **argv) {
    int mode = SOAP_C_UTFSTRING | SOAP_IO_KEEPALIVE | SOAP_XML_STRICT;
    struct soap *soap;
    int timeout = 20;
    unsigned char bytes[] = {0, 0xff, 'a'};
    char parameters[200], tomorrow[40];
    time_t at = time(NULL) + 86400;

    soap = soap_new1(strcmp(argv[1], "mtom") ? mode : mode | SOAP_ENC_MTOM);
    soap_set_version(soap, strcmp(argv[1], "1.2") ? 1 : 2);
    sprintf(endpoint, "%s/soap/AppIntfWS", getenv("EPM_ENDPOINT"));
    strftime(tomorrow, sizeof tomorrow, "%Y-%m-%dT%H:%M:%SZ", gmtime(&at));
    sprintf(parameters, "notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt=%s", tomorrow);

    struct ns1__SendEmailRequest plain = {0}, full, wrong;
    struct ns1__SendEmailResponse sent, accepted, none;
    plain.from = "Shop <shop@example.com>", plain.to = "delivered@world.example";
    plain.subject = "Plain", plain.body = "Hello";
    must(soap, soap_call___ns1__sendEmail(ready(soap), endpoint, NULL, &plain, &sent));

    struct ns1__Attachment attachment = {0};
    attachment.fileName = "a.bin", attachment.contentType = "application/octet-stream";
    attachment.content.__ptr = bytes, attachment.content.__size = sizeof bytes;
    full = plain;
    full.to = "\"Doe, Jo\" <delivered@world.example>, unknown@world.example", full.cc = "cc@world.example";
    full.subject = "Größe – 5 €", full.body = "<p>Hello</p>", full.attachments = argv[3];
    full.__sizeattachment = 1, full.attachment = &attachment;
    full.headers = "Content-Type=text/html;X-Line=a\\;b", full.emailParameters = parameters;
    full.ucid = "u-1", full.sessionID = "s-1", full.requestTimeout = &timeout;
    must(soap, soap_call___ns1__sendEmail(ready(soap), endpoint, NULL, &full, &accepted));

    struct ns1__CancelEmailRequest cancel = {accepted.messageID_USCOREreturned};
    struct ns1__CancelEmailResponse cancelled;
    must(soap, soap_call___ns1__cancelEmail(ready(soap), endpoint, NULL, &cancel, &cancelled));

    struct ns1__GetEmailStatusRequest ask = {argv[2]};
    struct ns1__GetEmailStatusResponse told;
    must(soap, soap_call___ns1__getEmailStatus(ready(soap), endpoint, NULL, &ask, &told));
    struct ns1__RecipientStatus *who = told.recipient;
    int code = 0;
    for (int i = 0; i < who->__sizeevent && !code; i++)
        if (who->event[i].smtp && who->event[i].smtp->code) code = *who->event[i].smtp->code;

    struct ns1__LaunchEmailRequest launch = {0};
    struct ns1__LaunchEmailResponse launched;
    launch.from = "jo@world.example, al@world.example", launch.to = "orders@example.com";
    launch.applicationName = "main:orders", launch.appParameters = "step=1;note=a\\;b", launch.parentID = "p-1";
    must(soap, soap_call___ns1__launchEmail(ready(soap), endpoint, NULL, &launch, &launched));

    struct ns1__GetStatusExRequest nothing = {0};
    struct ns1__GetStatusExResponse status;
    must(soap, soap_call___ns1__getStatusEx(ready(soap), endpoint, NULL, &nothing, &status));

    wrong = plain, wrong.from = "boss@elsewhere.example";
    if (!soap_call___ns1__sendEmail(ready(soap), endpoint, NULL, &wrong, &none)) return 1;
    soap_set_fault(soap);
    struct SOAP_ENV__Detail *detail = soap->fault->detail ? soap->fault->detail : soap->fault->SOAP_ENV__Detail;
    struct ns1__Problem *problem = detail->ns1__problem;

    printf("{\"sent\": \"%s\", \"accepted\": \"%s\", \"addresses\": [", sent.messageID_USCOREreturned,
           accepted.messageID_USCOREreturned);
    for (int i = 0; i < accepted.__sizerecipient; i++)
        printf("%s\"%s\"", i ? ", " : "", accepted.recipient[i].address);
    printf("], \"cancelled\": [");
    for (int i = 0; i < cancelled.__sizerecipient; i++)
        printf("%s%s", i ? ", " : "", cancelled.recipient[i].cancelled ? "true" : "false");
    printf("], \"bounced\": [\"%s\", %d, \"%s\", \"%s\", %s], \"session\": \"%s\"", who->state, code,
           who->receipt->action, who->receipt->status, who->receipt->applied ? "true" : "false",
           launched.sessionID_USCOREreturned);
    printf(", \"problem\": [\"%s\", \"%s\", %s], \"queues\": [", problem->code, problem->field,
           problem->retryable ? "true" : "false");
    for (int i = 0; i < status.__sizequeue; i++) printf("%s\"%s\"", i ? ", " : "", status.queue[i].name);
    puts("]}");
    return 0;
}
