#!/bin/sh
# Sends one mail through the SOAP door (SOAP 1.1).
set -eu
to=${1:?who is it for? for example: $0 delivered@world.example}

printf 'user = "%s:%s"' "$EPM_CREDENTIAL" "$EPM_SECRET" |
curl --silent --show-error --config - \
  --header 'Content-Type: text/xml; charset=utf-8' --header 'SOAPAction: "urn:epm:AppIntfWS:1/sendEmail"' \
  --data "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body>
    <sendEmailRequest xmlns='urn:epm:AppIntfWS:1'>
      <from>demo@example.com</from>
      <to>$to</to>
      <subject>Hello</subject>
      <body>By curl, over SOAP.</body>
      <emailParameters>notify=SUCCESS,FAILURE;tag=curl</emailParameters>
    </sendEmailRequest>
  </soap:Body></soap:Envelope>" \
  "$EPM_ENDPOINT/soap/AppIntfWS"
echo
