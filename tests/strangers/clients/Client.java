// JAX-WS, with the classes that wsimport makes of the WSDL. Prints what clients.py describes.

import epm.*;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.soap.MTOMFeature;
import javax.xml.ws.WebServiceFeature;

public class Client {
    public static void main(String[] arguments) throws Exception {
        AppIntfWS service = service(arguments[0]);
        String bounced = arguments[1], url = arguments[2];

        SendEmailRequest plain = mail();
        SendEmailResponse sent = service.sendEmail(plain);

        SendEmailRequest full = mail();
        full.setTo("\"Doe, Jo\" <delivered@world.example>, unknown@world.example");
        full.setCc("cc@world.example");
        full.setSubject("Größe – 5 €");
        full.setBody("<p>Hello</p>");
        full.setAttachments(url);
        Attachment file = new Attachment();
        file.setFileName("a.bin");
        file.setContentType("application/octet-stream");
        file.setContent(new byte[] {0, (byte) 255, 'a'});
        full.getAttachment().add(file);
        full.setHeaders("Content-Type=text/html;X-Line=a\\;b");
        full.setEmailParameters(
            "notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt=" + Instant.now().plusSeconds(86400));
        full.setUcid("u-1");
        full.setSessionID("s-1");
        full.setRequestTimeout(20);
        SendEmailResponse accepted = service.sendEmail(full);
        List<String> addresses = new ArrayList<>();
        for (AcceptedRecipient recipient : accepted.getRecipient()) addresses.add(text(recipient.getAddress()));

        CancelEmailRequest cancel = new CancelEmailRequest();
        cancel.setMessageID(accepted.getMessageIDReturned());
        List<String> cancelled = new ArrayList<>();
        for (CancelledRecipient recipient : service.cancelEmail(cancel).getRecipient())
            cancelled.add(String.valueOf(recipient.isCancelled()));

        GetEmailStatusRequest asked = new GetEmailStatusRequest();
        asked.setMessageID(bounced);
        RecipientStatus told = service.getEmailStatus(asked).getRecipient().get(0);
        Receipt receipt = told.getReceipt().get(0);
        int code = 0;
        for (Event event : told.getEvent()) if (event.getSmtp() != null) code = event.getSmtp().getCode();

        LaunchEmailRequest launch = new LaunchEmailRequest();
        launch.setFrom("jo@world.example, al@world.example");
        launch.setTo("orders@example.com");
        launch.setApplicationName("main:orders");
        launch.setAppParameters("step=1;note=a\\;b");
        launch.setParentID("p-1");

        String problem = "";
        try {
            plain.setFrom("boss@elsewhere.example");
            service.sendEmail(plain);
        } catch (ProblemFault fault) {
            Problem detail = fault.getFaultInfo();
            problem = list(List.of(text(detail.getCode()), text(detail.getField()), String.valueOf(detail.isRetryable())));
        }
        List<String> queues = new ArrayList<>();
        for (Queue queue : service.getStatusEx(new GetStatusExRequest()).getQueue()) queues.add(text(queue.getName()));

        System.out.println("{\"sent\": " + text(sent.getMessageIDReturned())
            + ", \"accepted\": " + text(accepted.getMessageIDReturned())
            + ", \"addresses\": " + list(addresses)
            + ", \"cancelled\": " + list(cancelled)
            + ", \"bounced\": " + list(List.of(text(told.getState()), String.valueOf(code), text(receipt.getAction()),
                text(receipt.getStatus()), String.valueOf(receipt.isApplied())))
            + ", \"session\": " + text(service.launchEmail(launch).getSessionIDReturned())
            + ", \"problem\": " + problem
            + ", \"queues\": " + list(queues) + "}");
    }

    static AppIntfWS service(String way) {
        AppIntfWS_Service description = new AppIntfWS_Service();
        WebServiceFeature[] features = way.equals("mtom") ? new WebServiceFeature[] {new MTOMFeature(0)} : new WebServiceFeature[0];
        AppIntfWS service = way.equals("1.2")
            ? description.getAppIntfWSSoap12(features) : description.getAppIntfWSSoap11(features);
        BindingProvider who = (BindingProvider) service;
        who.getRequestContext().put(BindingProvider.USERNAME_PROPERTY, System.getenv("EPM_CREDENTIAL"));
        who.getRequestContext().put(BindingProvider.PASSWORD_PROPERTY, System.getenv("EPM_SECRET"));
        return service;
    }

    static SendEmailRequest mail() {
        SendEmailRequest mail = new SendEmailRequest();
        mail.setFrom("Shop <shop@example.com>");
        mail.setTo("delivered@world.example");
        mail.setSubject("Plain");
        mail.setBody("Hello");
        return mail;
    }

    static String text(String value) {
        return value == null ? "null" : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    static String list(List<String> values) {
        StringJoiner joined = new StringJoiner(", ", "[", "]");
        for (String value : values) joined.add(value);
        return joined.toString();
    }
}
